// What happened in many runs, so that who ran them can see that they showed something.
#ifndef HOLDFAST_TESTS_SIM_HAPPENINGS_H_
#define HOLDFAST_TESTS_SIM_HAPPENINGS_H_

#include <cstdint>

#include "core/time.h"
#include "faults.h"

namespace holdfast::core {

// Plain numbers: processes share it in memory.
struct Happenings {
  std::uint64_t runs = 0;
  std::uint64_t acquired = 0;
  std::uint64_t several = 0;  // Names at once.
  std::uint64_t refused = 0;
  std::uint64_t extended = 0;
  std::uint64_t kept = 0;    // Extended automatically.
  std::uint64_t joined = 0;  // Requests to one node, with the one before.
  std::uint64_t finalised = 0;
  std::uint64_t not_finalised = 0;
  std::uint64_t lost = 0;
  std::uint64_t released = 0;
  std::uint64_t compared = 0;  // Tokens that had to be larger than those before,
  std::uint64_t unknown = 0;   // or that the nodes could forget.
  std::uint64_t histories_lost = 0;
  std::uint64_t histories = 0;        // That were searched for an order.
  std::uint64_t writes = 0;           // To the store, let in,
  std::uint64_t late_writes = 0;      // and refused.
  std::uint64_t judged_on_nodes = 0;  // Beliefs, by what the nodes had.
  nanoseconds held{0};
  FaultCounts faults = {};

  // Nodes, that forgot something.
  std::uint64_t forgot() const {
    return faults[Fault::kRestartWithLoss] + faults[Fault::kFlush] + faults[Fault::kFailOver];
  }

  void Add(const Happenings& other);
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_HAPPENINGS_H_
