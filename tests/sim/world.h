// Virtual time: events in the order of their instants. Same seed, same run.
#ifndef HOLDFAST_TESTS_SIM_WORLD_H_
#define HOLDFAST_TESTS_SIM_WORLD_H_

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/time.h"
#include "random.h"

namespace holdfast::core {

class World {
 public:
  using Event = absl::AnyInvocable<void()>;

  explicit World(std::uint64_t seed) : seed_(seed), random_(seed) {}

  TimePoint now() const { return now_; }

  // Events of one instant happen in the order in which they were asked for.
  void At(TimePoint when, Event event) {
    heap_.push_back({std::max(when, now_), ++asked_, Keep(std::move(event))});
    std::push_heap(heap_.begin(), heap_.end(), Later);
  }
  void After(nanoseconds pause, Event event) { At(now_ + pause, std::move(event)); }

  void RunUntil(TimePoint end) {
    while (!stopped_ && !heap_.empty() && heap_.front().when <= end) RunNext();
    now_ = end;
  }

  // Nothing happens any more.
  void Stop() { stopped_ = true; }

  // Chance for all that has no stream of its own.
  Random& random() { return random_; }
  Random NewStream() { return Random(seed_, ++streams_); }

  // From now on nothing breaks any more.
  void Heal() {
    healed_ = true;
    healed_at_ = now_;
  }
  bool healed() const { return healed_; }
  TimePoint healed_at() const { return healed_at_; }

 private:
  struct Due {
    TimePoint when;
    std::uint64_t order;
    std::uint32_t slot;  // Of the event.
  };
  static bool Later(const Due& a, const Due& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  std::uint32_t Keep(Event event) {
    if (free_.empty()) {
      events_.push_back(std::move(event));
      return static_cast<std::uint32_t>(events_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    events_[slot] = std::move(event);
    return slot;
  }

  void RunNext() {
    std::pop_heap(heap_.begin(), heap_.end(), Later);
    const Due due = heap_.back();
    heap_.pop_back();
    now_ = due.when;
    Event event = std::move(events_[due.slot]);
    free_.push_back(due.slot);
    event();
  }

  TimePoint now_{std::chrono::seconds(1000)};
  std::vector<Due> heap_;
  std::vector<Event> events_;
  std::vector<std::uint32_t> free_;
  std::uint64_t asked_ = 0;
  bool stopped_ = false;
  const std::uint64_t seed_;
  std::uint64_t streams_ = 0;
  Random random_;
  bool healed_ = false;
  TimePoint healed_at_ = kNever;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_WORLD_H_
