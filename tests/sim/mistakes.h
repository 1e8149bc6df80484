// Mistakes of the program around lib/core, which breaks what that takes for granted. At most one is
// made in a run, by whoever stands for that program.
#ifndef HOLDFAST_TESTS_SIM_MISTAKES_H_
#define HOLDFAST_TESTS_SIM_MISTAKES_H_

#include <string_view>

namespace holdfast::core {

enum class Mistake {
  kNone,
  kReleaseOnAnotherConnection,  // Not behind its acquire, but by a way of its own.
  kAcquireResent,               // On the next connection, when the first one broke.
  kMonotonicClock,              // Of the client: stands still while its machine sleeps.
  kFilterChangesQuorum,         // To that of the nodes that the client does not leave out.
  kVotePerNode,                 // And not for each seat that it has.
  kRedirectCountedTwice,        // A grant of the server that a seat has moved to.
};

// By the name of the mutant that makes it; kNone for any other.
constexpr Mistake MistakeOf(std::string_view mutant) {
  if (mutant == "release_on_another_connection") return Mistake::kReleaseOnAnotherConnection;
  if (mutant == "acquire_resent") return Mistake::kAcquireResent;
  if (mutant == "monotonic_clock") return Mistake::kMonotonicClock;
  if (mutant == "filter_changes_quorum") return Mistake::kFilterChangesQuorum;
  if (mutant == "vote_per_node_not_per_seat") return Mistake::kVotePerNode;
  if (mutant == "redirect_counted_twice") return Mistake::kRedirectCountedTwice;
  return Mistake::kNone;
}

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_MISTAKES_H_
