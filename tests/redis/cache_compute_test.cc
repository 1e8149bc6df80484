// GetOrCompute, from threads that wait.
#include <gmock/gmock.h>

#include <atomic>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "cache_harness.h"
#include "holdfast/errors.h"
#include "holdfast/redis_errors.h"
#include "support/clients.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Le;
using namespace std::chrono_literals;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

class CacheComputeTest : public CacheTest {
 protected:
  // Another process that computes the value of `key`.
  BlockingLock Hold(const std::string& key = "a") {
    return Must(other_.Acquire("compute:p:" + key, {.ttl = 30s, .wait = kPatience}));
  }
  void ExpectFree() {
    EXPECT_TRUE(Eventually([&] { return Command({"EXISTS", kLockKey}) == "0"; }));
  }

  // A function that must not be called.
  BlockingCache::Compute Never() {
    return []() -> absl::StatusOr<std::string> {
      ADD_FAILURE() << "computed";
      return "computed";
    };
  }

  static constexpr char kLockKey[] = "lock:compute:p:a";

  BlockingCache cache_ = NewLockingCache(server_);
  BlockingClient other_ = NewClient({.nodes = {server_.url()}, .owner = "other"});
};

TEST_F(CacheComputeTest, ComputesWhatIsNotThere) {
  EXPECT_THAT(cache_.GetOrCompute("a", {.ttl = kLong}, [] { return std::string("1"); }),
              Yields("1"));
  EXPECT_EQ(Stored("p:a"), "1");
  EXPECT_THAT(Pttl("p:a"), AllOf(Gt(kLong / 2), Le(kLong)));
  EXPECT_THAT(cache_.GetOrCompute("a", {.ttl = kLong}, Never()), Yields("1"));
  ExpectFree();
}

TEST_F(CacheComputeTest, EmptyValueIsAValue) {
  EXPECT_THAT(cache_.GetOrCompute("a", {}, [] { return ""; }), Yields(""));
  EXPECT_EQ(Pttl("p:a"), -1ms);
  EXPECT_THAT(cache_.GetOrCompute("a", {}, Never()), Yields(""));
}

