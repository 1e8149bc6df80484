// A load as a process, told by lines what to do.
#ifndef HOLDFAST_BENCH_LOAD_WORKER_H_
#define HOLDFAST_BENCH_LOAD_WORKER_H_

#include <string_view>

#include "load/setup.h"

namespace holdfast::bench {

// Answers {} when it is ready, then each line of standard input with one line of JSON, until that
// ends. Times are nanoseconds of the steady clock, CPU time that of all threads of the process.
//   limit, async, blocking   pairs IN_FLIGHT COUNT: seconds, cpu, allocations, acquires, pairs
//                            drain: {}
//   limit                    acquire COUNT, release COUNT: {}
//   contender                contend SECONDS HOLD_US: holds, failed
//   holder                   hold LOCKS SECONDS: cpu_share, lost, bytes_per_lock
//                            wait CALLS: bytes_per_waiter
//   data                     get|set|commands|pipelines IN_FLIGHT COUNT: seconds, cpu, kept_bytes
int RunWorker(std::string_view kind, const Setup& setup);

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_LOAD_WORKER_H_
