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
  digits_[numbers_] = Digits(number);
  Argument(digits_[numbers_++].view());
}

void ScriptCall::AppendTo(std::string& out) const {
  AppendCommand(out, std::span(words_).first(size_));
}

}  // namespace holdfast::core
