// How long things took, in fixed memory: a log-linear histogram in the manner of HdrHistogram.
#ifndef HOLDFAST_CORE_HISTOGRAM_H_
#define HOLDFAST_CORE_HISTOGRAM_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/time.h"
#include "holdfast/stats.h"

namespace holdfast::core {

// Counts durations in buckets: 64 of 32 ns each, and from 2 µs on each doubling is cut into 32, so
// that a bucket's middle is at most 1/64 off (from 1 µs on). The last doubling ends after 73
// minutes; what took longer counts in the last bucket.
class Histogram {
 public:
  void Record(nanoseconds duration) {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
    ++buckets_[std::min(BucketOf(ns), kBuckets - 1)];
    ++count_;
    sum_ += ns;
    max_ = std::max(max_, ns);
  }

  // As if all that `other` recorded had been recorded here, too.
  void Add(const Histogram& other);

  // The duration that the share `q` (0 to 1) of all did not exceed: the one at place ⌈q·count⌉ of
  // them in order. The one at the last place is exact; 0 without any.
  nanoseconds Quantile(double q) const;

  std::uint64_t count() const { return count_; }
  nanoseconds max() const { return ToNanoseconds(max_); }
  nanoseconds sum() const { return ToNanoseconds(sum_); }

  LatencySummary Summary() const;

 private:
  static constexpr int kUnitBits = 5;   // The finest step: 32 ns.
  static constexpr int kShareBits = 5;  // 32 steps for each doubling.
  static constexpr std::size_t kShares = std::size_t{1} << kShareBits;
  static constexpr int kRangeBits = 42;  // 2^42 ns are 73 minutes.
  static constexpr std::size_t kBuckets = (kRangeBits - kUnitBits - kShareBits + 1) * kShares;

  static nanoseconds ToNanoseconds(std::uint64_t ns) {
    return nanoseconds(static_cast<std::int64_t>(ns));
  }

  // Keeps the highest bits of the number of units. Numbers below 2·kShares are their own bucket.
  static std::size_t BucketOf(std::uint64_t ns) {
    const std::uint64_t units = ns >> kUnitBits;
    const int shift = std::bit_width(units | (2 * kShares - 1)) - kShareBits - 1;
    return static_cast<std::size_t>(shift) * kShares + static_cast<std::size_t>(units >> shift);
  }
  static std::uint64_t MiddleOf(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_ = {};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_HISTOGRAM_H_
