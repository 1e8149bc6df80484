// When to try again to connect.
#ifndef HOLDFAST_CORE_BACKOFF_H_
#define HOLDFAST_CORE_BACKOFF_H_

#include <algorithm>
#include <cstdint>

#include "core/time.h"

namespace holdfast::core {

// The pause after `failures` (from 1) connects failed in a row: 50 ms, doubled each time up to 2 s,
// of which `random` (any value, evenly drawn) takes off up to a half, so that clients which lost a
// node together do not come back together.
inline nanoseconds ReconnectPause(int failures, std::uint64_t random) {
  const nanoseconds full = std::min<nanoseconds>(
      milliseconds(50) * (std::int64_t{1} << std::clamp(failures - 1, 0, 20)), milliseconds(2000));
  const auto half = static_cast<std::uint64_t>(full.count() / 2);
  return full - nanoseconds(static_cast<std::int64_t>(random % (half + 1)));
}

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_BACKOFF_H_
