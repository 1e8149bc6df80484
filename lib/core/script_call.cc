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
  if (text.size() != word.size()) encoded_size_ = 0;
  word = text;
  if (encoded_size_ == 0) return;
  text.copy(encoded_.data() + encoded_size_ - BytesBehind(WordOf(i)) - text.size(), text.size());
}

void ScriptCall::Replace(std::size_t i, std::int64_t number) {
  digits_[i] = Digits(number);
  Replace(i, digits_[i].view());
}

void ScriptCall::Clear() {
  keys_ = 0;
  size_ = kHead;
  encoded_size_ = 0;
}

// In the encoded call: the end of the word itself, and all that follows.
std::size_t ScriptCall::BytesBehind(std::size_t word) const {
  std::size_t bytes = kWordEnd;
  while (++word < size_) bytes += EncodedSize(words_[word]);
  return bytes;
}

void ScriptCall::AppendTo(std::string& out) const {
  if (encoded_size_ > 0) {
    out.append(encoded_.data(), encoded_size_);
    return;
  }
  const std::size_t before = out.size();
  AppendCommand(out, std::span(words_).first(size_));
  if (out.size() - before > kMaxEncoded) return;
  encoded_size_ = out.copy(encoded_.data(), kMaxEncoded, before);
}

}  // namespace holdfast::core
