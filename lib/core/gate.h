// How long a new client's first operations wait for its connections.
#ifndef HOLDFAST_CORE_GATE_H_
#define HOLDFAST_CORE_GATE_H_

#include <algorithm>
#include <bitset>

#include "core/quorum.h"
#include "core/time.h"

namespace holdfast::core {

// A node that is not connected votes "down" at once, which would make each client's first attempt
// fail. So the first operations wait until each node's first try to connect has ended, or a quorum
// is ready and the rest had as long again (20 to 200 ms), or `longest` is over. Then the gate is
// open for good.
class Gate {
 public:
  Gate(int nodes, int quorum, TimePoint now, milliseconds longest)
      : nodes_(nodes), quorum_(quorum), started_(now), opens_at_(now + longest) {}

  // The first try of `node` ended; `ready` nodes are connected now.
  void Settle(int node, int ready, TimePoint now) {
    settled_.set(node);
    if (static_cast<int>(settled_.count()) == nodes_) opens_at_ = std::min(opens_at_, now);
    if (ready < quorum_ || quorum_seen_) return;
    quorum_seen_ = true;
    const nanoseconds again =
        std::clamp<nanoseconds>(now - started_, milliseconds(20), milliseconds(200));
    opens_at_ = std::min(opens_at_, now + again);
  }

  TimePoint opens_at() const { return opens_at_; }
  bool open() const { return open_; }
  void Open() { open_ = true; }

 private:
  int nodes_;
  int quorum_;
  TimePoint started_;
  TimePoint opens_at_;
  bool open_ = false;
  bool quorum_seen_ = false;
  std::bitset<kMaxNodes> settled_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_GATE_H_
