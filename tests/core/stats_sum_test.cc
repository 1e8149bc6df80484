// The statistics of several engines as one.
#include "core/stats_sum.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.

constexpr std::size_t kCounters =
    (sizeof(Stats) - 3 * sizeof(LatencySummary)) / sizeof(std::uint64_t);

std::vector<std::uint64_t> CountersOf(const Stats& stats) {
  std::vector<std::uint64_t> counters(kCounters);
  std::memcpy(counters.data(), &stats, kCounters * sizeof(std::uint64_t));
  return counters;
}

// Each counter has a value of its own.
Stats Numbered(std::uint64_t first) {
  std::vector<std::uint64_t> counters(kCounters);
  for (std::uint64_t& counter : counters) counter = first++;
  Stats stats;
  std::memcpy(static_cast<void*>(&stats), counters.data(), kCounters * sizeof(std::uint64_t));
  return stats;
}

Histogram HistogramOf(nanoseconds duration) {
  Histogram histogram;
  histogram.Record(duration);
  return histogram;
}

TEST(StatsSumTest, EveryCounterIsAdded) {
  StatsSum sum;
  sum.Add(Numbered(1), {}, {}, {});
  sum.Add(Numbered(1'000), {}, {}, {});
  std::vector<std::uint64_t> expected;
  for (std::uint64_t i = 0; i < kCounters; ++i) expected.push_back(1'001 + 2 * i);
  EXPECT_EQ(CountersOf(sum.Total()), expected);
}

TEST(StatsSumTest, LatenciesAreOfAllOfThemTogether) {
  StatsSum sum;
  sum.Add({}, HistogramOf(1ms), HistogramOf(2ms), HistogramOf(3ms));
  sum.Add({}, HistogramOf(5ms), {}, {});
  const Stats total = sum.Total();
  EXPECT_EQ(total.acquire.count, 2U);
  EXPECT_EQ(total.acquire.sum, 6ms);
  EXPECT_EQ(total.acquire.max, 5ms);
  EXPECT_EQ(total.extend.max, 2ms);
  EXPECT_EQ(total.release.max, 3ms);
}

}  // namespace
}  // namespace holdfast::core
