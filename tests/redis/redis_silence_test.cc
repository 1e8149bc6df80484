// Servers that say nothing: no call waits for longer than it may.
#include <gmock/gmock.h>

#include <chrono>
#include <memory>

#include "redis/redis_harness.h"
#include "redis/redis_states.h"
#include "support/black_hole.h"
#include "support/proxy.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Lt;
using namespace std::chrono_literals;
using Kind = ConnectionEvent::Kind;

class RedisSilenceTest : public RedisStatesTest {};

TEST_F(RedisSilenceTest, StoppedAndContinuedServer) {
  RedisServer server(Durability::kNone);
  DrivenRedis& redis = StartReady(server.url());
  server.Stop();
  const auto reply = redis.Execute({"INCR", "n"});
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_TRUE(MayHaveBeenExecuted(reply.status()));
  EXPECT_TRUE(IsUnreachable(reply.status()));
  ASSERT_TRUE(AwaitEvent(Kind::kError));
  EXPECT_THAT(events_.First(Kind::kError).error,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("silent")));
  server.Continue();
  ASSERT_TRUE(AwaitEvent(Kind::kReady, 2));
  EXPECT_TRUE(AwaitOk());
}

TEST_F(RedisSilenceTest, HalfOpenConnectionWithACommandUnderWay) {
  RedisServer server(Durability::kNone);
  Proxy proxy(server.port());
  DrivenRedis& redis = StartReady(proxy.url());
  proxy.Freeze(Direction::kToClient);
  const auto reply = redis.Execute({"INCR", "n"});
  EXPECT_TRUE(MayHaveBeenExecuted(reply.status())) << reply.status();
  proxy.Thaw();
  EXPECT_TRUE(AwaitOk());
  EXPECT_EQ(server.Command({"GET", "n"}), "1") << "never sent twice";
}

TEST_F(RedisSilenceTest, HalfOpenIdleConnectionIsFoundOutByPings) {
  RedisServer server(Durability::kNone);
  Proxy proxy(server.port());
  RedisOptions options = Options(proxy.url());
  options.ping_interval = 50ms;
  Start(options);
  ASSERT_TRUE(AwaitEvent(Kind::kReady));
  const int pings = server.CallsOf("ping");
  ASSERT_TRUE(redis_->RunUntil([&] { return server.CallsOf("ping") > pings + 2; }));
  EXPECT_THAT(events_.names(), ElementsAre("connect", "ready")) << "pings that are answered";
  proxy.Freeze();
  ASSERT_TRUE(AwaitEvent(Kind::kError));
  proxy.Thaw();
  ASSERT_TRUE(AwaitEvent(Kind::kReady, 2));
}

TEST_F(RedisSilenceTest, PingsDoNotSpinWhileACommandIsUnderWay) {
  RedisServer server(Durability::kNone);
  RedisOptions options = Options(server.url());
  options.ping_interval = 10ms;
  options.command_timeout = kPatience;
  DrivenRedis& redis = Start(options);
  ASSERT_TRUE(AwaitEvent(Kind::kReady));
  const auto replies = redis.Start({"BLPOP", "list", 0.5});
  std::size_t handlers = 0;
  ASSERT_TRUE(Eventually([&] {
    redis.io().restart();
    handlers += redis.io().run_for(20ms);
    return !replies->empty();
  }));
  EXPECT_THAT(handlers, Lt(500U));
}

TEST_F(RedisSilenceTest, PortThatLeadsNowhere) {
  for (const Hole hole : {Hole::kConnecting, Hole::kAnswering}) {
    const BlackHole black_hole(hole);
    RedisOptions options = Options(black_hole.url());
    options.connect_timeout = 100ms;
    events_ = Events();
    states_.clear();
    options.on_event = events_.handler();
    DrivenRedis& redis = Start(options);
    const auto reply = redis.Execute({"INCR", "n"});
    EXPECT_TRUE(WasNotSent(reply.status())) << reply.status();
    EXPECT_THAT(reply, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("100 ms")));
    ASSERT_TRUE(AwaitEvent(Kind::kReconnecting, 2));
    redis_.reset();
  }
}

TEST_F(RedisSilenceTest, EachCallEndsInTime) {
  RedisServer server(Durability::kNone);
  DrivenRedis& redis = StartReady(server.url());
  server.Stop();
  const auto replies = std::make_shared<DrivenRedis::Replies>();
  EXPECT_THAT(TimeOf([&] {
                for (int i = 0; i < 100; ++i) redis.Start({"INCR", "n"}, replies);
                ASSERT_TRUE(redis.RunUntil([&] { return replies->size() == 100; }));
              }),
              Lt(5s));
  for (const auto& reply : *replies) EXPECT_TRUE(IsUnreachable(reply.status()));
  EXPECT_THAT(TimeOf([&] { EXPECT_FALSE(redis.Execute({"INCR", "n"}).ok()); }), Lt(5s));
  server.Continue();
}

}  // namespace
}  // namespace holdfast::testing
