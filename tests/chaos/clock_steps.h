// Wall clocks of nodes that are set, forwards and back, while the nodes run.
#ifndef HOLDFAST_TESTS_CHAOS_CLOCK_STEPS_H_
#define HOLDFAST_TESTS_CHAOS_CLOCK_STEPS_H_

#include <cstdint>

#include "chaos/mischief.h"
#include "chaos/site.h"

namespace holdfast::testing {

class ClockSteps : public Mischief {
 public:
  ClockSteps(Site& site, std::uint64_t seed) : Mischief(seed), site_(site) {}

  void Step() override {
    if (BootTime() < next_) return;
    next_ = After(0, 400);
    const int kind = Draw(0, 9);
    if (kind < 4) return Set(-Draw(1, 500), "clocks set back by up to 500 ms");
    if (kind < 9) return Set(Draw(1, 2'000), "clocks set forward by up to 2 s");
    Set(864'000'000, "clocks set forward by ten days");
  }

  // There is no way back: that would be another step.
  void Heal() override { next_ = INT64_MAX; }

 private:
  void Set(std::int64_t ms, const char* what) {
    site_.clock(Draw(0, site_.size() - 1)).Step(ms * 1'000'000);
    Count(what);
  }

  Site& site_;
  std::int64_t next_ = 0;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_CLOCK_STEPS_H_
