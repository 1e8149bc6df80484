// The Lua scripts that run on the nodes: the text of lib/scripts/*.lua, embedded at build time.
#ifndef HOLDFAST_CORE_SCRIPTS_H_
#define HOLDFAST_CORE_SCRIPTS_H_

#include <string_view>

namespace holdfast::core {

struct Script {
  std::string_view name;
  std::string_view sha1;  // 40 hexadecimal digits, for EVALSHA.
  std::string_view text;
};

extern const Script kAcquireScript;
extern const Script kReleaseScript;
extern const Script kExtendScript;
extern const Script kInspectScript;
extern const Script kFinaliseScript;
extern const Script kAdmitScript;
extern const Script kOpenScript;
extern const Script kFencedSetScript;

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_SCRIPTS_H_
