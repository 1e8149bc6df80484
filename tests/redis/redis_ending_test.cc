// How a client ends: with what is under way, or without.
#include <gmock/gmock.h>

#include <asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "redis/redis_harness.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::SizeIs;
using namespace std::chrono_literals;
using Kind = ConnectionEvent::Kind;

class RedisEndingTest : public ::testing::Test {
 protected:
  std::shared_ptr<std::optional<absl::Status>> StartQuit(DrivenRedis& redis) {
    auto result = std::make_shared<std::optional<absl::Status>>();
    redis->Quit([result](absl::Status status) { *result = std::move(status); });
    return result;
  }

  RedisServer server_{Durability::kNone};
};

TEST_F(RedisEndingTest, QuitLetsAllCommandsBeAnsweredAndTakesNoMore) {
  DrivenRedis redis({.url = server_.url()});
  const auto replies = std::make_shared<DrivenRedis::Replies>();
  for (int i = 0; i < 1000; ++i) redis.Start({"INCR", "n"}, replies);
  const auto quit = StartQuit(redis);
  const auto late = redis.Execute({"INCR", "n"});
  EXPECT_THAT(late, StatusIs(absl::StatusCode::kCancelled));
  EXPECT_TRUE(WasNotSent(late.status()));
  ASSERT_TRUE(redis.RunUntil([&] { return quit->has_value(); }));
  EXPECT_THAT(**quit, IsOk());
  ASSERT_THAT(*replies, SizeIs(1000));
  EXPECT_THAT(*replies, Each(IsOk()));
  EXPECT_EQ(server_.Command({"GET", "n"}), "1000");
  EXPECT_THAT(redis.events().names(), ElementsAre("connect", "ready", "end"));
  EXPECT_FALSE(redis->is_open());
  ASSERT_TRUE(redis.RunUntil([again = StartQuit(redis)] { return again->has_value(); }));
}

TEST_F(RedisEndingTest, QuitEndsEvenIfNobodyAnswers) {
  server_.Kill();
  DrivenRedis redis(
      {.url = server_.url(), .command_timeout = 100ms, .reconnect = ReconnectAfter(1h)});
  const auto replies = redis.Start({"INCR", "n"});
  ASSERT_TRUE(redis.AwaitEvent(Kind::kReconnecting));
  const auto quit = StartQuit(redis);
  ASSERT_TRUE(redis.RunUntil([&] { return quit->has_value(); }));
  ASSERT_THAT(*replies, SizeIs(1));
  EXPECT_TRUE(WasNotSent(replies->front().status()));
  EXPECT_THAT(redis.events().names(), ElementsAre("error", "reconnecting", "end"));
}

TEST_F(RedisEndingTest, DisconnectDropsWhatWaits) {
  DrivenRedis redis({.url = server_.url(), .command_timeout = 60s});
  ASSERT_TRUE(redis.AwaitReady());
  const auto replies = redis.Start({"BLPOP", "list", 0});
  ASSERT_TRUE(redis.RunUntil([&] {
    return server_.CallsOf("blpop") == 1 ||
           server_.Command({"CLIENT", "LIST"}).find("cmd=blpop") != std::string::npos;
  }));
  redis->Disconnect();
  ASSERT_TRUE(redis.RunUntil([&] { return !replies->empty(); }));
  EXPECT_THAT(replies->front(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_TRUE(MayHaveBeenExecuted(replies->front().status()));
  const auto late = redis.Execute({"PING"});
  EXPECT_THAT(late, StatusIs(absl::StatusCode::kCancelled, HasSubstr("disconnected")));
  EXPECT_TRUE(WasNotSent(late.status()));
  redis->Disconnect();
  EXPECT_THAT(redis.events().names(), ElementsAre("connect", "ready", "end"));
}

TEST_F(RedisEndingTest, LastCopyClosesTheConnectionAndLetsTheLoopEnd) {
  const Events events;
  asio::io_context io;
  std::vector<absl::Status> results;
  {
    auto redis =
        Redis::Create(io.get_executor(), {.url = server_.url(), .on_event = events.handler()});
    ASSERT_THAT(redis, IsOk());
    auto copy = std::make_unique<Redis>(*redis);
    while (!redis->is_ready()) io.run_one_for(1s);
    copy->Execute({"BLPOP", "list", 0},
                  [&](const absl::StatusOr<Reply>& reply) { results.push_back(reply.status()); });
  }
  EXPECT_THAT(TimeOf([&] {
                io.restart();
                io.run();
              }),
              Lt(4s));
  EXPECT_THAT(results, ElementsAre(StatusIs(absl::StatusCode::kCancelled)));
  EXPECT_THAT(events.names(), ElementsAre("connect", "ready", "end"));
}

}  // namespace
}  // namespace holdfast::testing
