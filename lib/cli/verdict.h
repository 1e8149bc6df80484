// What the nodes' views of a lock add up to.
#ifndef HOLDFAST_CLI_VERDICT_H_
#define HOLDFAST_CLI_VERDICT_H_

#include <chrono>
#include <optional>
#include <string>

#include "holdfast/nodes.h"

namespace holdfast::cli {

struct Verdict {
  enum class State { kFree, kHeld, kForeign, kSplit, kUnknown };
  State state = State::kUnknown;
  std::string holder;                                  // kHeld.
  std::optional<std::chrono::milliseconds> remaining;  // kHeld, kForeign: until a quorum is free.
  std::string summary;  // "held by host:12 on 5 of 5 nodes, 8.2 s left", for people.
};

Verdict Judge(const Inspection& inspection);

// "free", "held", …
const char* StateName(Verdict::State state);

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_VERDICT_H_
