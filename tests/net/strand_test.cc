// A client may run on any executor.
#include "net/strand.h"

#include <gtest/gtest.h>

#include <asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <future>

namespace holdfast::net {
namespace {

using std::chrono::seconds;

// What is not there by then is a failure.
constexpr seconds kDeadline{10};

// Of each kind: an io_context, which has a way of its own, something else, and strands of them.
class StrandTest : public ::testing::TestWithParam<int> {
 protected:
  asio::any_io_executor Executor() {
    switch (GetParam()) {
      case 0:
        return io_.get_executor();
      case 1:
        return pool_.get_executor();
      case 2:
        return asio::make_strand(io_);
      case 3:
        return asio::make_strand(pool_);
      default:
        return asio::make_strand(asio::any_io_executor(pool_.get_executor()));
    }
  }

  // Whether `condition()` holds where `start` has a function run.
  bool HoldsIn(const std::function<void(std::function<void()>)>& start,
               const std::function<bool()>& condition) {
    std::promise<bool> holds;
    std::future<bool> held = holds.get_future();
    start([&] { holds.set_value(condition()); });
    io_.restart();
    io_.run_for(kDeadline);
    return held.wait_for(kDeadline) == std::future_status::ready && held.get();
  }

  asio::io_context io_;
  asio::thread_pool pool_{2};
};

TEST_P(StrandTest, RunsWhatIsDispatchedAndKnowsIt) {
  const asio::any_io_executor strand = MakeStrand(Executor());
  EXPECT_FALSE(IsOnStrand(strand));
  EXPECT_TRUE(
      HoldsIn([&](auto run) { DispatchOn(strand, run); }, [&] { return IsOnStrand(strand); }));
}

TEST_P(StrandTest, WhatIsPostedBesideItIsNotOnIt) {
  const asio::any_io_executor executor = Executor();
  const asio::any_io_executor strand = MakeStrand(executor);
  EXPECT_EQ(Underlying(strand), executor);
  EXPECT_TRUE(HoldsIn([&](auto run) { PostOn(Underlying(strand), run); },
                      [&] { return !IsOnStrand(strand); }));
}

TEST_P(StrandTest, RunsOneAtATime) {
  const asio::any_io_executor strand = MakeStrand(Executor());
  int count = 0;
  for (int i = 0; i < 1'000; ++i) {
    PostOn(Underlying(strand), [&] { DispatchOn(strand, [&] { ++count; }); });
  }
  EXPECT_TRUE(HoldsIn(
      [&](auto run) { PostOn(Underlying(strand), [&strand, run] { DispatchOn(strand, run); }); },
      [&] { return count > 0; }));
  pool_.join();
  EXPECT_EQ(count, 1'000);
}

INSTANTIATE_TEST_SUITE_P(Executors, StrandTest, ::testing::Range(0, 5));

TEST(NoStrandTest, WhatIsNoStrandIsItsOwnUnderlying) {
  asio::thread_pool pool(1);
  const asio::any_io_executor executor = pool.get_executor();
  EXPECT_EQ(Underlying(executor), executor);
  EXPECT_FALSE(IsOnStrand(executor));
}

}  // namespace
}  // namespace holdfast::net
