// Plain commands through one connection, beside redis-benchmark.
#ifndef HOLDFAST_BENCH_COMMANDS_H_
#define HOLDFAST_BENCH_COMMANDS_H_

namespace holdfast::bench {

// 64 SETs in flight on one connection of the library, given one by one and in pipelines, against
// redis-benchmark with 64 in flight on each of its connections (its default number, 50, and one),
// in turns on one server. Prints it, and returns whether the library does enough commands a second
// beside redis-benchmark's one connection, and keeps no more memory for many commands than for few.
bool CompareCommands();

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_COMMANDS_H_
