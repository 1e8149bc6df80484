// Many timers behind one.
#include "core/timer_heap.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "seed.h"

namespace holdfast::core {
namespace {

TimePoint At(int seconds) { return TimePoint(std::chrono::seconds(seconds)); }

TEST(TimerHeapTest, EmptyHeapIsNeverDue) {
  TimerHeap timers;
  EXPECT_EQ(timers.next(), kNever);
  timers.Clear(7);
  EXPECT_EQ(timers.next(), kNever);
}

TEST(TimerHeapTest, GivesTheFirstFirst) {
  TimerHeap timers;
  timers.Set(1, At(30));
  timers.Set(2, At(10));
  timers.Set(3, At(20));
  EXPECT_EQ(timers.next(), At(10));
  EXPECT_EQ(timers.Pop(), 2U);
  EXPECT_EQ(timers.Pop(), 3U);
  EXPECT_EQ(timers.Pop(), 1U);
  EXPECT_EQ(timers.next(), kNever);
}

TEST(TimerHeapTest, SettingATimerAgainMovesIt) {
  TimerHeap timers;
  timers.Set(1, At(10));
  timers.Set(2, At(20));
  timers.Set(1, At(30));
  EXPECT_EQ(timers.next(), At(20));
  timers.Set(1, At(5));
  EXPECT_EQ(timers.Pop(), 1U);
  EXPECT_EQ(timers.Pop(), 2U);
}

TEST(TimerHeapTest, NeverClears) {
  TimerHeap timers;
  timers.Set(1, At(10));
  timers.Set(1, kNever);
  EXPECT_EQ(timers.next(), kNever);
  timers.Set(1, At(10));
  EXPECT_EQ(timers.Pop(), 1U) << "and it can be set again";
}

// The same, without the cleverness.
class Model {
 public:
  void Set(std::uint32_t id, TimePoint when) {
    Clear(id);
    if (when != kNever) by_time_.emplace(when, id);
  }
  void Clear(std::uint32_t id) {
    std::erase_if(by_time_, [id](const auto& timer) { return timer.second == id; });
  }
  TimePoint next() const { return by_time_.empty() ? kNever : by_time_.begin()->first; }

  // Of several that are due at once the heap may choose any.
  void ExpectFirst(std::uint32_t id) {
    for (auto it = by_time_.begin(); it != by_time_.end() && it->first == next(); ++it) {
      if (it->second == id) return;
    }
    ADD_FAILURE() << "timer " << id << " is not the first";
  }

 private:
  std::multimap<TimePoint, std::uint32_t> by_time_;
};

void Step(std::mt19937& random, TimerHeap& timers, Model& model) {
  const std::uint32_t id = random() % 40;
  const TimePoint when = random() % 8 == 0 ? kNever : At(static_cast<int>(random() % 50));
  switch (random() % 4) {
    case 0:
    case 1:
      timers.Set(id, when);
      model.Set(id, when);
      return;
    case 2:
      timers.Clear(id);
      model.Clear(id);
      return;
    default:
      break;
  }
  if (model.next() == kNever) return;
  const std::uint32_t popped = timers.Pop();
  model.ExpectFirst(popped);
  model.Clear(popped);
}

TEST(TimerHeapTest, BehavesAsAnOrderedListUnderRandomOperations) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(SeedText(seed));
  std::mt19937 random(seed);
  TimerHeap timers;
  Model model;
  for (int i = 0; i < 20'000 && !::testing::Test::HasFailure(); ++i) {
    Step(random, timers, model);
    ASSERT_EQ(timers.next(), model.next()) << "after " << i << " operations";
  }
}

}  // namespace
}  // namespace holdfast::core
