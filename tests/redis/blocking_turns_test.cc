// Blocking clients whose callers do the work of their thread.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "holdfast/blocking.h"
#include "holdfast/blocking_redis.h"
#include "holdfast/errors.h"
#include "net/clock.h"
#include "redis/redis_harness.h"
#include "redis/subscribe_harness.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::Each;
using ::testing::Gt;
using namespace std::chrono_literals;

constexpr AcquireOptions kLong{.ttl = 30s, .wait = kPatience / 2};
constexpr AcquireOptions kKept{.ttl = 1s, .wait = kPatience, .auto_extend = true};

class BlockingTurnsTest : public ::testing::Test {
 protected:
  // For three times as long as `lock` would last by itself.
  void ExpectKept(const BlockingLock& lock) {
    const auto end = net::Now() + 3 * kKept.ttl;
    EXPECT_TRUE(Eventually([&] { return lock.valid_for() <= 0s || net::Now() >= end; }));
    EXPECT_THAT(lock.valid_for(), Gt(0s));
    EXPECT_FALSE(lock.lost().stop_requested());
  }

  Nodes nodes_{3};
  BlockingClient client_ = NewClient(nodes_, "alice");
  BlockingClient other_ = NewClient(nodes_, "bob");
};

// Long before their ttl is over.
TEST_F(BlockingTurnsTest, LocksThatGoOutOfScopeAreReleased) {
  for (int i = 0; i < 20; ++i) {
    std::optional<absl::StatusOr<BlockingLock>> lock = client_.Acquire("a", kLong);
    ASSERT_THAT(*lock, IsOk());
    lock.reset();
    auto next = other_.Acquire("a", kLong);
    ASSERT_THAT(next, IsOk());
    *next = *client_.Acquire("b", kLong);  // Lets "a" go.
    ASSERT_THAT(other_.Acquire("a", kLong), IsOk());
  }
}

TEST_F(BlockingTurnsTest, DetachedLocksAreToldOf) {
  for (int i = 0; i < 20; ++i) {
    auto lock = client_.Acquire("a", kLong);
    ASSERT_THAT(lock, IsOk());
    const std::string token = lock->Detach();
    EXPECT_TRUE(Eventually([&] { return lock->lost().stop_requested(); }));
    auto attached = client_.Attach("a", token);
    ASSERT_THAT(attached, IsOk());
    EXPECT_THAT(attached->Extend(kLong.ttl), IsOk());
    EXPECT_THAT(attached->Release(), IsOk());
  }
}

TEST_F(BlockingTurnsTest, ACallThatWaitsHoldsUpNoOther) {
  const auto held = other_.Acquire("held", kLong);
  ASSERT_THAT(held, IsOk());
  std::stop_source stop;
  absl::Status end;
  std::atomic<bool> ended = false;
  std::thread waiter([&] {
    end = client_.Acquire("held", {.wait = kWaitForever}, stop.get_token()).status();
    ended = true;
  });
  for (int i = 0; i < 200; ++i) {
    auto lock = client_.Acquire("b", kLong);
    ASSERT_THAT(lock, IsOk());
    if (i % 2 == 0) {
      EXPECT_THAT(lock->Release(), IsOk());
    }
  }
  EXPECT_FALSE(ended);
  stop.request_stop();
  waiter.join();
  EXPECT_THAT(end, FailsAs(absl::IsCancelled));
}

