#include "core/key_set.h"

namespace holdfast::core {

void KeySet::Assign(std::span<const std::string> names, std::string_view prefix) {
  text_.clear();
  ends_.clear();
  prefix_size_ = prefix.size();
  for (const std::string& name : names) {
    text_.append(kCounterPrefix).append(prefix).append(name);
    ends_.push_back(text_.size());
  }
}

std::string_view KeySet::counter(std::size_t i) const {
  const std::size_t start = i == 0 ? 0 : ends_[i - 1];
  return std::string_view(text_).substr(start, ends_[i] - start);
}

std::string KeySet::Text() const {
  std::string text;
  for (std::size_t i = 0; i < size(); ++i) {
    if (i > 0) text += ", ";
    text += name(i);
  }
  return text;
}

}  // namespace holdfast::core
