// Client processes that are stopped for a while, or killed and replaced.
#ifndef HOLDFAST_TESTS_CHAOS_CLIENT_FAULTS_H_
#define HOLDFAST_TESTS_CHAOS_CLIENT_FAULTS_H_

#include <cstdint>
#include <map>
#include <utility>

#include "chaos/crew.h"
#include "chaos/mischief.h"

namespace holdfast::testing {

class ClientFaults : public Mischief {
 public:
  ClientFaults(Crew& crew, std::uint64_t seed) : Mischief(seed), crew_(crew) {}

  void Step() override {
    const std::int64_t now = BootTime();
    std::erase_if(pauses_, [&](const auto& pause) {
      if (now < pause.second) return false;
      crew_.Continue(pause.first);
      return true;
    });
    if (now < next_) return;
    next_ = After(0, 800);
    const int member = Draw(0, crew_.size() - 1);
    if (pauses_.contains(member)) return;
    Draw(0, 2) == 0 ? Kill(member) : Pause(member);
  }

  void Heal() override {
    for (const auto& [member, until] : pauses_) crew_.Continue(member);
    pauses_.clear();
  }

 private:
  void Kill(int member) {
    crew_.Kill(member);
    Count("clients killed and replaced");
  }

  // At times for longer than a lease lasts.
  void Pause(int member) {
    crew_.Pause(member);
    pauses_[member] = Draw(0, 1) == 0 ? After(1, 100) : After(100, 3000);
    Count("clients stopped for a while");
  }

  Crew& crew_;
  std::map<int, std::int64_t> pauses_;  // Until when.
  std::int64_t next_ = 0;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_CLIENT_FAULTS_H_
