#include "core/lease.h"

#include <algorithm>
#include <array>

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

void Validity::Confirm(int node, TimePoint until, std::uint32_t run, std::uint32_t seen) {
  Node& known = nodes_[node];
  if (run != known.now.run) known = {.now = {.run = run}, .before = known.now};
  known.now.until = std::max(known.now.until, until);
  known.now.seen = std::max(known.now.seen, seen);
}

void Validity::Deny(int node) { nodes_[node] = {}; }

// Runs that have a moment in common have the first sight of the latest of them in common.
TimePoint Validity::Until(int quorum) const {
  TimePoint until = kLongAgo;
  for (const Node& node : nodes_) {
    for (const Confirmed& latest : {node.now, node.before}) {
      if (latest.until <= until) continue;
      until = std::max(until, UntilOfThoseRunningAt(latest.run, quorum));
    }
  }
  return until;
}

// Each name has one vote, and so has each server.
TimePoint Validity::UntilOfThoseRunningAt(std::uint32_t moment, int quorum) const {
  std::array<Confirmed, kMaxNodes> votes;
  auto end = votes.begin();
  for (const Node& node : nodes_) {
    const Confirmed vote = RunningAt(moment, node);
    if (vote.until == kLongAgo) continue;
    const auto same = std::find_if(votes.begin(), end,
                                   [&](const Confirmed& other) { return other.run == vote.run; });
    if (same == end) {
      *end++ = vote;
    } else if (vote.until > same->until) {
      *same = vote;
    }
  }
  if (end - votes.begin() < quorum) return kLongAgo;
  const auto nth = votes.begin() + (quorum - 1);
  std::nth_element(votes.begin(), nth, end,
                   [](const Confirmed& a, const Confirmed& b) { return a.until > b.until; });
  return nth->until;
}

Validity::Confirmed Validity::RunningAt(std::uint32_t moment, const Node& node) {
  Confirmed latest;
  for (const Confirmed& confirmed : {node.now, node.before}) {
    const bool ran = confirmed.run <= moment && moment <= confirmed.seen;
    if (ran && confirmed.until > latest.until) latest = confirmed;
  }
  return latest;
}

}  // namespace holdfast::core
