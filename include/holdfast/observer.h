// What happens to locks and nodes, for logs and alarms.
//
//   struct Log final : holdfast::Observer {
//     void OnLost(const LockEvent& lock, std::string_view why) override {
//       std::clog << "lost " << lock.name << ": " << why << "\n";
//     }
//   };
//   auto client = BlockingClient::Create({.nodes = {…}, .observer = std::make_shared<Log>()});
//
// For counters and latencies see holdfast/stats.h, which needs no observer.
#ifndef HOLDFAST_OBSERVER_H_
#define HOLDFAST_OBSERVER_H_

#include <chrono>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace holdfast {

// The lock an event is about. The views end with the call.
struct LockEvent {
  std::string_view name;  // Of several names all, with ", " between them.
  std::uint64_t fence =
      0;  // The fencing token, of several names the first one's; 0 before the grant.
};

// Override what you want to hear of. Called on the client's executor, one call at a time, in the
// order of the events: be quick, do not throw, do not block. Starting operations on an
// asynchronous client is fine (those of a BlockingClient fail here). Events of a lock end with its
// Lost or Released.
class Observer {
 public:
  virtual ~Observer() = default;

  // `took`: from the call to the grant. `attempts`: 1 where the first one succeeded.
  virtual void OnAcquired(const LockEvent&, std::chrono::nanoseconds /*took*/, int /*attempts*/) {}
  // The call ended without the lock, also because it was cancelled.
  virtual void OnRefused(const LockEvent&, const absl::Status& /*why*/) {}
  // `automatic`: by `AcquireOptions::auto_extend`.
  virtual void OnExtended(const LockEvent&, std::chrono::nanoseconds /*valid_for*/,
                          bool /*automatic*/) {}
  // Names the nodes that failed. An automatic extension is tried again while there is time.
  virtual void OnExtendFailed(const LockEvent&, const absl::Status& /*why*/, bool /*automatic*/) {}
  // `lost()` has fired or is about to; later than that where the executor was busy. Not where the
  // holder ended the lock itself.
  virtual void OnLost(const LockEvent&, std::string_view /*why*/) {}
  // Given up by its holder; `status` as Release reports it.
  virtual void OnReleased(const LockEvent&, const absl::Status& /*status*/) {}

  // `node` is as in NodeStatus. Up: connected and admitted, it votes.
  virtual void OnNodeUp(std::string_view /*node*/) {}
  virtual void OnNodeDown(std::string_view /*node*/, std::string_view /*why*/) {}
  // Connected, but must not vote for `votes_in` yet.
  virtual void OnNodeQuarantined(std::string_view /*node*/, std::string_view /*why*/,
                                 std::chrono::milliseconds /*votes_in*/) {}
  // Connected, but never votes: another configuration, a replica, a server that is counted already.
  virtual void OnNodeRefused(std::string_view /*node*/, std::string_view /*why*/) {}
  // Votes, but is set up in a way that can lose locks, as by an eviction policy, or shares its
  // server with another seat.
  virtual void OnNodeWarning(std::string_view /*node*/, std::string_view /*what*/) {}
};

}  // namespace holdfast

#endif  // HOLDFAST_OBSERVER_H_
