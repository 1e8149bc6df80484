// Benchmarks that depend on what servers there are.
#ifndef HOLDFAST_BENCH_MICRO_REGISTER_H_
#define HOLDFAST_BENCH_MICRO_REGISTER_H_

namespace holdfast::bench {

// Pairs of acquire and release, on the servers that the environment names (main.cc).
void RegisterPairs();

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_MICRO_REGISTER_H_
