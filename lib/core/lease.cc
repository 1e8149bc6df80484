#include "core/lease.h"

#include <algorithm>
#include <array>
#include <functional>

#include "core/quorum.h"

namespace holdfast::core {

TimePoint CertainUntil(TimePoint sent, milliseconds ttl, double drift_factor) {
  const auto drift = nanoseconds(
      static_cast<nanoseconds::rep>(static_cast<double>(nanoseconds(ttl).count()) * drift_factor));
  return sent + ttl - drift - milliseconds(2);
}

nanoseconds LossMargin(milliseconds ttl) {
  const nanoseconds least = std::min<nanoseconds>(milliseconds(5), nanoseconds(ttl) / 4);
  return std::clamp<nanoseconds>(nanoseconds(ttl) / 20, least, milliseconds(250));
}

void Validity::Reset(int nodes) { until_.assign(nodes, kLongAgo); }

void Validity::Confirm(int node, TimePoint until) { until_[node] = std::max(until_[node], until); }

void Validity::Deny(int node) { until_[node] = kLongAgo; }

TimePoint Validity::Until(int quorum) const {
  std::array<TimePoint, kMaxNodes> sorted;
  const auto end = std::copy(until_.begin(), until_.end(), sorted.begin());
  const auto nth = sorted.begin() + (quorum - 1);
  std::nth_element(sorted.begin(), nth, end, std::greater<>());
  return *nth;
}

}  // namespace holdfast::core
