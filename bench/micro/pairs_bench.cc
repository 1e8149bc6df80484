// Free locks on real servers. Times are per pair; with many in flight, that is the inverse of the
// throughput.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>

#include "benchmark/benchmark.h"
#include "load/allocations.h"
#include "load/contestant.h"
#include "load/limit.h"
#include "load/setup.h"
#include "micro/register.h"

namespace holdfast::bench {
namespace {

void BM_Pairs(benchmark::State& state, Contestant* contestant, int in_flight) {
  const int pairs = std::max(100, 4 * in_flight);
  Times times;
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

// The benchmarks point to them.
Contestant* Keep(std::unique_ptr<Contestant> contestant) {
  static std::deque<std::unique_ptr<Contestant>> kept;
  return kept.emplace_back(std::move(contestant)).get();
}

void Register(const std::string& name, Contestant* contestant, int in_flight) {
  const std::string whole = "BM_Pairs/" + name + "/in_flight:" + std::to_string(in_flight);
  benchmark::RegisterBenchmark(whole.c_str(), BM_Pairs, contestant, in_flight)
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

// The blocking client first: it has a thread to be admitted on, which opens the nodes for the
// limit.
void RegisterAll(const Setup& setup, const std::string& suffix) {
  Contestant* const blocking = Keep(MakeBlocking(setup));
  Times times;
  blocking->RunPairs(1, 1, times);
  Register("blocking/" + suffix, blocking, 1);
  Contestant* const async = Keep(MakeAsync(setup));
  Contestant* const limit = setup.cluster ? nullptr : Keep(std::make_unique<Limit>(setup));
  for (int in_flight : {1, 16, 64, 256, 4096}) {
    if (limit != nullptr) Register("limit/" + suffix, limit, in_flight);
    Register("async/" + suffix, async, in_flight);
  }
}

}  // namespace

void RegisterPairs() {
  if (const char* nodes = std::getenv("HOLDFAST_BENCH_NODES")) {
    RegisterAll({.urls = SplitUrls(nodes)}, "fenced");
    RegisterAll({.urls = SplitUrls(nodes), .fencing = false}, "lean");
  }
  if (const char* cluster = std::getenv("HOLDFAST_BENCH_CLUSTER")) {
    RegisterAll({.urls = SplitUrls(cluster), .cluster = true}, "seats");
  }
}

}  // namespace holdfast::bench
