// When to try again to connect.
#include "core/backoff.h"

#include <gtest/gtest.h>

#include <limits>

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.

TEST(ReconnectPauseTest, DoublesUpToTwoSeconds) {
  const nanoseconds expected[] = {50ms, 100ms, 200ms, 400ms, 800ms, 1600ms, 2s, 2s};
  for (int failures = 1; failures <= 8; ++failures) {
    EXPECT_EQ(ReconnectPause(failures, 0), expected[failures - 1]) << failures;
  }
}

TEST(ReconnectPauseTest, RandomTakesOffUpToAHalf) {
  EXPECT_EQ(ReconnectPause(1, 25'000'000), 25ms);
  EXPECT_EQ(ReconnectPause(1, 10'000'000), 40ms);
  for (const std::uint64_t random : {1ULL, 12'345'678'901ULL, 1ULL << 63, ~0ULL}) {
    EXPECT_GE(ReconnectPause(7, random), 1s);
    EXPECT_LE(ReconnectPause(7, random), 2s);
  }
}

TEST(ReconnectPauseTest, StaysInBoundsForAnyNumberOfFailures) {
  for (const int failures : {0, -1, 64, 1'000'000, std::numeric_limits<int>::max()}) {
    EXPECT_GE(ReconnectPause(failures, ~0ULL), 25ms) << failures;
    EXPECT_LE(ReconnectPause(failures, 0), 2s) << failures;
  }
}

TEST(BoundedPauseTest, IsNeitherNegativeNorLongerThanAYear) {
  EXPECT_EQ(BoundedPause(-1ms), 0ms);
  EXPECT_EQ(BoundedPause(milliseconds::min()), 0ms);
  EXPECT_EQ(BoundedPause(50ms), 50ms);
  EXPECT_EQ(BoundedPause(milliseconds::max()), 24h * 365);
}

}  // namespace
}  // namespace holdfast::core
