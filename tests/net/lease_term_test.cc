// The end of a lock, told once and for good by whoever is first.
#include "lease_term.h"

#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <thread>

#include "net/clock.h"
#include "support/eventually.h"

namespace holdfast::detail {
namespace {

using core::TimePoint;
using holdfast::testing::Eventually;
using ::testing::Gt;
using namespace std::chrono_literals;

std::shared_ptr<LeaseTerm> MakeTerm() {
  auto term = std::make_shared<LeaseTerm>(**net::LossWatch::Get());
  term->Watch(term);
  return term;
}

class LeaseTermTest : public ::testing::Test {
 protected:
  // Valid for `time` from now, with a margin of four fifths of that: the watch thread's turn is
  // after two fifths.
  bool HoldFor(std::chrono::nanoseconds time) {
    const TimePoint now = net::Now();
    return term_->Hold(now + time, now + time / 5);
  }

  // As from the watch thread.
  void Deadline() { static_cast<net::LossWatch::Target&>(*term_).OnDeadline(); }

  bool Over() const { return term_->left() == 0s && term_->lost().stop_requested(); }

  std::shared_ptr<LeaseTerm> term_ = MakeTerm();
  std::atomic<int> told_ = 0;
  std::stop_callback<std::function<void()>> on_loss_{term_->lost(), [this] { ++told_; }};
};

TEST_F(LeaseTermTest, IsOursFromTheFirstWordOfIt) {
  EXPECT_EQ(term_->left(), 0s);
  EXPECT_FALSE(term_->lost().stop_requested());
  ASSERT_TRUE(HoldFor(1h));
  EXPECT_THAT(term_->left(), Gt(30min));
}

TEST_F(LeaseTermTest, EndIsForGoodAndToldOnce) {
  ASSERT_TRUE(HoldFor(1h));
  term_->End();
  EXPECT_TRUE(Over());
  EXPECT_FALSE(HoldFor(2h));
  term_->End();
  Deadline();
  EXPECT_TRUE(Over());
  EXPECT_EQ(told_, 1);
}

TEST_F(LeaseTermTest, WatchTellsOfTheLossBeforeTheEnd) {
  const TimePoint end = net::Now() + 10s;
  ASSERT_TRUE(term_->Hold(end, end - 13s));
  ASSERT_TRUE(Eventually([&] { return told_ == 1; }));
  EXPECT_TRUE(Over());
  EXPECT_LT(net::Now(), end);
  EXPECT_FALSE(HoldFor(2h));
  EXPECT_TRUE(Over());
}

// As when the strand runs first after a standstill.
TEST_F(LeaseTermTest, WhatHasRunOutIsNotProlonged) {
  ASSERT_TRUE(HoldFor(1ns));
  EXPECT_FALSE(HoldFor(2h));
  EXPECT_EQ(term_->left(), 0s);
}

TEST_F(LeaseTermTest, DeadlineThatWasMovedMeanwhileEndsNothing) {
  ASSERT_TRUE(HoldFor(1h));
  Deadline();
  EXPECT_FALSE(Over());
  EXPECT_EQ(told_, 0);
}

// Who asks for the token at the very moment of the end hears of it all the same.
TEST_F(LeaseTermTest, WhoStartsToListenWhileItEndsIsTold) {
  for (int i = 0; i < 2'000 && !HasFailure(); ++i) {
    const auto term = MakeTerm();
    std::atomic<bool> start = false;
    std::stop_token heard;
    std::thread listener([&] {
      start = true;
      heard = term->lost();
    });
    while (!start) std::this_thread::yield();
    term->End();
    listener.join();
    EXPECT_TRUE(heard.stop_requested());
  }
}

TEST_F(LeaseTermTest, AllWhoListenHaveTheSameToken) {
  const auto term = MakeTerm();
  EXPECT_EQ(term->lost(), term->lost());
  EXPECT_TRUE(term->lost().stop_possible());
}

// Nobody sees time left, and nobody is told that it is ours, after the loss was told.
TEST_F(LeaseTermTest, NothingBringsItBackWhoeverTells) {
  for (int i = 0; i < 300 && !HasFailure(); ++i) {
    const auto term = MakeTerm();
    std::atomic<bool> told = false;
    const std::stop_callback on_loss(term->lost(), [&] {
      EXPECT_EQ(term->left(), 0s);
      told = true;
    });
    std::thread strand([&] {
      for (auto margin = 1'000us; margin > 0us; margin -= 10us) {
        const bool over = told;
        const TimePoint end = net::Now() + 2 * margin;
        EXPECT_FALSE(term->Hold(end, end - margin) && over);
      }
      term->End();
    });
    while (!told) std::this_thread::yield();
    EXPECT_EQ(term->left(), 0s);
    strand.join();
    EXPECT_EQ(term->left(), 0s);
  }
}

TEST_F(LeaseTermTest, MayGoWhileItIsWatched) {
  for (int i = 0; i < 1'000; ++i) {
    const auto term = MakeTerm();
    const TimePoint now = net::Now();
    EXPECT_TRUE(term->Hold(now + 40us, now));
  }
}

}  // namespace
}  // namespace holdfast::detail
