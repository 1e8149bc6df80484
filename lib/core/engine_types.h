// What the engine keeps: leases, rounds and acquisitions. Private to the engine's own files.
#ifndef HOLDFAST_CORE_ENGINE_TYPES_H_
#define HOLDFAST_CORE_ENGINE_TYPES_H_

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "core/key_set.h"
#include "core/lease.h"
#include "core/limits.h"
#include "core/quorum.h"
#include "core/time.h"
#include "holdfast/nodes.h"
#include "holdfast/options.h"

namespace holdfast::core {

class Engine;

inline constexpr std::uint32_t kNoSlot = static_cast<std::uint32_t>(-1);

using NodeSet = std::bitset<kMaxNodes>;

// Names a lease for as long as it is open; what is asked of a closed one fails as lost.
struct LeaseId {
  std::uint32_t slot = kNoSlot;
  std::uint32_t generation = 0;
};

// Who holds a lease hears of it here.
class LeaseObserver {
 public:
  // `lost_at`: when OnLost() is due if nothing happens. False if the holder was told otherwise that
  // the lock is lost; then it is.
  virtual bool OnValidity(TimePoint valid_until, TimePoint lost_at) = 0;
  virtual void OnLost() = 0;  // Once, and for good.

 protected:
  ~LeaseObserver() = default;
};

using AcquireDone = absl::AnyInvocable<void(Engine&, absl::StatusOr<LeaseId>)>;
using StatusDone = absl::AnyInvocable<void(absl::Status)>;
using InspectDone = absl::AnyInvocable<void(Inspection)>;

// One nonce and what is known of its keys, from the first request until nothing of it can be left.
struct LeaseSlot {
  enum class Phase {
    kAcquiring,
    kHeld,
    kLost,   // Expired, or gone on so many nodes that no quorum is left. Final.
    kEnded,  // Released, undone or forgotten: the holder has no claim any more.
  };

  bool used = false;
  std::uint32_t generation = 0;
  Phase phase = Phase::kAcquiring;
  KeySet keys;
  std::array<char, kNonceDigits> nonce;
  std::vector<std::int64_t> fences;  // Fencing tokens, one for each name; 0 while there are none.
  milliseconds ttl{0};
  nanoseconds margin{0};  // Ahead of the end by which the holder is told.
  Validity validity;
  TimePoint valid_until = kLongAgo;
  bool stretched = false;             // An extension was sent.
  bool attached = false;              // Taken over by token: validity unknown until extended.
  NodeSet told;                       // Nodes that were sent anything of this nonce.
  NodeSet adrift;                     // Nodes whose connection broke with a request unanswered,
  TimePoint adrift_until = kLongAgo;  // which may still be carried out until then.
  TimePoint gone_by = kLongAgo;       // When no key of it can be left anywhere.
  LeaseObserver* observer = nullptr;
  bool open = false;                  // Somebody holds its LeaseId.
  int rounds = 0;                     // Rounds that refer to it,
  int extending = 0;                  // and those of them in which an extension is under way.
  std::uint32_t extension = kNoSlot;  // The latest of these.

  // Automatic extension.
  bool kept = false;
  TimePoint kept_until = kNever;  // The end of max_hold.

  std::string_view token() const { return {nonce.data(), nonce.size()}; }
};

// One question to all nodes, and their votes. Lives on after its decision until the last answer is
// in, because late answers count, too: a late grant makes a held lock safer.
struct Round {
  enum class Kind { kAcquire, kFinalise, kExtend, kRelease, kInspect };

  bool used = false;
  Kind kind = Kind::kAcquire;
  bool active = false;  // Somebody waits for the decision.
  bool gated = false;   // Waits for the first connections; nothing was sent.
  std::uint32_t lease = kNoSlot;
  std::uint32_t acquisition = kNoSlot;  // kAcquire, kFinalise
  milliseconds ttl{0};                  // kAcquire, kExtend
  std::int64_t hint = 0;                // kAcquire
  bool automatic = false;               // kExtend: by the keeper.
  TimePoint sent;                       // Read before the first byte went out,
  std::uint32_t runs_seen = 0;          // when so many runs of servers had been seen.
  TimePoint deadline;
  int outstanding = 0;  // Commands without an answer.
  Tally tally;
  std::array<nanoseconds, kMaxNodes> took;  // Until the answer; negative without one.
  std::vector<std::int64_t> counters;       // kAcquire, kFinalise: of each node, for each name.
  std::vector<NodeView> views;              // kInspect; kAcquire: who holds it, where refused.
  NodeSet spared;                           // kFinalise: nodes that need not be asked.
  NodeSet owed;                             // kRelease: told nodes that have not confirmed.
  NodeSet given_text;                       // Nodes that had forgotten the script and were sent it.
  NodeSet alone;                            // Nodes whose call is not to be joined with others.
  NodeSet asked;                            // kRelease: owed nodes that a release is on its way to,
  NodeSet settles;                          // which was sent when nothing adrift could follow it.
  StatusDone done;                          // kExtend, kRelease
  InspectDone inspected;                    // kInspect
};

// A call of Acquire: attempt after attempt, each with a lease and a round of its own.
struct Acquisition {
  bool used = false;
  std::uint64_t ticket = 0;
  std::vector<std::string> names;
  AcquireOptions options;
  TimePoint started;
  TimePoint deadline;
  int attempts = 0;
  std::uint32_t round = kNoSlot;  // kNoSlot: between two attempts.
  absl::Status last_failure;      // Of the latest attempt.
  AcquireDone done;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_ENGINE_TYPES_H_
