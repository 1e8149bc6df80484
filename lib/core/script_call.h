// One call of a script on a node.
#ifndef HOLDFAST_CORE_SCRIPT_CALL_H_
#define HOLDFAST_CORE_SCRIPT_CALL_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/scripts.h"

namespace holdfast::core {

// A view: what it points to must live until the call has been encoded.
struct ScriptCall {
  const Script* script = nullptr;
  // As EVAL with the whole text, for a server that forgot the script; else EVALSHA.
  bool with_text = false;
  std::string_view key = {};
  std::array<std::string_view, 4> arguments = {};
  std::size_t argument_count = 0;
};

void AppendScriptCall(std::string& out, const ScriptCall& call);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_SCRIPT_CALL_H_
