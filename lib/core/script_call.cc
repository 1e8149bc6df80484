#include "core/script_call.h"

#include "core/resp.h"

namespace holdfast::core {

ScriptCall::ScriptCall(const Script& script, bool with_text)
    : script_(&script), with_text_(with_text) {
  words_[0] = with_text ? "EVAL" : "EVALSHA";
  words_[1] = with_text ? script.text : script.sha1;
}

void ScriptCall::Key(std::string_view key) {
  words_[size_++] = key;
  key_count_ = Digits(static_cast<std::int64_t>(++keys_));
  words_[2] = key_count_.view();
}

void ScriptCall::Clear() {
  keys_ = 0;
  size_ = kHead;
  alone_ = false;
  own_.reset();
  numeric_.reset();
  own_end_ = 0;
}

std::string_view ScriptCall::TextOf(std::size_t argument) const {
  std::string_view& word = words_[WordOf(argument)];
  if (numeric_.test(argument)) {
    digits_[argument] = Digits(numbers_[argument]);
    word = digits_[argument].view();
  }
  return word;
}

std::span<const std::string_view> ScriptCall::arguments() const {
  for (std::size_t i = 0; i < arguments_size(); ++i) TextOf(i);
  return {words_.data() + WordOf(0), arguments_size()};
}

void ScriptCall::AppendTo(std::string& out) const {
  arguments();
  AppendCommand(out, std::span(words_).first(size_));
}

bool ScriptCall::ToParts(Parts& parts) const {
  if (alone_ || own_.none() || (own_end_ == 0 && !Encode())) return false;
  const std::string_view all(encoded_.data(), own_end_);
  parts = {all.substr(0, keys_end_), all.substr(keys_end_)};
  return true;
}

bool ScriptCall::Encode() const {
  char* end = encoded_.data();
  const auto encode = [&](std::string_view word) {
    if (word.size() + kFrameBytes > static_cast<std::size_t>(encoded_.end() - end)) return false;
    end = WriteArgument(end, word);
    return true;
  };
  for (const std::string_view key : keys().subspan(1)) {
    if (!encode(key)) return false;
  }
  keys_end_ = static_cast<std::size_t>(end - encoded_.data());
  for (std::size_t i = 0; i < arguments_size(); ++i) {
    if (IsOwn(i) && !encode(TextOf(i))) return false;
  }
  own_end_ = static_cast<std::size_t>(end - encoded_.data());
  return true;
}

}  // namespace holdfast::core
