// What a failed operation tells: an `absl::Status` whose payload these functions read.
//
//   absl::StatusOr<BlockingLock> lock = client->Acquire("order:42");
//   if (IsHeld(lock.status())) {
//     std::cerr << "busy: " << GetFailure(lock.status())->holder << "\n";
//   }
//
// Codes: kAborted (another held the lock for the whole wait, or in all attempts), kDeadlineExceeded
// (time ran out while the outcome was undecided), kUnavailable (no quorum of nodes could be
// reached), kFailedPrecondition (the lock is lost, expired, released or detached: IsLost; the nodes
// are set up for other clients than this: IsMisconfigured; without a payload: a blocking call where
// nobody could answer it, or a client from before fork(2)), kCancelled (by the caller),
// kInvalidArgument (a bad name or option, which the message names), kPermissionDenied (the servers
// refuse the credentials or their rights). Never parse the message; it is for people.
#ifndef HOLDFAST_ERRORS_H_
#define HOLDFAST_ERRORS_H_

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace holdfast {

// What one node said in the round that decided.
enum class Vote {
  kPending,   // Not needed any more when the others decided.
  kGranted,   // Did what was asked.
  kHeld,      // Acquire: another holds the lock there.
  kAbsent,    // Extend, release: the lock is not there any more.
  kLate,      // Got the request after its deadline and changed nothing.
  kDown,      // Not connected; `reason` says why.
  kNoAnswer,  // Connected, but did not answer in time.
  kDenied,    // Refuses our credentials, or what we may do.
  kError,     // Answered with another error.
  // Connected, but does not vote yet: it may have forgotten locks that are still held
  // (lib/core/PROTOCOL.md, Admission).
  kQuarantined,
  kRefused,  // Must not vote: another configuration, a replica, or a server that is counted
             // already.
};

// "granted", "held", "absent", …
const char* VoteName(Vote vote);

struct NodeVote {
  std::string node = {};  // As NodeStatus::node: host:port, or a seat's hash tag.
  Vote vote = Vote::kPending;
  std::string reason = {};  // In words; may be empty. Never contains a password.
  // From sending to the answer; absent without one.
  std::optional<std::chrono::nanoseconds> round_trip = {};
};

// The payload of an error.
struct Failure {
  // Why, as a kind. kOther: the servers deny it; the code is kPermissionDenied.
  enum class Kind { kOther, kHeld, kUndecided, kNoQuorum, kLost, kCancelled, kMisconfigured };
  Kind kind = Kind::kOther;

  // The error in a few words, without the lock's name and the votes, which the message has too.
  std::string summary = {};

  std::string holder = {};  // kHeld: who holds it, as it named itself; empty if it left no name.
  std::optional<std::chrono::milliseconds> remaining =
      {};  // kHeld: until a quorum is free again at the
           // latest, unless the holder extends.
  // Empty where no node was asked.
  std::vector<NodeVote> votes = {};  // In the order of NodeStatus, of the lock's group.
};

// The payload of `status`; nullopt for OK, for kInvalidArgument, for a client from before fork(2)
// or a call on the wrong thread, and for what is not ours. There is one where one of the predicates
// below is true.
std::optional<Failure> GetFailure(const absl::Status& status);

bool IsHeld(const absl::Status& status);       // Another held the lock for the whole wait.
bool IsUndecided(const absl::Status& status);  // Time ran out before the votes decided.
bool IsNoQuorum(const absl::Status& status);   // Too few nodes reachable.
bool IsLost(const absl::Status& status);       // The lock expired, was taken away, or was released.
// So many nodes refuse this client's configuration, are no masters, or are left out by its filter,
// that it can have no quorum.
bool IsMisconfigured(const absl::Status& status);

}  // namespace holdfast

#endif  // HOLDFAST_ERRORS_H_
