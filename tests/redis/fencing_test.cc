// Fencing tokens on real servers (PROTOCOL.md rule 3).
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "holdfast/blocking.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::Lt;
using ::testing::SizeIs;
using namespace std::chrono_literals;

constexpr AcquireOptions kContend{
    .ttl = 10s, .wait = kPatience, .retry_delay = 5ms, .retry_jitter = 5ms};

class FencingTest : public ::testing::Test {
 protected:
  static std::string CounterOf(RedisServer& node, const std::string& name) {
    return node.Command({"GET", "holdfast:fence:lock:" + name});
  }

  Nodes nodes_{3};
  BlockingClient alice_ = NewClient(nodes_, "alice");
  BlockingClient bob_ = NewClient(nodes_, "bob");
};

TEST_F(FencingTest, TokensGrowWhoeverHoldsTheLock) {
  std::uint64_t last = 0;
  for (int i = 0; i < 50; ++i) {
    const BlockingClient& client = i % 2 == 0 ? alice_ : bob_;
    auto lock = client.Acquire("a", kContend);
    ASSERT_THAT(lock, IsOk());
    ASSERT_THAT(lock->fence(), Gt(last));
    last = lock->fence();
    ASSERT_THAT(lock->Release(), IsOk());
  }
  EXPECT_THAT(last, Lt(std::uint64_t{1} << 53));
}

TEST_F(FencingTest, TokensGrowUnderContention) {
  std::uint64_t last = 0;  // Guarded by the lock.
  const auto contend = [&](const BlockingClient& client) {
    for (int i = 0; i < 50; ++i) {
      auto lock = client.Acquire("a", kContend);
      ASSERT_THAT(lock, IsOk());
      ASSERT_THAT(lock->fence(), Gt(last));
      last = lock->fence();
    }
  };
  std::thread other([&] { contend(bob_); });
  contend(alice_);
  other.join();
}

TEST_F(FencingTest, UncontendedTokensAreFinalInOneRoundTrip) {
  for (int i = 0; i < 100; ++i) ASSERT_THAT(alice_.Acquire("a", kContend), IsOk());
  const auto stats = alice_.GetStats();
  ASSERT_THAT(stats, IsOk());
  EXPECT_EQ(stats->acquired, 100U);
  EXPECT_THAT(stats->final_in_one_round_trip, Gt(95U));
  EXPECT_EQ(stats->final_in_one_round_trip + stats->finalised, 100U);
}

// Counters that differ, ahead of the clock so that no hint levels them: the largest of the quorum
// becomes the token, on each node of it.
TEST_F(FencingTest, NodesThatDisagreeAreBroughtTogether) {
  const std::uint64_t in_an_hour = static_cast<std::uint64_t>(time(nullptr) + 3600) * 1'000'000;
  for (int i = 0; i < 3; ++i) {
    nodes_[i].Command({"SET", "holdfast:fence:lock:a", std::to_string(in_an_hour + 10 * i)});
  }
  auto lock = alice_.Acquire("a", kContend);
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(lock->fence(), Gt(in_an_hour + 10));
  EXPECT_EQ(alice_.GetStats()->finalised, 1U);
  int level = 0;
  for (const auto& node : nodes_) {
    level += std::stoull(CounterOf(*node, "a")) >= lock->fence() ? 1 : 0;
  }
  EXPECT_THAT(level, ::testing::Ge(2));
  // The release takes it to all of them, and the next one is final at once.
  const std::uint64_t first = lock->fence();
  ASSERT_THAT(lock->Release(), IsOk());
  EXPECT_TRUE(Eventually([&] {
    return std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
      return std::stoull(CounterOf(*node, "a")) >= first;
    });
  }));
  auto next = bob_.Acquire("a", kContend);
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(next->fence(), Gt(first));
}

TEST_F(FencingTest, ServersThatStartAgainGoOnWhereTheyWere) {
  auto lock = alice_.Acquire("a", kContend);
  ASSERT_THAT(lock, IsOk());
  const std::uint64_t before = lock->fence();
  ASSERT_THAT(lock->Release(), IsOk());
  for (const auto& node : nodes_) {
    node->Kill();
    node->Restart();
  }
  const auto next = NewClient(nodes_).Acquire("a", kContend);
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(next->fence(), Gt(before));
}

TEST_F(FencingTest, LockOnSeveralNamesHasATokenForEach) {
  auto first = alice_.Acquire({"b", "a"});
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(first->fences(), SizeIs(2));
  EXPECT_THAT(first->fences(), Each(Gt(0U)));
  EXPECT_EQ(first->fence(), first->fences()[0]);
  EXPECT_THAT(first->names(), ElementsAre("a", "b"));
  const std::uint64_t of_b = first->fences()[1];
  ASSERT_THAT(first->Release(), IsOk());
  const auto next = bob_.Acquire("b", kContend);
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(next->fence(), Gt(of_b));
}

TEST_F(FencingTest, WithoutItThereIsNoTokenAndNoSecondKey) {
  const BlockingClient lean = NewClient({.nodes = nodes_.urls(), .fencing = false});
  const auto lock = lean.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  EXPECT_EQ(lock->fence(), 0U);
  ASSERT_TRUE(Eventually([this] { return nodes_.CountWith("lock:a") == 3; }));
  EXPECT_EQ(nodes_.CountWith("holdfast:fence:lock:a"), 0);
}

// It belongs to the acquisition: what happens to the name later does not change it.
TEST_F(FencingTest, TokenOfALostLockStaysWhatItWas) {
  auto lock = alice_.Acquire("a", {.ttl = 300ms});
  ASSERT_THAT(lock, IsOk());
  const std::uint64_t token = lock->fence();
  const auto next = bob_.Acquire("a", kContend);
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(next->fence(), Gt(token));
  EXPECT_EQ(lock->fence(), token);
}

}  // namespace
}  // namespace holdfast::testing
