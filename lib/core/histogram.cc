#include "core/histogram.h"

#include <cmath>

namespace holdfast::core {

std::uint64_t Histogram::MiddleOf(std::size_t bucket) {
  const std::size_t shift = bucket < 2 * kShares ? 0 : bucket / kShares - 1;
  const std::uint64_t units = static_cast<std::uint64_t>(bucket - shift * kShares) << shift;
  const std::uint64_t width = std::uint64_t{1} << (shift + kUnitBits);
  return (units << kUnitBits) + width / 2;
}

void Histogram::Add(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

nanoseconds Histogram::Quantile(double q) const {
  const double place = std::ceil(q * static_cast<double>(count_));
  // Asked this way round, it also stops what is no number.
  if (!(place < static_cast<double>(count_))) return max();
  const auto wanted = static_cast<std::uint64_t>(std::max(place, 1.0));
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while ((seen += buckets_[bucket]) < wanted) ++bucket;
  return ToNanoseconds(std::min(MiddleOf(bucket), max_));
}

LatencySummary Histogram::Summary() const {
  return {.count = count_,
          .p50 = Quantile(0.5),
          .p90 = Quantile(0.9),
          .p99 = Quantile(0.99),
          .p999 = Quantile(0.999),
          .max = max(),
          .sum = sum()};
}

}  // namespace holdfast::core
