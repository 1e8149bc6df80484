// A wall clock of one's own: linked into a program, or preloaded into a redis-server, this stands
// in for the C library's functions that tell it. Clocks that only run on are left alone.
//
// (libfaketime does the same, but hangs in a program whose malloc is jemalloc, as Debian's
// redis-server's is: each of the two needs the other before it is ready.)
#ifndef HOLDFAST_TESTS_CHAOS_WALL_CLOCK_H_
#define HOLDFAST_TESTS_CHAOS_WALL_CLOCK_H_

#include <atomic>
#include <cstdint>

namespace holdfast::testing {

// By how much the clock is ahead, in nanoseconds; may be negative.
using ClockOffset = std::atomic<std::int64_t>;

// A process into which this is preloaded takes its offset from the file that this variable names.
// It is as long as a ClockOffset, and may change at any time.
inline constexpr char kClockVariable[] = "HOLDFAST_CHAOS_CLOCK";

// Of this process.
void SetWallClock(std::int64_t nanoseconds_ahead);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_WALL_CLOCK_H_
