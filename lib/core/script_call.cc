#include "core/script_call.h"

#include <algorithm>
#include <span>

#include "core/resp.h"

namespace holdfast::core {

void AppendScriptCall(std::string& out, const ScriptCall& call) {
  std::array<std::string_view, 8> words = {call.with_text ? "EVAL" : "EVALSHA",
                                           call.with_text ? call.script->text : call.script->sha1,
                                           "1", call.key};
  const auto end = std::copy_n(call.arguments.begin(), call.argument_count, words.begin() + 4);
  AppendCommand(out, std::span(words.begin(), end));
}

}  // namespace holdfast::core
