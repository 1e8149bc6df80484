// How long a lock is ours (PROTOCOL.md rule 1).
#ifndef HOLDFAST_CORE_LEASE_H_
#define HOLDFAST_CORE_LEASE_H_

#include <cstdint>
#include <vector>

#include "core/time.h"

namespace holdfast::core {

// Until when a key is certain to live that a node confirmed for `ttl`, where `sent` was read before
// the request was handed to the kernel: the node's clock may run faster than ours by the drift
// factor, and expires keys with a granularity that the 2 ms cover.
TimePoint CertainUntil(TimePoint sent, milliseconds ttl, double drift_factor);

// How long before the end of a lease its holder is told: ttl/20, from 5 to 250 ms, and at
// most ttl/4.
nanoseconds LossMargin(milliseconds ttl);

// What is known of one nonce's keys on all nodes. A node is a name, which may lead from one server
// to another, and a server may be started again. So what is counted are runs, a server's time from
// one start to the next, numbered in the order in which they were first seen; and only such count
// together as ran at one moment, since these are of so many servers (PROTOCOL.md, Admission).
class Validity {
 public:
  // Nothing confirmed on any node.
  void Reset(int nodes);

  // `node`, which is `run` now, confirmed the key until `until`. It was asked when `seen` runs had
  // been seen. Never shortens what it confirmed before.
  void Confirm(int node, TimePoint until, std::uint32_t run, std::uint32_t seen);

  // `node` said that the key is not there any more.
  void Deny(int node);

  // Until when `quorum` servers are certain to have the key: the quorum-th largest of their
  // instants.
  TimePoint Until(int quorum) const;

 private:
  // It ran when it was first seen, and still when `seen` runs had been.
  struct Confirmed {
    TimePoint until = kLongAgo;
    std::uint32_t run = 0;
    std::uint32_t seen = 0;
  };
  // A name that has come to lead elsewhere still has what it confirmed before: together with what
  // is new it may count for less than that did with what was there.
  struct Node {
    Confirmed now;
    Confirmed before;
  };
  TimePoint UntilOfThoseRunningAt(std::uint32_t moment, int quorum) const;
  static Confirmed RunningAt(std::uint32_t moment, const Node& node);

  std::vector<Node> nodes_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_LEASE_H_
