// What a client does about a connection that is not there: strategies, and commands that wait.
#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "redis/redis_harness.h"
#include "support/proxy.h"
#include "support/redis_server.h"
#include "support/socket.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Lt;
using ::testing::SizeIs;
using namespace std::chrono_literals;
using Kind = ConnectionEvent::Kind;

std::string NobodysUrl() { return "redis://127.0.0.1:" + std::to_string(FreePort()); }

TEST(RedisReconnectTest, OffMeansThatTheFirstFailureIsTheEnd) {
  DrivenRedis redis({.url = NobodysUrl(), .command_timeout = 60s, .reconnect = NeverReconnect()});
  const auto waiting = redis.Execute({"PING"});
  EXPECT_THAT(waiting, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("refused")));
  EXPECT_TRUE(WasNotSent(waiting.status()));
  EXPECT_THAT(redis.Execute({"PING"}).status(), waiting.status());
  EXPECT_THAT(redis.events().names(), ElementsAre("error", "end"));
  EXPECT_FALSE(redis->is_open());
}

TEST(RedisReconnectTest, FunctionSeesTheRetriesAndTheCauseAndStops) {
  std::vector<int> asked;
  std::vector<std::string> causes;
  RedisOptions options{.url = NobodysUrl(), .command_timeout = 60s};
  options.reconnect = [&](int retries, const absl::Status& cause) {
    asked.push_back(retries);
    causes.emplace_back(cause.message());
    return retries < 3 ? ReconnectDecision::After(-5ms) : ReconnectDecision::Stop();
  };
  DrivenRedis redis(options);
  EXPECT_THAT(redis.Execute({"PING"}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("refused")));
  EXPECT_THAT(asked, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(causes, Each(HasSubstr("refused")));
  EXPECT_THAT(redis.events().names(), ElementsAre("error", "reconnecting", "error", "reconnecting",
                                                  "error", "reconnecting", "error", "end"));
  EXPECT_EQ(redis.events().First(Kind::kReconnecting).pause, 0ms);
}

TEST(RedisReconnectTest, FunctionGivesUpWithAnErrorOfItsOwn) {
  RedisOptions options{.url = NobodysUrl(), .command_timeout = 60s};
  options.reconnect = [](int, const absl::Status&) {
    return ReconnectDecision::Fail(absl::DataLossError("the site is closed"));
  };
  DrivenRedis redis(options);
  for (int i = 0; i < 2; ++i) {
    const auto reply = redis.Execute({"PING"});
    EXPECT_THAT(reply, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("the site is closed")));
    EXPECT_TRUE(WasNotSent(reply.status()));
  }
  EXPECT_EQ(redis.events().First(Kind::kEnd).error, absl::DataLossError("the site is closed"));
}

TEST(RedisReconnectTest, DefaultHoldsForTheFirstConnectToo) {
  RedisServer server(Durability::kNone);
  server.Kill();
  DrivenRedis redis({.url = server.url(), .command_timeout = kPatience});
  ASSERT_TRUE(redis.AwaitEvent(Kind::kReconnecting));
  EXPECT_THAT(redis.events().First(Kind::kReconnecting).pause, AllOf(Ge(25ms), Le(50ms)));
  server.Restart();
  EXPECT_THAT(redis.Execute({"PING"}), IsOk());
}

TEST(RedisReconnectTest, BackoffStaysWithinItsBounds) {
  const ReconnectStrategy strategy = ReconnectWithBackoff(10ms, 100ms);
  const auto pause = [&](int retries) {
    return *strategy(retries, absl::UnavailableError("x")).pause();
  };
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(pause(0), AllOf(Ge(5ms), Le(10ms)));
    EXPECT_THAT(pause(2), AllOf(Ge(20ms), Le(40ms)));
    EXPECT_THAT(pause(1'000'000), AllOf(Ge(50ms), Le(100ms)));
  }
  const auto most = std::chrono::milliseconds::max();
  EXPECT_THAT(ReconnectWithBackoff(most, most)(9, {}).pause(), Ge(12h));
  EXPECT_EQ(ReconnectWithBackoff(-1ms, -1ms)(9, {}).pause(), 0ms);
}

TEST(RedisReconnectTest, EndlessPauseIsNoPauseThatOverflows) {
  DrivenRedis redis(
      {.url = NobodysUrl(), .reconnect = ReconnectAfter(std::chrono::milliseconds::max())});
  ASSERT_TRUE(redis.AwaitEvent(Kind::kReconnecting));
  redis.io().restart();
  redis.io().run_for(50ms);
  EXPECT_THAT(redis.events().names(), ElementsAre("error", "reconnecting"));
}

