// A cache on a real server, the first that the environment names (main.cc).
#include <cstdlib>
#include <string_view>

#include "benchmark/benchmark.h"
#include "load/data_load.h"
#include "load/setup.h"

namespace holdfast::bench {
namespace {

constexpr int kBatch = 1'000;

template <void (DataLoad::*Operation)(int, int)>
void BM_Cache(benchmark::State& state) {
  const char* nodes = std::getenv("HOLDFAST_BENCH_NODES");
  if (nodes == nullptr) return state.SkipWithError("HOLDFAST_BENCH_NODES names no server");
  const std::string_view all = nodes;
  DataLoad data(SplitUrls(all.substr(0, all.find(' '))).front());
  const int in_flight = static_cast<int>(state.range(0));
  while (state.KeepRunningBatch(kBatch)) (data.*Operation)(in_flight, kBatch);
}
BENCHMARK(BM_Cache<&DataLoad::Get>)->Name("BM_CacheGet")->Arg(1)->Arg(64)->UseRealTime();
BENCHMARK(BM_Cache<&DataLoad::Set>)->Name("BM_CacheSet")->Arg(1)->Arg(64)->UseRealTime();

}  // namespace
}  // namespace holdfast::bench