TEST_F(BlockingTurnsTest, ManyThreadsExcludeEachOther) {
  std::atomic<int> holders = 0;
  std::atomic<int> held = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 40; ++i) {
        auto lock = client_.Acquire(t % 2 == 0 ? "a" : std::to_string(t), kLong);
        ASSERT_THAT(lock, IsOk());
        if (t % 2 != 0) continue;
        EXPECT_EQ(++holders, 1);
        ++held;
        --holders;
        if (i % 2 == 0) {
          EXPECT_THAT(lock->Release(), IsOk());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(held, 3 * 40);
}

TEST_F(BlockingTurnsTest, LocksAreExtendedWhileNobodyCalls) {
  const auto lock = client_.Acquire("a", kKept);
  ASSERT_THAT(lock, IsOk());
  ExpectKept(*lock);
}

TEST_F(BlockingTurnsTest, LocksAreExtendedWhileACallWaits) {
  const auto held = other_.Acquire("held", kLong);
  ASSERT_THAT(held, IsOk());
  const auto lock = client_.Acquire("a", kKept);
  ASSERT_THAT(lock, IsOk());
  std::stop_source stop;
  std::thread waiter([&] {
    const auto in_vain = client_.Acquire("held", {.wait = kWaitForever}, stop.get_token());
    EXPECT_THAT(in_vain, FailsAs(absl::IsCancelled));
  });
  ExpectKept(*lock);
  stop.request_stop();
  waiter.join();
}

TEST_F(BlockingTurnsTest, LossIsToldWhileNobodyCalls) {
  const auto lock = client_.Acquire("a", {.ttl = 1s, .wait = kPatience});
  ASSERT_THAT(lock, IsOk());
  EXPECT_TRUE(Eventually([&] { return lock->lost().stop_requested(); }));
}

class BlockingRedisTurnsTest : public ::testing::Test {
 protected:
  RedisServer server_{Durability::kNone};
};

// What handlers of a subscription got when they called, and whether a caller ran one of them.
class Calls {
 public:
  void Add(std::thread::id caller, const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    statuses_.push_back(status);
    on_caller_ = on_caller_ || std::this_thread::get_id() == caller;
  }
  bool on_caller() {
    const std::lock_guard lock(mutex_);
    return on_caller_;
  }
  std::vector<absl::Status> statuses() {
    const std::lock_guard lock(mutex_);
    return statuses_;
  }

 private:
  std::mutex mutex_;
  std::vector<absl::Status> statuses_;
  bool on_caller_ = false;
};

TEST_F(BlockingRedisTurnsTest, CallbacksOnACallerAreRefusedToo) {
  const BlockingRedis redis = NewRedis(server_.url());
  Calls calls;
  const auto subscription =
      redis.Subscribe("a", [&, caller = std::this_thread::get_id()](const Message&) {
        calls.Add(caller, redis.Execute({"PING"}).status());
      });
  ASSERT_THAT(subscription, IsOk());
  EXPECT_TRUE(Eventually([&] {
    for (int i = 0; i < 10; ++i) EXPECT_THAT(redis.Execute({"PUBLISH", "a", "x"}), IsOk());
    return calls.on_caller();
  }));
  EXPECT_THAT(calls.statuses(), Each(StatusIs(absl::StatusCode::kFailedPrecondition)));
}

TEST_F(BlockingRedisTurnsTest, CallbacksMayLetTheClientGoThatACallerIsIn) {
  EXPECT_TRUE(Eventually([&] {
    auto redis = std::make_unique<BlockingRedis>(NewRedis(server_.url()));
    std::optional<BlockingSubscription> subscription;
    std::atomic<bool> gone = false;
    std::atomic<bool> on_caller = false;
    auto made = redis->Subscribe("a", [&, caller = std::this_thread::get_id()](const Message&) {
      on_caller = std::this_thread::get_id() == caller;
      subscription.reset();
      redis.reset();
      gone = true;
    });
    EXPECT_THAT(made, IsOk());
    subscription.emplace(*std::move(made));
    const BlockingRedis& client = *redis;
    static_cast<void>(client.Pipeline(
        Batch().Add({"PUBLISH", "a", "x"}).Add({"BLPOP", "none", "0.05"}).Add({"PING"})));
    EXPECT_TRUE(Eventually([&] { return gone.load(); }));
    return on_caller.load();
  }));
  EXPECT_TRUE(Eventually([&] { return Subscribers(server_) == 0; }));
}

TEST_F(BlockingRedisTurnsTest, ASubscriptionThatGoesUnsubscribes) {
  const BlockingRedis redis = NewRedis(server_.url());
  for (int i = 0; i < 20; ++i) {
    std::optional<absl::StatusOr<BlockingSubscription>> subscription =
        redis.Subscribe("a", [](const Message&) {});
    ASSERT_THAT(*subscription, IsOk());
    ASSERT_THAT(redis.Execute({"PING"}), IsOk());
    subscription.reset();
    EXPECT_TRUE(Eventually([&] { return Subscribers(server_) == 0; }));
  }
}

TEST_F(BlockingRedisTurnsTest, ADisconnectIsSeenToWithoutACall) {
  const BlockingRedis redis = NewRedis(server_.url());
  ASSERT_THAT(redis.Execute({"PING"}), IsOk());
  redis.Disconnect();
  EXPECT_TRUE(Eventually([&] { return !redis.is_open(); }));
}

}  // namespace
}  // namespace holdfast::testing
