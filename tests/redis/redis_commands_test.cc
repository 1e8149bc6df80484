// What a client sends and gets back: single commands and pipelines.
#include <gmock/gmock.h>

#include <map>
#include <string>

#include "redis/redis_harness.h"
#include "support/redis_server.h"
#include "support/server_states.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using namespace std::string_literals;

class RedisCommandsTest : public ::testing::Test {
 protected:
  RedisServer server_{Durability::kNone};
  const BlockingRedis redis_ = NewRedis(server_.url());
};

TEST_F(RedisCommandsTest, RepliesOfAllTypes) {
  EXPECT_TRUE(redis_.Execute({"SET", "a", "1"})->is_ok());
  EXPECT_EQ(redis_.Execute({"INCR", "a"})->integer(), 2);
  EXPECT_EQ(redis_.Execute({"GET", "a"})->text(), "2");
  EXPECT_TRUE(redis_.Execute({"GET", "absent"})->is_nil());
  EXPECT_TRUE(redis_.Execute({"LRANGE", "absent", 0, -1})->is_array());
  ASSERT_THAT(redis_.Execute({"HSET", "h", "x", 1, "y", 2}), IsOk());
  const auto fields = redis_.Execute({"HGETALL", "h"})->As<std::map<std::string, int>>();
  ASSERT_THAT(fields, IsOk());
  EXPECT_EQ(*fields, (std::map<std::string, int>{{"x", 1}, {"y", 2}}));
  const auto nested = redis_.Execute({"EVAL", "return {1, {'a', false}, {err = 'NO no'}}", 0});
  ASSERT_THAT(nested, IsOk());
  EXPECT_EQ((*nested)[1][0].text(), "a");
  EXPECT_TRUE((*nested)[1][1].is_nil());
  EXPECT_TRUE((*nested)[2].is_error());
}

TEST_F(RedisCommandsTest, ErrorsOfTheServerAreStatuses) {
  ASSERT_THAT(redis_.Execute({"SET", "a", "x"}), IsOk());
  const auto wrong_type = redis_.Execute({"LPUSH", "a", "1"});
  EXPECT_THAT(wrong_type, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(GetRedisError(wrong_type.status())->code, "WRONGTYPE");
  EXPECT_FALSE(MayHaveBeenExecuted(wrong_type.status()));
  EXPECT_FALSE(WasNotSent(wrong_type.status()));
  const auto unknown = redis_.Execute({"NOSUCH", "hunter2"});
  EXPECT_THAT(unknown, StatusIs(absl::StatusCode::kUnimplemented, Not(HasSubstr("hunter2"))));
  EXPECT_EQ(GetRedisError(unknown.status())->code, "ERR");
}

TEST_F(RedisCommandsTest, BigAndBinaryValuesBothWays) {
  std::string value(10 << 20, '\0');
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>(i * 31 >> 3);
  ASSERT_THAT(redis_.Execute({"SET", "key\0\r\n$1\xff"s, value}), IsOk());
  const auto reply = redis_.Execute({"GET", "key\0\r\n$1\xff"s});
  ASSERT_THAT(reply, IsOk());
  EXPECT_TRUE(reply->text() == value);
  EXPECT_TRUE(redis_.Execute({"GET", ""})->is_nil());
}

TEST_F(RedisCommandsTest, WhatWouldChangeTheSharedConnectionIsRefused) {
  for (const char* name : {"SUBSCRIBE", "MULTI", "multi", "EXEC", "WATCH", "SELECT", "AUTH",
                           "HELLO", "RESET", "QUIT", "MONITOR", "PSYNC"}) {
    EXPECT_THAT(redis_.Execute({name, "a"}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("shared connection")))
        << name;
    EXPECT_THAT(redis_.Transaction(Batch().Add({name, "a"})),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << name;
  }
  EXPECT_THAT(redis_.Execute({"CLIENT", "REPLY", "OFF"}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(redis_.Execute(Command()), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(server_.Command({"CLIENT", "LIST"}).find("flags=x"), std::string::npos);
  EXPECT_THAT(redis_.Execute({"PING"}), IsOk());
}

TEST_F(RedisCommandsTest, PipelineHasAResultForEachCommandInOrder) {
  Batch batch;
  for (int i = 0; i < 1000; ++i) batch.Add({"RPUSH", "list", i});
  batch.Add({"INCR", "list"}).Add({"SUBSCRIBE", "x"}).Add(Command()).Add({"LLEN", "list"});
  const auto replies = redis_.Pipeline(batch);
  ASSERT_THAT(replies, SizeIs(1004));
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(replies[i]->integer(), i + 1);
  EXPECT_THAT(replies[1000], StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(replies[1001], StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(replies[1002], StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(replies[1003]->integer(), 1000);
  EXPECT_EQ(server_.Command({"LINDEX", "list", "777"}), "777");
  EXPECT_THAT(redis_.Pipeline({}), SizeIs(0));
}

// The server executes what follows a refused MULTI: the client must not say that nothing was.
TEST_F(RedisCommandsTest, BusyServerIsUnavailable) {
  ASSERT_THAT(redis_.Execute({"PING"}), IsOk());
  Busy busy(server_);
  const auto reply = redis_.Execute({"GET", "a"});
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(GetRedisError(reply.status())->code, "BUSY");
  EXPECT_FALSE(IsUnreachable(reply.status()));
  EXPECT_THAT(redis_.Transaction(Batch().Add({"INCR", "n"})),
              StatusIs(absl::StatusCode::kAborted, HasSubstr("BUSY")));
  busy.End();
  EXPECT_THAT(redis_.Execute({"GET", "a"}), IsOk());
  EXPECT_EQ(server_.Command({"EXISTS", "n"}), "0");
}

// The text of a script goes by the time that was given for both commands together.

}  // namespace
}  // namespace holdfast::testing
