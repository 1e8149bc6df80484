// Many runs, in several processes.
#ifndef HOLDFAST_TESTS_SIM_EXPLORE_H_
#define HOLDFAST_TESTS_SIM_EXPLORE_H_

#include <chrono>
#include <cstdint>
#include <optional>

#include "happenings.h"

namespace holdfast::core {

// Ends with whichever comes first.
struct Goal {
  std::uint64_t first_seed = 0;
  std::uint64_t schedules = UINT64_MAX;
  std::chrono::seconds time{1'000'000'000};
  int jobs = 1;
};
inline constexpr int kMostJobs = 64;

struct Explored {
  Happenings happenings = {};
  double seconds = 0;
  std::optional<std::uint64_t> bad_seed = {};  // The smallest of those that were found, if any was.
  bool crashed = false;                        // It ended its process.
};

Explored Explore(const Goal& goal);

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_EXPLORE_H_
