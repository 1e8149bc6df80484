// Transactions on watched keys: executed if nobody changed them, and never otherwise.
#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <vector>

#include "redis/redis_harness.h"
#include "support/proxy.h"
#include "support/redis_server.h"
#include "support/server_states.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class RedisWatchTest : public ::testing::Test {
 protected:
  RedisServer server_{Durability::kNone};
  Proxy proxy_{server_.port()};
  const BlockingRedis redis_ = NewRedis(Prompt(proxy_.url()));
};

TEST_F(RedisWatchTest, UnchangedKeysLetTheTransactionBeExecuted) {
  ASSERT_THAT(redis_.Execute({"SET", "a", "5"}), IsOk());
  auto watch = redis_.WatchKeys({"a", "b"});
  ASSERT_THAT(watch, IsOk());
  EXPECT_EQ(watch->Execute({"GET", "a"})->text(), "5");
  const auto replies = watch->Transaction(Batch().Add({"INCR", "a"}).Add({"SET", "b", "x"}));
  ASSERT_THAT(replies, IsOk());
  ASSERT_TRUE(replies->has_value());
  ASSERT_THAT(**replies, SizeIs(2));
  EXPECT_EQ((**replies)[0].integer(), 6);
}

TEST_F(RedisWatchTest, ChangedKeyPreventsTheTransaction) {
  auto watch = redis_.WatchKeys({"a", "b"});
  ASSERT_THAT(watch, IsOk());
  ASSERT_THAT(redis_.Execute({"SET", "b", "other"}), IsOk());
  const auto replies = watch->Transaction(Batch().Add({"SET", "a", "mine"}));
  ASSERT_THAT(replies, IsOk());
  EXPECT_FALSE(replies->has_value());
  EXPECT_EQ(server_.Command({"EXISTS", "a"}), "0");
}

TEST_F(RedisWatchTest, CounterOfManyThreadsLosesNothing) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int done = 0; done < 10;) {
        auto watch = redis_.WatchKeys({"n"});
        ASSERT_THAT(watch, IsOk());
        const auto before = watch->Execute({"GET", "n"});
        ASSERT_THAT(before, IsOk());
        const int value = before->is_nil() ? 0 : std::stoi(std::string(before->text()));
        const auto replies = watch->Transaction(Batch().Add({"SET", "n", value + 1}));
        ASSERT_THAT(replies, IsOk());
        if (replies->has_value()) ++done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(server_.Command({"GET", "n"}), "40");
}

TEST_F(RedisWatchTest, BrokenConnectionIsAnErrorAndNothingIsExecuted) {
  auto watch = redis_.WatchKeys({"a"});
  ASSERT_THAT(watch, IsOk());
  proxy_.Drop();
  ASSERT_TRUE(Eventually([this] { return redis_.Execute({"SET", "a", "other"}).ok(); }));
  for (int i = 0; i < 3; ++i) {
    const auto replies = watch->Transaction(Batch().Add({"SET", "a", "mine"}));
    EXPECT_THAT(replies, StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_THAT(watch->Execute({"GET", "a"}), StatusIs(absl::StatusCode::kUnavailable));
  }
  EXPECT_EQ(server_.Command({"GET", "a"}), "other");
}

TEST_F(RedisWatchTest, KilledConnectionIsAnErrorAndNothingIsExecuted) {
  auto watch = redis_.WatchKeys({"a"});
  ASSERT_THAT(watch, IsOk());
  KillClients(server_);
  EXPECT_FALSE(watch->Transaction(Batch().Add({"SET", "a", "mine"})).ok());
  EXPECT_EQ(server_.Command({"EXISTS", "a"}), "0");
}

TEST_F(RedisWatchTest, UserWithoutMultiCannotWatch) {
  ASSERT_EQ(server_.Command({"ACL", "SETUSER", "bob", "on", ">pw", "~*", "+@all", "-multi"}), "OK");
  const BlockingRedis bob = NewRedis(server_.url("bob:pw@"));
  EXPECT_THAT(bob.WatchKeys({"a"}),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("NOPERM")));
}

TEST_F(RedisWatchTest, WorksWithoutAnOfflineQueue) {
  RedisOptions options = Prompt(server_.url());
  options.offline_queue = false;
  options.max_queued = 0;
  const BlockingRedis redis = NewRedis(options);
  ASSERT_TRUE(Eventually([&] { return redis.is_ready(); }));
  EXPECT_THAT(redis.WatchKeys({"a"}), IsOk());
}

TEST_F(RedisWatchTest, ConnectionIsClosedWithTheWatch) {
  ASSERT_THAT(redis_.Execute({"PING"}), IsOk());
  ASSERT_EQ(proxy_.open_connections(), 1);
  {
    auto watch = redis_.WatchKeys({"a"});
    ASSERT_THAT(watch, IsOk());
    EXPECT_EQ(proxy_.open_connections(), 2);
  }
  EXPECT_TRUE(Eventually([this] { return proxy_.open_connections() == 1; }));
}

TEST_F(RedisWatchTest, OutlivesItsClient) {
  auto watch = [this] {
    const BlockingRedis other = NewRedis(server_.url());
    return other.WatchKeys({"a"});
  }();
  ASSERT_THAT(watch, IsOk());
  EXPECT_THAT(watch->Transaction(Batch().Add({"SET", "a", "1"})), IsOk());
}

TEST_F(RedisWatchTest, WithoutKeysIsAnError) {
  EXPECT_THAT(redis_.WatchKeys({}), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace holdfast::testing
