#include "core/reply.h"

namespace holdfast::core {

ReplyType ReplyView::type() const {
  return index_ == Reply::kNone ? ReplyType::kNil : reply_->elements_[index_].type;
}

std::string_view ReplyView::text() const {
  const ReplyType is = type();
  if (is != ReplyType::kString && is != ReplyType::kStatus && is != ReplyType::kError) return {};
  const Reply::Element& element = reply_->elements_[index_];
  return std::string_view(reply_->text_).substr(element.value, element.size);
}

std::int64_t ReplyView::integer() const {
  return type() == ReplyType::kInteger ? reply_->elements_[index_].value : 0;
}

std::size_t ReplyView::size() const {
  return type() == ReplyType::kArray ? reply_->elements_[index_].size : 0;
}

ReplyView ReplyView::at(std::size_t i) const {
  if (i >= size()) return {reply_, Reply::kNone};
  std::size_t child = reply_->elements_[index_].first;
  while (i-- > 0) child = reply_->elements_[child].next;
  return {reply_, child};
}

ReplyView::Iterator& ReplyView::Iterator::operator++() {
  element_.index_ = element_.reply_->elements_[element_.index_].next;
  return *this;
}

ReplyView::Iterator ReplyView::begin() const {
  return Iterator({reply_, size() == 0 ? Reply::kNone : reply_->elements_[index_].first});
}

ReplyView::Iterator ReplyView::end() const { return Iterator({reply_, Reply::kNone}); }

void Reply::Clear() {
  elements_.clear();
  text_.clear();
}

std::size_t Reply::AddText(std::size_t parent, ReplyType type, std::string_view text) {
  const auto start = static_cast<std::int64_t>(text_.size());
  text_.append(text);
  return Add(parent, {.type = type, .value = start, .size = text.size()});
}

std::size_t Reply::AddInteger(std::size_t parent, std::int64_t value) {
  return Add(parent, {.type = ReplyType::kInteger, .value = value});
}

std::size_t Reply::AddNil(std::size_t parent) { return Add(parent, {}); }

std::size_t Reply::AddArray(std::size_t parent) { return Add(parent, {.type = ReplyType::kArray}); }

std::size_t Reply::Append(std::size_t parent, ReplyView source) {
  switch (source.type()) {
    case ReplyType::kNil:
      return AddNil(parent);
    case ReplyType::kInteger:
      return AddInteger(parent, source.integer());
    case ReplyType::kString:
    case ReplyType::kStatus:
    case ReplyType::kError:
      return AddText(parent, source.type(), source.text());
    case ReplyType::kArray:
      break;
  }
  const std::size_t array = AddArray(parent);
  for (const ReplyView element : source) Append(array, element);
  return array;
}

std::size_t Reply::Add(std::size_t parent, const Element& element) {
  const std::size_t index = elements_.size();
  elements_.push_back(element);
  if (parent == kNone) return index;
  Element& array = elements_[parent];
  if (array.first == kNone) {
    array.first = index;
  } else {
    elements_[array.last].next = index;
  }
  array.last = index;
  ++array.size;
  return index;
}

}  // namespace holdfast::core
