// When to try again to connect.
#ifndef HOLDFAST_CORE_BACKOFF_H_
#define HOLDFAST_CORE_BACKOFF_H_

#include <algorithm>
#include <cstdint>

#include "core/time.h"

namespace holdfast::core {

// A pause that a user chose, as it is taken: none if it is negative, a year if it is longer.
inline milliseconds BoundedPause(milliseconds pause) {
  return std::clamp<milliseconds>(pause, milliseconds(0), std::chrono::hours(24 * 365));
}

// The pause after `failures` (from 1) connects failed in a row: `least`, doubled each time up to
// `most`, of which `random` (any value, evenly drawn) takes off up to a half, so that clients which
// lost a server together do not come back together.
inline nanoseconds ReconnectPause(int failures, std::uint64_t random,
                                  milliseconds least = milliseconds(50),
                                  milliseconds most = milliseconds(2'000)) {
  const auto times = std::int64_t{1} << std::clamp(failures - 1, 0, 20);
  // More than a day would be no pause but an end, and might not fit into nanoseconds.
  constexpr std::int64_t kDay = 24 * 3'600 * 1'000;
  const auto cap = std::clamp<std::int64_t>(most.count(), 0, kDay);
  const auto first = std::clamp<std::int64_t>(least.count(), 0, cap);
  const nanoseconds full = first > cap / times ? nanoseconds(milliseconds(cap))
                                               : nanoseconds(milliseconds(first * times));
  const auto half = static_cast<std::uint64_t>(full.count() / 2);
  return full - nanoseconds(static_cast<std::int64_t>(random % (half + 1)));
}

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_BACKOFF_H_
