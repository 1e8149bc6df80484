// What several engines did, as if it had been one.
#ifndef HOLDFAST_CORE_STATS_SUM_H_
#define HOLDFAST_CORE_STATS_SUM_H_

#include "core/histogram.h"
#include "holdfast/stats.h"

namespace holdfast::core {

class StatsSum {
 public:
  // `counters`: its latencies do not count.
  void Add(const Stats& counters, const Histogram& acquire, const Histogram& extend,
           const Histogram& release);

  Stats Total() const;

 private:
  Stats counters_;
  Histogram acquire_;
  Histogram extend_;
  Histogram release_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_STATS_SUM_H_
