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

void Validity::Reset(int nodes) { nodes_.assign(nodes, {}); }

void Validity::Confirm(int node, TimePoint until, std::uint64_t server) {
  if (until > nodes_[node].until) nodes_[node] = {until, server};
}

void Validity::Deny(int node) { nodes_[node] = {}; }

TimePoint Validity::Until(int quorum) const {
  std::array<TimePoint, kMaxNodes> sorted;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    sorted[i] = CountsForItsServer(i) ? nodes_[i].until : kLongAgo;
  }
  const auto end = sorted.begin() + nodes_.size();
  const auto nth = sorted.begin() + (quorum - 1);
  std::nth_element(sorted.begin(), nth, end, std::greater<>());
  return *nth;
}

// Of several names that one server confirmed it under, the one that lasts longest, or is the first.
bool Validity::CountsForItsServer(std::size_t node) const {
  const Confirmed& mine = nodes_[node];
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Confirmed& other = nodes_[i];
    if (other.server != mine.server || i == node) continue;
    if (other.until > mine.until || (other.until == mine.until && i < node)) return false;
  }
  return true;
}

}  // namespace holdfast::core
