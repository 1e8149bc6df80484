// Virtual time: events in the order of their instants, and chance from one seed. Same seed, same
// run.
#ifndef HOLDFAST_TESTS_SIM_WORLD_H_
#define HOLDFAST_TESTS_SIM_WORLD_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <span>
#include <utility>

#include "core/time.h"

namespace holdfast::core {

class World {
 public:
  explicit World(std::uint32_t seed) : random_(seed) {}

  TimePoint now() const { return now_; }

  // Events of one instant happen in the order in which they were asked for.
  void At(TimePoint when, std::function<void()> event) {
    events_.emplace(std::max(when, now_), std::move(event));
  }
  void After(nanoseconds pause, std::function<void()> event) { At(now_ + pause, std::move(event)); }

  void RunUntil(TimePoint end) {
    while (!events_.empty() && events_.begin()->first <= end) {
      auto next = events_.extract(events_.begin());
      now_ = next.key();
      next.mapped()();
    }
    now_ = end;
  }

  int Below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  bool Chance(int percent) { return Below(100) < percent; }
  nanoseconds Between(milliseconds low, milliseconds high) {
    const auto span = static_cast<std::uint64_t>(nanoseconds(high - low).count()) + 1;
    const std::uint64_t drawn = (std::uint64_t{random_()} << 32) | random_();
    return low + nanoseconds(static_cast<std::int64_t>(drawn % span));
  }
  void Fill(std::span<std::byte> bytes) {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random_());
  }

  // From now on nothing breaks any more.
  void Heal() {
    healed_ = true;
    healed_at_ = now_;
  }
  bool healed() const { return healed_; }
  TimePoint healed_at() const { return healed_at_; }

  // The way of a message: mostly quick, at times longer than anybody waits.
  nanoseconds Delay() {
    if (healed_ || Chance(80)) return Between(milliseconds(0), milliseconds(3));
    return Chance(75) ? Between(milliseconds(3), milliseconds(30))
                      : Between(milliseconds(30), milliseconds(400));
  }

 private:
  TimePoint now_{std::chrono::seconds(1000)};
  std::multimap<TimePoint, std::function<void()>> events_;
  std::mt19937 random_;
  bool healed_ = false;
  TimePoint healed_at_ = kNever;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_WORLD_H_