TEST(RedisReconnectTest, WithoutAnOfflineQueueCommandsFailAtOnce) {
  RedisServer server(Durability::kNone);
  DrivenRedis redis({.url = server.url(),
                     .command_timeout = 60s,
                     .reconnect = ReconnectAfter(5ms),
                     .offline_queue = false});
  const auto early = redis.Start({"PING"});
  ASSERT_TRUE(redis.RunUntil([&] { return !early->empty(); }));
  EXPECT_THAT(early->front(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(WasNotSent(early->front().status()));
  ASSERT_TRUE(redis.AwaitReady());
  EXPECT_THAT(redis.Execute({"PING"}), IsOk());
  server.Kill();
  ASSERT_TRUE(redis.AwaitEvent(Kind::kReconnecting));
  const auto late = redis.Execute({"PING"});
  EXPECT_TRUE(WasNotSent(late.status())) << late.status();
}

TEST(RedisReconnectTest, FullQueueRefusesMore) {
  RedisServer server(Durability::kNone);
  server.Kill();
  DrivenRedis redis({.url = server.url(),
                     .command_timeout = kPatience,
                     .reconnect = ReconnectAfter(5ms),
                     .max_queued = 3});
  const auto waiting = std::make_shared<DrivenRedis::Replies>();
  for (int i = 0; i < 3; ++i) redis.Start({"INCR", "n"}, waiting);
  const auto refused = redis.Execute({"INCR", "n"});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(WasNotSent(refused.status()));
  server.Restart();
  ASSERT_TRUE(redis.RunUntil([&] { return waiting->size() == 3; }));
  EXPECT_EQ(server.Command({"GET", "n"}), "3");
}

TEST(RedisReconnectTest, QueueBoundDoesNotHoldWhileReady) {
  RedisServer server(Durability::kNone);
  DrivenRedis redis({.url = server.url(), .max_queued = 0});
  ASSERT_TRUE(redis.AwaitReady());
  const auto replies = std::make_shared<DrivenRedis::Replies>();
  for (int i = 0; i < 10; ++i) redis.Start({"INCR", "n"}, replies);
  ASSERT_TRUE(redis.RunUntil([&] { return replies->size() == 10; }));
  EXPECT_THAT(*replies, Each(IsOk()));
}

TEST(RedisReconnectTest, QueuedCommandFailsAtItsDeadlineWithTheCause) {
  DrivenRedis redis(
      {.url = NobodysUrl(), .command_timeout = 100ms, .reconnect = ReconnectAfter(20ms)});
  absl::Status status;
  EXPECT_THAT(TimeOf([&] { status = redis.Execute({"PING"}).status(); }), Lt(5s));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("refused")));
  EXPECT_TRUE(WasNotSent(status));
  EXPECT_TRUE(IsUnreachable(status));
}

TEST(RedisReconnectTest, QueuedCommandsAreSentOnceAndInOrder) {
  RedisServer server(Durability::kNone);
  Proxy proxy(server.port());
  DrivenRedis redis(
      {.url = proxy.url(), .command_timeout = kPatience, .reconnect = ReconnectAfter(5ms)});
  ASSERT_TRUE(redis.AwaitReady());
  proxy.Refuse();
  proxy.Drop();
  ASSERT_TRUE(redis.AwaitEvent(Kind::kReconnecting));
  const auto replies = std::make_shared<DrivenRedis::Replies>();
  for (int i = 0; i < 50; ++i) redis.Start({"RPUSH", "list", i}, replies);
  ASSERT_TRUE(redis.AwaitEvent(Kind::kReconnecting, 3));
  EXPECT_THAT(*replies, SizeIs(0));
  proxy.Accept();
  ASSERT_TRUE(redis.RunUntil([&] { return replies->size() == 50; }));
  for (int i = 0; i < 50; ++i) EXPECT_EQ((*replies)[i]->integer(), i + 1);
  EXPECT_EQ(server.Command({"LINDEX", "list", "49"}), "49");
}

TEST(RedisReconnectTest, CommandsUnderWayFailAtOnceWhenTheConnectionBreaks) {
  RedisServer server(Durability::kNone);
  Proxy proxy(server.port());
  DrivenRedis redis({.url = proxy.url(), .command_timeout = 60s, .reconnect = ReconnectAfter(5ms)});
  ASSERT_TRUE(redis.AwaitReady());
  const std::size_t before = proxy.bytes(Direction::kToTarget);
  const auto replies = redis.Start({"BLPOP", "list", 0});
  ASSERT_TRUE(redis.RunUntil([&] { return proxy.bytes(Direction::kToTarget) > before; }));
  proxy.Reset();
  ASSERT_TRUE(redis.RunUntil([&] { return !replies->empty(); }));
  EXPECT_THAT(replies->front(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(MayHaveBeenExecuted(replies->front().status()));
  EXPECT_THAT(redis.Execute({"PING"}), IsOk());
}

// A handler that is told of the break may go on at once.
TEST(RedisReconnectTest, CommandGivenInTheHandlerOfAFailedOneWaitsForTheNextConnection) {
  RedisServer server(Durability::kNone);
  Proxy proxy(server.port());
  DrivenRedis redis(
      {.url = proxy.url(), .command_timeout = kPatience, .reconnect = ReconnectAfter(5ms)});
  ASSERT_TRUE(redis.AwaitReady());
  const auto replies = std::make_shared<DrivenRedis::Replies>();
  const std::size_t before = proxy.bytes(Direction::kToTarget);
  redis->Execute({"BLPOP", "list", 0}, [&](const absl::StatusOr<Reply>& reply) {
    EXPECT_TRUE(MayHaveBeenExecuted(reply.status()));
    redis.Start({"PING"}, replies);
  });
  ASSERT_TRUE(redis.RunUntil([&] { return proxy.bytes(Direction::kToTarget) > before; }));
  proxy.Drop();
  ASSERT_TRUE(redis.RunUntil([&] { return !replies->empty(); }));
  EXPECT_THAT(replies->front(), IsOk());
}

}  // namespace
}  // namespace holdfast::testing
