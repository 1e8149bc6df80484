// The histogram beside exact quantiles.
#include "core/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/seed.h"

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.

constexpr nanoseconds kRange{std::int64_t{1} << 42};

Histogram HistogramOf(const std::vector<nanoseconds>& durations) {
  Histogram histogram;
  for (const nanoseconds duration : durations) histogram.Record(duration);
  return histogram;
}

// Of sorted durations.
nanoseconds ExactQuantile(const std::vector<nanoseconds>& sorted, double q) {
  const auto place = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(place, 1, sorted.size()) - 1];
}

void ExpectNear(nanoseconds found, nanoseconds exact) {
  const double allowed = std::max(16.0, static_cast<double>(exact.count()) / 64);
  EXPECT_NEAR(static_cast<double>(found.count()), static_cast<double>(exact.count()), allowed);
}

TEST(HistogramTest, QuantilesOfRandomDataAreNearTheExactOnes) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(SeedText(seed));
  std::mt19937_64 random(seed);
  // From nanoseconds to an hour, each doubling as likely as another.
  std::uniform_real_distribution<double> exponent(0, 41.7);
  for (const int size : {1, 2, 10, 1000, 100'000}) {
    std::vector<nanoseconds> durations;
    durations.reserve(static_cast<std::size_t>(size));
    for (int i = 0; i < size; ++i) {
      durations.emplace_back(static_cast<std::int64_t>(std::exp2(exponent(random))));
    }
    const Histogram histogram = HistogramOf(durations);
    std::sort(durations.begin(), durations.end());
    for (const double q : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
      SCOPED_TRACE(std::to_string(q) + " of " + std::to_string(size));
      ExpectNear(histogram.Quantile(q), ExactQuantile(durations, q));
    }
    EXPECT_EQ(histogram.max(), durations.back());
  }
}

// Where one bucket ends and the next begins, in each doubling: the smaller of two, so that nothing
// but its bucket tells it.
TEST(HistogramTest, EveryBucketIsNearWhatItCounts) {
  for (int bit = 0; bit < 42; ++bit) {
    for (std::int64_t part = 0; part < 64; ++part) {
      const std::int64_t edge = ((64 + part) << bit) / 64;
      for (const nanoseconds duration : {nanoseconds(edge - 1), nanoseconds(edge)}) {
        SCOPED_TRACE(duration.count());
        ExpectNear(HistogramOf({duration, kRange}).Quantile(0.5), duration);
      }
    }
  }
}

TEST(HistogramTest, AnotherIsAddedAsIfAllHadBeenRecordedInOne) {
  Histogram sum = HistogramOf({1us, 5ms, 2h});
  sum.Add(HistogramOf({3us, 7s}));
  sum.Add(Histogram());
  const Histogram all = HistogramOf({1us, 5ms, 2h, 3us, 7s});
  EXPECT_EQ(sum.count(), 5U);
  EXPECT_EQ(sum.sum(), all.sum());
  EXPECT_EQ(sum.max(), 2h);
  for (const double q : {0.2, 0.4, 0.6, 0.8}) EXPECT_EQ(sum.Quantile(q), all.Quantile(q)) << q;
}

TEST(HistogramTest, EmptyIsZero) {
  const LatencySummary summary = Histogram().Summary();
  EXPECT_EQ(summary.count, 0U);
  for (const nanoseconds value :
       {summary.p50, summary.p90, summary.p99, summary.p999, summary.max, summary.sum}) {
    EXPECT_EQ(value, 0ns);
  }
}

TEST(HistogramTest, OneIsExact) {
  const LatencySummary summary = HistogramOf({1'234'567ns}).Summary();
  EXPECT_EQ(summary.count, 1U);
  for (const nanoseconds value :
       {summary.p50, summary.p90, summary.p99, summary.p999, summary.max, summary.sum}) {
    EXPECT_EQ(value, 1'234'567ns);
  }
}

TEST(HistogramTest, SummaryHasThePlacesInOrder) {
  std::vector<nanoseconds> durations;
  for (int ms = 1; ms <= 10'000; ++ms) durations.emplace_back(milliseconds(ms));
  const LatencySummary summary = HistogramOf(durations).Summary();
  EXPECT_EQ(summary.count, 10'000U);
  ExpectNear(summary.p50, 5s);
  ExpectNear(summary.p90, 9s);
  ExpectNear(summary.p99, 9900ms);
  ExpectNear(summary.p999, 9990ms);
  EXPECT_EQ(summary.max, 10s);
  EXPECT_EQ(summary.sum, 50'005s);
}

TEST(HistogramTest, NoQuantileExceedsTheMaximum) {
  const Histogram histogram = HistogramOf({2049ns, 2049ns, 2049ns});
  EXPECT_EQ(histogram.Quantile(0.5), 2049ns) << "the middle of its bucket is larger";
}

TEST(HistogramTest, WhatIsOutOfRangeCountsAtItsEnds) {
  const Histogram low = HistogramOf({-5s, nanoseconds::min(), 1ms});
  EXPECT_LE(low.Quantile(0.5), 16ns);
  EXPECT_EQ(low.sum(), 1ms);

  const Histogram high = HistogramOf({24h, nanoseconds::max()});
  EXPECT_EQ(high.count(), 2U);
  EXPECT_EQ(high.max(), nanoseconds::max());
  EXPECT_LE(high.Quantile(0.5), kRange);
  EXPECT_GE(high.Quantile(0.5), kRange - kRange / 32);
}

TEST(HistogramTest, AnyShareIsSafe) {
  const Histogram histogram = HistogramOf({1s, 2s, 3s});
  ExpectNear(histogram.Quantile(-1), 1s);
  EXPECT_EQ(histogram.Quantile(2), 3s);
  EXPECT_EQ(histogram.Quantile(std::numeric_limits<double>::quiet_NaN()), 3s);
  EXPECT_EQ(histogram.Quantile(std::numeric_limits<double>::infinity()), 3s);
}

}  // namespace
}  // namespace holdfast::core
