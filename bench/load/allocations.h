// Counts what this program allocates, by taking the place of malloc.
#ifndef HOLDFAST_BENCH_LOAD_ALLOCATIONS_H_
#define HOLDFAST_BENCH_LOAD_ALLOCATIONS_H_

#include <cstddef>
#include <cstdint>

namespace holdfast::bench {

// Blocks allocated so far by this thread, also by the C libraries that it calls.
std::uint64_t AllocationsOfThisThread();

// What is allocated now, by all threads.
std::size_t AllocatedBytes();

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_LOAD_ALLOCATIONS_H_
