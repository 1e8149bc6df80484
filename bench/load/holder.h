// What it costs to hold many locks, and to wait for many.
#ifndef HOLDFAST_BENCH_LOAD_HOLDER_H_
#define HOLDFAST_BENCH_LOAD_HOLDER_H_

#include <chrono>
#include <cstddef>

#include "load/setup.h"

namespace holdfast::bench {

struct HoldingLoad {
  double cpu_share = 0;            // Of one core, by the only thread of the client.
  int lost = 0;                    // Locks.
  std::size_t bytes_per_lock = 0;  // That the client has allocated, the Lock itself included.
};

// Takes `locks` locks with a ttl of 10 s and automatic extension, and lets the client hold them for
// `span`, which is what is measured.
HoldingLoad HoldMany(const Setup& setup, int locks, std::chrono::seconds span);

// Bytes that the client has allocated for each of `waiters` calls that wait for a lock, each for
// one of its own, which somebody else holds.
std::size_t BytesPerWaiter(const Setup& setup, int waiters);

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_LOAD_HOLDER_H_
