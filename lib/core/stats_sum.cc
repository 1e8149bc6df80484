#include "core/stats_sum.h"

#include <cstdint>
#include <iterator>

namespace holdfast::core {
namespace {

constexpr std::uint64_t Stats::*kCounters[] = {
    &Stats::attempts,          &Stats::acquired,
    &Stats::refused_held,      &Stats::refused_undecided,
    &Stats::refused_no_quorum, &Stats::refused_other,
    &Stats::cancelled,         &Stats::final_in_one_round_trip,
    &Stats::finalised,         &Stats::finalise_failed,
    &Stats::extended,          &Stats::extend_failed,
    &Stats::auto_extended,     &Stats::lost,
    &Stats::released,          &Stats::release_failed,
    &Stats::node_ups,          &Stats::node_downs,
    &Stats::node_quarantines,  &Stats::held,
    &Stats::waiting,
};
static_assert(sizeof(Stats) ==
                  std::size(kCounters) * sizeof(std::uint64_t) + 3 * sizeof(LatencySummary),
              "all counters are in the list");

}  // namespace

void StatsSum::Add(const Stats& counters, const Histogram& acquire, const Histogram& extend,
                   const Histogram& release) {
  for (const auto counter : kCounters) counters_.*counter += counters.*counter;
  acquire_.Add(acquire);
  extend_.Add(extend);
  release_.Add(release);
}

Stats StatsSum::Total() const {
  Stats total = counters_;
  total.acquire = acquire_.Summary();
  total.extend = extend_.Summary();
  total.release = release_.Summary();
  return total;
}

}  // namespace holdfast::core