TEST_F(CacheComputeTest, ManyAskAndOneComputes) {
  constexpr int kClients = 8;
  std::vector<BlockingCache> caches;
  for (int i = 0; i < kClients; ++i) caches.push_back(NewLockingCache(server_));
  std::atomic<int> asking = 0, computed = 0;
  std::vector<std::thread> threads;
  for (const BlockingCache& cache : caches) {
    threads.emplace_back([&] {
      ++asking;
      const auto value =
          cache.GetOrCompute("a", {.ttl = kLong, .wait = kPatience}, [&]() -> std::string {
            ++computed;
            EXPECT_TRUE(Eventually([&] { return asking == kClients; }));
            return "once";
          });
      EXPECT_THAT(value, Yields("once"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(computed, 1);
}

TEST_F(CacheComputeTest, WaitEndsWithAnothersValue) {
  const BlockingLock lock = Hold();
  std::thread computing([&] {
    EXPECT_TRUE(Eventually([&] { return server_.CallsOf("get") > 1; }));
    Command({"SET", "p:a", "another's"});
  });
  EXPECT_THAT(cache_.GetOrCompute("a", {.wait = kPatience}, Never()), Yields("another's"));
  computing.join();
}

TEST_F(CacheComputeTest, WithoutAStaleValueTheErrorIsTheLocks) {
  const BlockingLock lock = Hold();
  EXPECT_THAT(cache_.GetOrCompute("a", {.wait = 0ms}, Never()), FailsAs(IsHeld));
  const auto late = cache_.GetOrCompute("a", {.ttl = 1h, .stale_for = 1h, .wait = 300ms}, Never());
  EXPECT_THAT(late, FailsAs(IsHeld));
}

TEST_F(CacheComputeTest, ValueIsKeptForTtlAndStaleTime) {
  const ComputeOptions options{.ttl = kLong, .stale_for = 2 * kLong};
  EXPECT_THAT(cache_.GetOrCompute("a", options, [] { return "1"; }), Yields("1"));
  EXPECT_THAT(Pttl("p:a"), AllOf(Gt(2 * kLong), Le(3 * kLong)));
  EXPECT_EQ(Stored("p:a"), "1");
  EXPECT_THAT(cache_.GetOrCompute("a", options, Never()), Yields("1"));
}

TEST_F(CacheComputeTest, StaleValueIsForThoseWhoCannotCompute) {
  const ComputeOptions options{.ttl = kLong, .stale_for = kLong, .wait = 300ms};
  const ComputeOptions at_once{.ttl = kLong, .stale_for = kLong, .wait = 0ms};
  Command({"SET", "p:a", "old", "PX", std::to_string((kLong / 2).count())});
  {
    const BlockingLock lock = Hold();
    EXPECT_THAT(cache_.GetOrCompute("a", options, Never()), Yields("old"));
    EXPECT_THAT(cache_.GetOrCompute("a", at_once, Never()), Yields("old"));
  }
  ExpectFree();
  EXPECT_THAT(cache_.GetOrCompute("a", options, [] { return "new"; }), Yields("new"));
  EXPECT_THAT(cache_.GetOrCompute("a", options, Never()), Yields("new"));
}

TEST_F(CacheComputeTest, ValueWithoutExpiryIsFresh) {
  Command({"SET", "p:a", "1"});
  EXPECT_THAT(cache_.GetOrCompute("a", {.ttl = 1h, .stale_for = 1h}, Never()), Yields("1"));
}

TEST_F(CacheComputeTest, ErrorsPassThroughAndNothingIsStored) {
  const auto fails = []() -> absl::StatusOr<std::string> { return absl::NotFoundError("mine"); };
  EXPECT_THAT(cache_.GetOrCompute("a", {}, fails), StatusIs(absl::StatusCode::kNotFound, "mine"));
  EXPECT_EQ(Stored("p:a"), "(nil)");
  ExpectFree();
  Command({"SET", "p:a", "old", "PX", "600000"});
  EXPECT_THAT(cache_.GetOrCompute("a", {.ttl = 1h, .stale_for = 1h}, fails),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(Stored("p:a"), "old");
}

TEST_F(CacheComputeTest, ExceptionsAreThrownOnAfterTheRelease) {
  const auto throws = []() -> std::string { throw std::runtime_error("mine"); };
  try {
    static_cast<void>(cache_.GetOrCompute("a", {}, throws));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "mine");
  }
  EXPECT_EQ(Command({"EXISTS", kLockKey}), "0");
  EXPECT_EQ(Stored("p:a"), "(nil)");
}

TEST_F(CacheComputeTest, ComputationMayUseTheCache) {
  const auto nested = [&] {
    return "outer of " + Must(cache_.GetOrCompute("b", {}, [] { return "inner"; }));
  };
  EXPECT_THAT(cache_.GetOrCompute("a", {}, nested), Yields("outer of inner"));
  EXPECT_EQ(Stored("p:b"), "inner");
}

TEST_F(CacheComputeTest, WhatWasComputedAfterALossIsNotStored) {
  const auto too_long = [&] {
    const BlockingLock taken = Hold();  // Once ours has run out.
    EXPECT_EQ(Command({"SET", "p:a", "newer"}), "OK");
    return "older";
  };
  const ComputeOptions options{.lock_ttl = 100ms, .max_hold = 100ms};
  EXPECT_THAT(cache_.GetOrCompute("a", options, too_long), Yields("older"));
  EXPECT_EQ(Stored("p:a"), "newer");
}

TEST_F(CacheComputeTest, LockLastsAsLongAsTheComputation) {
  const auto slow = [&] {
    const auto taken = other_.Acquire("compute:p:a", {.wait = 1s});  // Ten times the ttl.
    EXPECT_THAT(taken, FailsAs(IsHeld));
    return "1";
  };
  EXPECT_THAT(cache_.GetOrCompute("a", {.lock_ttl = 100ms}, slow), Yields("1"));
  EXPECT_EQ(Stored("p:a"), "1");
}

TEST_F(CacheComputeTest, ServerThatCannotBeAskedIsAnError) {
  server_.Kill();
  EXPECT_THAT(cache_.GetOrCompute("a", {}, Never()), FailsAs(IsUnreachable));
}

TEST_F(CacheComputeTest, ValueIsReturnedWhereItCannotBeStored) {
  EXPECT_THAT(cache_.GetOrCompute("a", {},
                                  [&] {
                                    server_.Kill();
                                    return "1";
                                  }),
              Yields("1"));
}

TEST_F(CacheComputeTest, StopRequestEndsTheWait) {
  const BlockingLock lock = Hold();
  std::stop_source stop;
  std::thread stopper([&] {
    EXPECT_TRUE(Eventually([&] { return server_.CallsOf("get") > 1; }));
    stop.request_stop();
  });
  const ComputeOptions patient{.wait = kWaitForever};
  EXPECT_THAT(cache_.GetOrCompute("a", patient, Never(), stop.get_token()),
              FailsAs(absl::IsCancelled));
  stopper.join();
  EXPECT_THAT(cache_.GetOrCompute("a", patient, Never(), stop.get_token()),
              FailsAs(absl::IsCancelled));
}

TEST_F(CacheComputeTest, NeedsALockClient) {
  EXPECT_THAT(NewCache(server_).GetOrCompute("a", {}, Never()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("lock client")));
}

TEST_F(CacheComputeTest, OptionsAreChecked) {
  const auto refuses = [&](ComputeOptions options, const char* name) {
    EXPECT_THAT(cache_.GetOrCompute("a", options, Never()), StatusIs(kInvalid, HasSubstr(name)));
  };
  refuses({.ttl = 0ms}, "ttl");
  refuses({.ttl = kLongestTtl + 1ms}, "ttl");
  refuses({.ttl = 1h, .stale_for = -1ms}, "stale_for");
  refuses({.ttl = 1h, .stale_for = kNoExpiry}, "stale_for");
  refuses({.stale_for = 1h}, "stale_for");
  refuses({.wait = -1ms}, "wait");
  refuses({.lock_ttl = 0ms}, "ttl");
  const std::string long_key(1100, 'k');
  EXPECT_THAT(cache_.GetOrCompute(long_key, {}, Never()), StatusIs(kInvalid));
}

// Which server has the values is never guessed.
TEST_F(CacheComputeTest, SeveralNodesNeedAServerForTheCache) {
  Nodes nodes(3);
  const BlockingClient without = NewClient({.nodes = nodes.urls()});
  EXPECT_THAT(BlockingCache::Create(without), StatusIs(absl::StatusCode::kFailedPrecondition));
  ClientOptions options{.nodes = nodes.urls()};
  options.cache = RedisOptions{.url = server_.url()};
  const auto by_option = Must(BlockingCache::Create(NewClient(options), {.prefix = "p:"}));
  EXPECT_THAT(by_option.GetOrCompute("a", {}, [] { return "1"; }), Yields("1"));
  EXPECT_EQ(Stored("p:a"), "1");
  const auto redis = Must(BlockingRedis::Create({.url = server_.url()}));
  const auto on_both = Must(BlockingCache::Create(without, redis, {.prefix = "q:"}));
  EXPECT_THAT(on_both.GetOrCompute("a", {}, [] { return "2"; }), Yields("2"));
  EXPECT_EQ(Stored("q:a"), "2");
}

}  // namespace
}  // namespace holdfast::testing
