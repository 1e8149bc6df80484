// Several commands as one: transactions and scripts.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "redis/redis_harness.h"
#include "support/fake_node.h"
#include "support/redis_server.h"
#include "support/scripted_peer.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::Not;
using ::testing::SizeIs;
using namespace std::chrono_literals;

class RedisTransactionTest : public ::testing::Test {
 protected:
  RedisServer server_{Durability::kNone};
  const BlockingRedis redis_ = NewRedis(server_.url());
};

TEST_F(RedisTransactionTest, TransactionHasNobodyElsesCommandsBetweenItsOwn) {
  std::atomic<bool> ending = false;
  std::vector<std::thread> others;
  for (int i = 0; i < 3; ++i) {
    others.emplace_back([&] {
      while (!ending) static_cast<void>(redis_.Execute({"INCR", "n"}));
    });
  }
  for (int i = 0; i < 200; ++i) {
    const auto replies =
        redis_.Transaction(Batch().Add({"INCR", "n"}).Add({"INCR", "n"}).Add({"GET", "n"}));
    ASSERT_THAT(replies, IsOk());
    ASSERT_THAT(*replies, SizeIs(3));
    EXPECT_EQ((*replies)[1].integer(), (*replies)[0].integer() + 1);
    EXPECT_EQ((*replies)[2].text(), std::to_string((*replies)[1].integer()));
  }
  ending = true;
  for (std::thread& other : others) other.join();
}

TEST_F(RedisTransactionTest, EmptyTransactionHasAnEmptyResult) {
  const auto replies = redis_.Transaction({});
  ASSERT_THAT(replies, IsOk());
  EXPECT_THAT(*replies, SizeIs(0));
}

TEST_F(RedisTransactionTest, TransactionThatTheServerRefusesExecutesNothing) {
  const auto replies = redis_.Transaction(Batch().Add({"INCR", "n"}).Add({"NOSUCH"}));
  EXPECT_THAT(replies, StatusIs(absl::StatusCode::kAborted, HasSubstr("unknown command")));
  EXPECT_TRUE(GetRedisError(replies.status()).has_value());
  EXPECT_EQ(server_.Command({"EXISTS", "n"}), "0");
}

TEST_F(RedisTransactionTest, ErrorWithinATransactionLeavesTheOthers) {
  ASSERT_THAT(redis_.Execute({"SET", "a", "x"}), IsOk());
  const auto replies =
      redis_.Transaction(Batch().Add({"INCR", "n"}).Add({"LPUSH", "a", "1"}).Add({"INCR", "n"}));
  ASSERT_THAT(replies, IsOk());
  ASSERT_THAT(*replies, SizeIs(3));
  EXPECT_THAT((*replies)[1].status(), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ((*replies)[2].integer(), 2);
}

TEST_F(RedisTransactionTest, TransactionOfAUserWithoutMultiIsNotCalledUnexecuted) {
  ASSERT_EQ(server_.Command({"ACL", "SETUSER", "bob", "on", ">pw", "~*", "+@all", "-multi"}), "OK");
  const BlockingRedis bob = NewRedis(server_.url("bob:pw@"));
  const auto replies = bob.Transaction(Batch().Add({"INCR", "n"}));
  EXPECT_THAT(replies, StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("MULTI")));
  EXPECT_TRUE(MayHaveBeenExecuted(replies.status()));
}

TEST_F(RedisTransactionTest, ScriptIsSentOnceAndThenCalledByItsHash) {
  const Script script("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}");
  for (int i = 1; i <= 3; ++i) {
    const auto reply = redis_.Run(script, {"n"}, {"x"});
    ASSERT_THAT(reply, IsOk());
    EXPECT_EQ((*reply)[2].integer(), i);
  }
  EXPECT_EQ(server_.CallsOf("eval"), 1);
  EXPECT_EQ(server_.CallsOf("evalsha"), 3);
}

TEST_F(RedisTransactionTest, ForgottenScriptIsSentAgain) {
  const Script script("return redis.call('INCR', KEYS[1])");
  ASSERT_THAT(redis_.Run(script, {"n"}, {}), IsOk());
  ASSERT_EQ(server_.Command({"SCRIPT", "FLUSH"}), "OK");
  EXPECT_EQ(redis_.Run(script, {"n"}, {})->integer(), 2);
}

TEST_F(RedisTransactionTest, ErrorOfAScriptIsAStatus) {
  EXPECT_THAT(redis_.Run(Script("return redis.error_reply('MINE is full')"), {}, {}),
              StatusIs(absl::StatusCode::kUnknown, HasSubstr("MINE is full")));
  EXPECT_THAT(redis_.Run(Script("this is no Lua"), {}, {}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(redis_.Run(Script("return 1"), {}, {}), IsOk());
}

TEST(RedisScriptDeadlineTest, HoldsForTheHashAndTheTextTogether) {
  ScriptedPeer peer([](const Received& received) -> Answer {
    if (NameOf(received.argv) == "ping") return {"+PONG\r\n"};
    if (received.argv[0] == "EVALSHA") {
      std::this_thread::sleep_for(1800ms);  // Not a guess: the peer is that slow.
      return {"-NOSCRIPT No matching script\r\n"};
    }
    return {};
  });
  const BlockingRedis redis = NewRedis({.url = peer.url(), .command_timeout = 2s});
  ASSERT_THAT(redis.Execute({"PING"}), IsOk());
  absl::Status status;
  // One timeout for each would be 3.8 s.
  EXPECT_THAT(TimeOf([&] { status = redis.Run(Script("return 1"), {}, {}).status(); }), Lt(3400ms));
  EXPECT_TRUE(MayHaveBeenExecuted(status)) << status;
}

}  // namespace
}  // namespace holdfast::testing
