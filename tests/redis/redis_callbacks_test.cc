// What callbacks may do to the client that calls them.
#include <gmock/gmock.h>

#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include "redis/redis_harness.h"
#include "support/black_hole.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;
using Kind = ConnectionEvent::Kind;

class RedisCallbacksTest : public ::testing::Test {
 protected:
  RedisServer server_{Durability::kNone};
};

TEST_F(RedisCallbacksTest, CallbacksOfEventsMayUseTheClient) {
  const Events events;
  const auto replies = std::make_shared<DrivenRedis::Replies>();
  DrivenRedis* redis = nullptr;
  DrivenRedis made({.url = server_.url(), .on_event = [&](const ConnectionEvent& event) {
                      events.handler()(event);
                      if (event.kind == Kind::kReady) redis->Start({"PING"}, replies);
                      if (event.kind == Kind::kReady) (*redis)->Disconnect();
                      if (event.kind == Kind::kEnd) redis->Start({"PING"}, replies);
                    }});
  redis = &made;
  ASSERT_TRUE(made.RunUntil([&] { return replies->size() == 2; }));
  EXPECT_THAT(events.names(), ElementsAre("connect", "ready", "end"));
}

TEST_F(RedisCallbacksTest, CallbacksMayDestroyTheLastCopy) {
  for (const Kind kind : {Kind::kConnect, Kind::kReady, Kind::kError, Kind::kReconnecting}) {
    const bool fails = kind == Kind::kError || kind == Kind::kReconnecting;
    const BlackHole nobody(Hole::kAnswering);
    const Events events;
    DrivenRedis* redis = nullptr;
    DrivenRedis made({.url = fails ? nobody.url() : server_.url(),
                      .connect_timeout = 50ms,
                      .reconnect = ReconnectAfter(5ms),
                      .on_event = [&](const ConnectionEvent& event) {
                        events.handler()(event);
                        if (event.kind == kind) redis->LetGo();
                      }});
    redis = &made;
    const auto replies = made.Start({"PING"});
    ASSERT_TRUE(made.RunUntil([&] { return events.Count(Kind::kEnd) == 1 && !replies->empty(); }))
        << EventName(kind);
  }
}

TEST_F(RedisCallbacksTest, HandlerOfACommandMayDestroyTheLastCopy) {
  DrivenRedis redis({.url = server_.url()});
  bool called = false;
  redis->Execute({"PING"}, [&](const absl::StatusOr<Reply>&) {
    called = true;
    redis.LetGo();
  });
  ASSERT_TRUE(redis.RunUntil([&] { return called; }));
  ASSERT_TRUE(redis.AwaitEvent(Kind::kEnd));
}

TEST_F(RedisCallbacksTest, StrategyMayDisconnect) {
  server_.Kill();
  DrivenRedis* redis = nullptr;
  std::thread::id asked;
  DrivenRedis made({.url = server_.url(), .reconnect = [&](int, const absl::Status&) {
                      asked = std::this_thread::get_id();
                      (*redis)->Disconnect();
                      return ReconnectDecision::After(1ms);
                    }});
  redis = &made;
  ASSERT_TRUE(made.AwaitEvent(Kind::kEnd));
  EXPECT_EQ(asked, std::this_thread::get_id());
  EXPECT_THAT(made.events().names(), ElementsAre("error", "reconnecting", "end"));
}

TEST_F(RedisCallbacksTest, CallbackOfABlockingClientMustNotWaitForIt) {
  std::promise<absl::Status> promise;
  const BlockingRedis redis = NewRedis(server_.url());
  redis.async().Execute({"PING"}, [&](const absl::StatusOr<Reply>&) {
    promise.set_value(redis.Execute({"PING"}).status());
  });
  EXPECT_THAT(promise.get_future().get(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace holdfast::testing
