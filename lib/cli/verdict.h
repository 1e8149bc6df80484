// What the nodes' views of a lock add up to.
#ifndef HOLDFAST_CLI_VERDICT_H_
#define HOLDFAST_CLI_VERDICT_H_

#include <chrono>
#include <optional>
#include <string>

#include "holdfast/nodes.h"

namespace holdfast::cli {

struct Verdict {
  // What a node that cannot vote has is believed, but not that it has nothing: it may have
  // forgotten.
  enum class State { kFree, kHeld, kForeign, kSplit, kUnknown };
  State state = State::kUnknown;
  std::string holder;                                  // kHeld.
  std::optional<std::chrono::milliseconds> remaining;  // kHeld, kForeign: until a quorum is free.
  std::string summary;        // "held by host:12 on 5 of 5 nodes, 8.2 s left", for people.
  bool quorum_votes = false;  // Else nobody can take the lock now, whoever holds it.
};

Verdict Judge(const Inspection& inspection);

// Why a node cannot say anything or cannot vote, or what foreign key it has; may be empty.
std::string NoteOf(const NodeView& view);

// "free", "held", …
const char* StateName(Verdict::State state);

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_VERDICT_H_
