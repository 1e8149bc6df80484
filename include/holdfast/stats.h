// What a client has done so far, in numbers, and the same as text for Prometheus.
//
//   const absl::StatusOr<Stats> read = client->GetStats();
//   if (!read.ok()) return read.status();
//   const Stats& stats = *read;
//   std::cout << stats.acquired << " locks, 99 % of them within "
//             << stats.acquire.p99.count() / 1000 << " µs\n";
//   http_reply << PrometheusText(stats, R"(client="billing")");
//
// A snapshot: plain data, all of one moment. Counters, and the `count` and `sum` of latencies, are
// since the client was made: of two snapshots the differences tell what happened between. Quantiles
// are over all that time, gauges of now.
#ifndef HOLDFAST_STATS_H_
#define HOLDFAST_STATS_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

// How long something took, of all times that it was done. `max` and `sum` are exact; the quantiles
// are at most 2 % off (or 16 ns, if that is more), and 73 minutes stand for all that is longer. All
// are zero while `count` is.
struct LatencySummary {
  std::uint64_t count = 0;
  std::chrono::nanoseconds p50{};   // Half of them took no longer.
  std::chrono::nanoseconds p90{};   // 90 %.
  std::chrono::nanoseconds p99{};   // 99 %.
  std::chrono::nanoseconds p999{};  // 99.9 %.
  std::chrono::nanoseconds max{};
  std::chrono::nanoseconds sum{};  // Divided by `count`: the mean.
};

struct Stats {
  // Taking locks. Each call that asks for one ends as just one of acquired, refused_* and
  // cancelled.
  std::uint64_t attempts = 0;           // Rounds to the nodes; a call that waits makes several.
  std::uint64_t acquired = 0;           // Calls that got the lock.
  std::uint64_t refused_held = 0;       // Calls that failed as IsHeld: another held it.
  std::uint64_t refused_undecided = 0;  // As IsUndecided: time ran out before the votes decided.
  std::uint64_t refused_no_quorum = 0;  // As IsNoQuorum: too few nodes could be reached.
  std::uint64_t refused_other = 0;      // In any other way: bad options, credentials refused.
  std::uint64_t cancelled = 0;          // Given up by the caller.

  // Fencing tokens, by attempt. The share of the first among them tells what fencing costs.
  std::uint64_t final_in_one_round_trip = 0;  // A quorum agreed on the token at once.
  std::uint64_t finalised = 0;                // It took the second round trip.
  std::uint64_t finalise_failed = 0;          // The second round trip failed, and so the attempt.

  // Holding and giving up.
  std::uint64_t extended = 0;        // Extensions that a quorum confirmed.
  std::uint64_t extend_failed = 0;   // Extensions that failed; the lock may be ours all the same.
  std::uint64_t auto_extended = 0;   // Those of `extended` that nobody had to call for.
  std::uint64_t lost = 0;            // Locks that ended before their holder gave them up.
  std::uint64_t released = 0;        // Releases that a quorum confirmed.
  std::uint64_t release_failed = 0;  // Releases that failed: found gone, or no quorum reached.

  // Nodes, all together.
  std::uint64_t node_ups = 0;          // Connected and admitted.
  std::uint64_t node_downs = 0;        // Not connected any more, or at first.
  std::uint64_t node_quarantines = 0;  // Found not to be allowed to grant yet.

  // Gauges: how it is now.
  std::uint64_t held = 0;     // Locks that are ours.
  std::uint64_t waiting = 0;  // Calls that are about to get one.

  // From the call to its success; what failed is not in here.
  LatencySummary acquire = {};  // With all waiting for others in it.
  LatencySummary extend = {};
  LatencySummary release = {};
};

// `stats` in Prometheus' text exposition format, version 0.0.4 (serve it with the content type
// `text/plain; version=0.0.4`). A counter is called holdfast_NAME_total after its member, with the
// `refused_…` as one, told apart by the label `reason`; a gauge holdfast_NAME; a latency is a
// summary in seconds, holdfast_NAME_seconds, whose quantile 1 is the maximum.
//
// `labels` stands in front of the other labels of each sample: `client="billing",zone="a"`. It is
// copied as it is: quote the values and escape \, " and newlines in them, with no comma at the end.
std::string PrometheusText(const Stats& stats, std::string_view labels = {});

}  // namespace holdfast

#endif  // HOLDFAST_STATS_H_
