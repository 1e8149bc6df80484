// Deadlines that are kept when nobody else runs.
#include "net/loss_watch.h"

#include <gmock/gmock.h>

#include <atomic>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "watched.h"

namespace holdfast::net {
namespace {

using ::testing::ElementsAre;
using ::testing::Ge;

// Keeps the watch thread in a callback, so that what is due meanwhile gathers.
class Standstill {
 public:
  Standstill() : callee_(std::make_shared<Callee>([this] { Hold(); })), watched_(callee_, Now()) {
    if (!Eventually([this] { return held_.load(); })) abort();
  }
  ~Standstill() { End(); }

  void End() {
    release_ = true;
    callee_->WasCalled();
  }

 private:
  void Hold() {
    held_ = true;
    Eventually([this] { return release_.load(); });
  }

  std::atomic<bool> held_ = false;
  std::atomic<bool> release_ = false;
  std::shared_ptr<Callee> callee_;
  Watched watched_;
};

TEST(LossWatchTest, IsOneForTheProcess) { EXPECT_EQ(&Watch(), &Watch()); }

TEST(LossWatchTest, CallsOnce) {
  const Watched watched(Now() + 10ms);
  ASSERT_TRUE(watched->WasCalled());
  AwaitWatch();
  EXPECT_EQ(watched->calls(), 1);
}

TEST(LossWatchTest, NeverCallsBeforeTheTime) {
  const core::TimePoint start = Now();
  std::deque<Watched> neighbours;
  for (int i = 0; i < 30; ++i) neighbours.emplace_back(start + i * 1ms);
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(neighbours[i]->WasCalled());
    EXPECT_THAT(neighbours[i]->last(), Ge(start + i * 1ms));
  }
}

TEST(LossWatchTest, CallsInTheOrderOfTheDeadlines) {
  std::vector<int> order;  // Of the watch thread alone.
  const auto append = [&](int i) {
    return std::make_shared<Callee>([&, i] { order.push_back(i); });
  };
  const core::TimePoint now = Now();
  Standstill standstill;
  const Watched second(append(2), now - 2ms);
  const Watched third(append(3), now - 1ms);
  const Watched first(append(1), now - 3ms);
  standstill.End();
  AwaitWatch();
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST(LossWatchTest, LaterDeadlineLeavesTheEarlierAlone) {
  const Watched earlier(Now() + 30ms);
  const Watched later(Now() + kFarOff);
  EXPECT_TRUE(earlier->WasCalled());
  EXPECT_EQ(later->calls(), 0);
}

TEST(LossWatchTest, DeadlineIsMovedAhead) {
  Watched watched(Now() + kFarOff);
  watched.Move(Now());
  EXPECT_TRUE(watched->WasCalled());
}

TEST(LossWatchTest, DeadlineIsMovedBack) {
  Standstill standstill;
  Watched watched(Now());
  watched.Move(Now() + kFarOff);
  standstill.End();
  AwaitWatch();
  EXPECT_EQ(watched->calls(), 0);
}

TEST(LossWatchTest, SleepsOnWhenNothingIsDueAtTheOldTime) {
  const core::TimePoint old = Now() + 20ms;
  Watched watched(old);
  watched.Move(Now() + kFarOff);
  ASSERT_TRUE(Eventually([&] { return Now() > old + 20ms; }));
  AwaitWatch();
  EXPECT_EQ(watched->calls(), 0);
  watched.Move(Now() + 10ms);
  EXPECT_TRUE(watched->WasCalled());
}

TEST(LossWatchTest, NeverIsNoDeadline) {
  Standstill standstill;
  Watched watched(Now());
  watched.Move(core::kNever);
  standstill.End();
  AwaitWatch();
  EXPECT_EQ(watched->calls(), 0);
}

TEST(LossWatchTest, WhatWasToldOfCanBeSetAgain) {
  Watched watched(Now());
  ASSERT_TRUE(watched->WasCalled(1));
  watched.Move(Now());
  EXPECT_TRUE(watched->WasCalled(2));
}

TEST(LossWatchTest, RemovedDeadlineIsNotTold) {
  const auto callee = std::make_shared<Callee>();
  Standstill standstill;
  { const Watched watched(callee, Now()); }
  standstill.End();
  AwaitWatch();
  EXPECT_EQ(callee->calls(), 0);
}

TEST(LossWatchTest, TargetThatIsGoneIsPassedOver) {
  std::atomic<bool> called = false;
  Standstill standstill;
  Watched gone(std::make_shared<Callee>([&] { called = true; }), Now());
  const Watched other(Now());
  gone.LetGo();
  standstill.End();
  EXPECT_TRUE(other->WasCalled());
  EXPECT_FALSE(called);
}

TEST(LossWatchTest, TargetLivesForTheTimeOfItsCall) {
  std::weak_ptr<Callee> weak;
  std::atomic<bool> called = false;
  std::atomic<bool> let_go = false;
  std::atomic<bool> alive = false;
  auto callee = std::make_shared<Callee>([&] {
    called = true;
    Eventually([&] { return let_go.load(); });
    alive = !weak.expired();
  });
  weak = callee;
  Watched watched(std::move(callee), Now());
  ASSERT_TRUE(Eventually([&] { return called.load(); }));
  watched.LetGo();
  let_go = true;
  EXPECT_TRUE(Eventually([&] { return weak.expired(); })) << "and not longer";
  AwaitWatch();
  EXPECT_TRUE(alive);
}

TEST(LossWatchTest, MayBeUsedFromACallback) {
  std::atomic<bool> moved = false;
  Watched other;
  const auto use = [&] {
    const Watched passing(Now());
    other.Move(Now());
    moved = true;
  };
  const Watched outer(std::make_shared<Callee>(use), Now());
  EXPECT_TRUE(other->WasCalled());
  EXPECT_TRUE(moved);
}

}  // namespace
}  // namespace holdfast::net
