// How long a lock is ours (PROTOCOL.md rule 1).
#ifndef HOLDFAST_CORE_LEASE_H_
#define HOLDFAST_CORE_LEASE_H_

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

// What is known of one nonce's keys on all nodes.
class Validity {
 public:
  // Nothing confirmed on any node.
  void Reset(int nodes);

  // `node` confirmed the key until `until`. Never shortens what it confirmed before.
  void Confirm(int node, TimePoint until);

  // `node` said that the key is not there any more.
  void Deny(int node);

  // Until when `quorum` nodes are certain to have the key: the quorum-th largest of their instants.
  TimePoint Until(int quorum) const;

 private:
  std::vector<TimePoint> until_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_LEASE_H_
