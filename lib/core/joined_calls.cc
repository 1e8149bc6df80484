#include "core/joined_calls.h"

#include <array>
#include <string_view>

#include "core/resp.h"
#include "core/text.h"

namespace holdfast::core {

bool JoinedCalls::Join(const ScriptCall& call) {
  ScriptCall::Parts parts;
  if ((size_ > 0 && !Takes(call)) || !call.ToParts(parts)) return false;
  if (size_ == 0) {
    NoteShared(call);
    AppendArguments(arguments_, call.arguments());
  } else {
    arguments_.append(parts.own);
  }
  keys_.append(parts.keys);
  ++size_;
  return true;
}

void JoinedCalls::NoteShared(const ScriptCall& call) {
  script_ = &call.script();
  with_text_ = call.with_text();
  key_count_ = call.keys().size();
  argument_count_ = call.arguments_size();
  own_count_ = call.own_arguments();
  guard_.assign(call.keys()[0]);
  for (std::size_t i = 0; i < argument_count_; ++i) {
    if (call.IsOwn(i)) continue;
    if (call.IsNumber(i)) {
      shared_.push_back(call.number(i));
    } else {
      shared_.push_back(static_cast<std::int64_t>(call.text(i).size()));
      texts_.append(call.text(i));
    }
  }
}

bool JoinedCalls::Takes(const ScriptCall& call) const {
  return size_ < kMost && (size_ + 1) * (key_count_ - 1) <= kMostKeys && Agrees(call);
}

// The arguments of a script's calls are of the same kinds at the same places.
bool JoinedCalls::Agrees(const ScriptCall& call) const {
  if (&call.script() != script_ || call.with_text() != with_text_) return false;
  if (call.keys().size() != key_count_ || call.arguments_size() != argument_count_) return false;
  if (call.own_arguments() != own_count_ || call.keys()[0] != guard_) return false;
  auto shared = shared_.begin();
  std::string_view texts = texts_;
  for (std::size_t i = 0; i < argument_count_; ++i) {
    if (call.IsOwn(i)) continue;
    if (call.IsNumber(i)) {
      if (call.number(i) != *shared++) return false;
      continue;
    }
    const auto size = static_cast<std::size_t>(*shared++);
    if (call.text(i) != texts.substr(0, size)) return false;
    texts.remove_prefix(size);
  }
  return true;
}

void JoinedCalls::MoveTo(std::string& out) {
  if (size_ == 0) return;
  const std::size_t keys = 1 + size_ * (key_count_ - 1);
  const Digits key_count(static_cast<std::int64_t>(keys));
  const std::array<std::string_view, 4> head = {with_text_ ? "EVAL" : "EVALSHA",
                                                with_text_ ? script_->text : script_->sha1,
                                                key_count.view(), guard_};
  AppendCount(out, head.size() - 1 + keys + argument_count_ + (size_ - 1) * own_count_);
  AppendArguments(out, head);
  out.append(keys_).append(arguments_);
  size_ = 0;
  shared_.clear();
  texts_.clear();
  keys_.clear();
  arguments_.clear();
}

}  // namespace holdfast::core
