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
// to another: what is counted are servers, of which equal numbers mean the same one.
class Validity {
 public:
  // Nothing confirmed on any node.
  void Reset(int nodes);

  // `node` confirmed the key until `until`, being `server`. Never shortens what it confirmed
  // before.
  void Confirm(int node, TimePoint until, std::uint64_t server);

  // `node` said that the key is not there any more.
  void Deny(int node);

  // Until when `quorum` servers are certain to have the key: the quorum-th largest of their
  // instants.
  TimePoint Until(int quorum) const;

 private:
  struct Confirmed {
    TimePoint until = kLongAgo;
    std::uint64_t server = 0;
  };
  bool CountsForItsServer(std::size_t node) const;

  std::vector<Confirmed> nodes_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_LEASE_H_
