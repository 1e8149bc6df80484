// Free locks on real servers. Times are per pair; with many in flight, that is the inverse of the
// throughput.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "load/allocations.h"
#include "load/contestant.h"
#include "load/limit.h"
#include "load/setup.h"
#include "micro/register.h"

namespace holdfast::bench {
namespace {

using Maker = std::unique_ptr<Contestant> (*)(const Setup&);

void Connect(Contestant& contestant) {
  Times times;
  contestant.RunPairs(1, 1, times);
}

// The admission of a client of the library opens the nodes for the limit.
std::unique_ptr<Contestant> MakeLimit(const Setup& setup) {
  Connect(*MakeBlocking(setup));
  return std::make_unique<Limit>(setup);
}

// A client of its own each time: between benchmarks nobody would answer for it.
void BM_Pairs(benchmark::State& state, Maker make, const Setup& setup, int in_flight) {
  const std::unique_ptr<Contestant> contestant = make(setup);
  const int pairs = std::max(100, 4 * in_flight);
  Times times;
  Connect(*contestant);
  contestant->RunPairs(in_flight, in_flight, times);
  std::uint64_t allocated = 0;
  while (state.KeepRunningBatch(pairs)) {
    times = {};
    times.acquires.reserve(static_cast<std::size_t>(pairs));
    times.pairs.reserve(static_cast<std::size_t>(pairs));
    const std::uint64_t before = AllocationsOfThisThread();
    contestant->RunPairs(in_flight, pairs, times);
    allocated += AllocationsOfThisThread() - before;
  }
  state.counters["allocations"] =
      benchmark::Counter(static_cast<double>(allocated), benchmark::Counter::kAvgIterations);
  contestant->Drain();
}

void Register(const std::string& name, Maker make, const Setup& setup, int in_flight) {
  const std::string whole = "BM_Pairs/" + name + "/in_flight:" + std::to_string(in_flight);
  benchmark::RegisterBenchmark(whole.c_str(), BM_Pairs, make, setup, in_flight)
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

void RegisterAll(const Setup& setup, const std::string& suffix) {
  Register("blocking/" + suffix, MakeBlocking, setup, 1);
  for (int in_flight : {1, 16, 64, 256, 4096}) {
    if (!setup.cluster) Register("limit/" + suffix, MakeLimit, setup, in_flight);
    Register("async/" + suffix, MakeAsync, setup, in_flight);
  }
}

void RegisterBoth(const std::vector<std::string>& urls) {
  const std::string nodes = "/nodes:" + std::to_string(urls.size());
  RegisterAll({.urls = urls}, "fenced" + nodes);
  RegisterAll({.urls = urls, .fencing = false}, "lean" + nodes);
}

}  // namespace

void RegisterPairs() {
  if (const char* sets = std::getenv("HOLDFAST_BENCH_NODES")) {
    std::istringstream words(sets);
    for (std::string nodes; words >> nodes;) RegisterBoth(SplitUrls(nodes));
  }
  if (const char* cluster = std::getenv("HOLDFAST_BENCH_CLUSTER")) {
    RegisterAll({.urls = SplitUrls(cluster), .cluster = true}, "seats");
  }
}

}  // namespace holdfast::bench
