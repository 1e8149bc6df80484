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

void ScriptCall::Argument(std::int64_t number) {
  Digits& digits = digits_[size_ - WordOf(0)];
  digits = Digits(number);
  Argument(digits.view());
}

void ScriptCall::Replace(std::size_t i, std::string_view text) {
  std::string_view& word = words_[WordOf(i)];
  if (text.size() != word.size()) own_end_ = 0;
  word = text;
  if (own_end_ == 0) return;
  text.copy(encoded_.data() + arguments_end_ - BytesBehind(WordOf(i)) - text.size(), text.size());
}

void ScriptCall::Replace(std::size_t i, std::int64_t number) {
  digits_[i] = Digits(number);
  Replace(i, digits_[i].view());
}

void ScriptCall::Clear() {
  keys_ = 0;
  size_ = kHead;
  own_.reset();
  own_end_ = 0;
}

// In the encoded call: the end of the word itself, and all that follows.
std::size_t ScriptCall::BytesBehind(std::size_t word) const {
  std::size_t bytes = kWordEnd;
  while (++word < size_) bytes += EncodedSize(words_[word]);
  return bytes;
}

void ScriptCall::AppendTo(std::string& out) const {
  AppendCommand(out, std::span(words_).first(size_));
}

bool ScriptCall::ToParts(Parts& parts) const {
  if (alone_ || own_.none() || (own_end_ == 0 && !Encode())) return false;
  const std::string_view all(encoded_.data(), own_end_);
  parts = {all.substr(0, keys_end_), all.substr(keys_end_, arguments_end_ - keys_end_),
           all.substr(arguments_end_)};
  return true;
}

bool ScriptCall::Encode() const {
  std::size_t end = 0;
  const auto encode = [&](std::span<const std::string_view> words) {
    for (const std::string_view word : words) {
      if (word.size() + kFrameBytes > kMaxEncoded - end) return false;
      end = static_cast<std::size_t>(WriteArgument(encoded_.data() + end, word) - encoded_.data());
    }
    return true;
  };
  if (!encode(keys().subspan(1))) return false;
  keys_end_ = end;
  if (!encode(arguments())) return false;
  arguments_end_ = end;
  for (std::size_t i = 0; i < arguments().size(); ++i) {
    if (IsOwn(i) && !encode(arguments().subspan(i, 1))) return false;
  }
  own_end_ = end;
  return true;
}

}  // namespace holdfast::core
