// Instants as the core knows them. The core reads no clock: whoever runs it (the network layer, the
// simulator, a test) passes `now` in, always from the same clock. On real machines that is
// CLOCK_BOOTTIME, which runs on while the machine is suspended, as the nodes' clocks do.
#ifndef HOLDFAST_CORE_TIME_H_
#define HOLDFAST_CORE_TIME_H_

#include <chrono>
#include <cstdint>

namespace holdfast::core {

struct BootClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};

using TimePoint = BootClock::time_point;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

inline constexpr TimePoint kNever = TimePoint::max();
inline constexpr TimePoint kLongAgo = TimePoint::min();

// Milliseconds since the clock's origin, rounded down.
inline std::int64_t FloorMs(TimePoint t) {
  return std::chrono::floor<milliseconds>(t.time_since_epoch()).count();
}

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_TIME_H_
