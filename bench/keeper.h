// What it costs to hold many locks.
#ifndef HOLDFAST_BENCH_KEEPER_H_
#define HOLDFAST_BENCH_KEEPER_H_

#include <chrono>
#include <string>
#include <vector>

namespace holdfast::bench {

struct KeeperLoad {
  double cpu_share = 0;  // Of one core, by the only thread of the client.
  int lost = 0;          // Locks.
};

// Takes `locks` locks with a ttl of 10 s and automatic extension, and lets the client hold them for
// `span`, which is what is measured.
KeeperLoad HoldMany(const std::vector<std::string>& urls, int locks, std::chrono::seconds span);

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_KEEPER_H_
