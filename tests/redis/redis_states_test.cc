// The states of a connection and the order of its events, whatever happens to the server.
#include "redis/redis_states.h"

#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <vector>

#include "redis/redis_harness.h"
#include "support/redis_server.h"
#include "support/server_states.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using namespace std::chrono_literals;
using Kind = ConnectionEvent::Kind;

TEST_F(RedisStatesTest, FromTheFirstConnectionToTheEnd) {
  RedisServer server(Durability::kNone);
  DrivenRedis& redis = Start(Options(server.url()));
  EXPECT_TRUE(redis->is_open()) << "it connects by itself";
  EXPECT_FALSE(redis->is_ready());
  ASSERT_TRUE(AwaitEvent(Kind::kReady));
  redis->Disconnect();
  ASSERT_TRUE(AwaitEvent(Kind::kEnd));
  EXPECT_THAT(states_, ElementsAre("connect: open", "ready: open ready", "end:"));
  EXPECT_EQ(events_.First(Kind::kReady).server, server.address());
  EXPECT_THAT(events_.First(Kind::kEnd).error, StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(RedisStatesTest, KilledAndRestartedServer) {
  RedisServer server(Durability::kNone);
  DrivenRedis& redis = StartReady(server.url());
  server.Kill();
  ASSERT_TRUE(AwaitEvent(Kind::kReconnecting, 2));
  EXPECT_FALSE(redis->is_ready());
  EXPECT_TRUE(redis->is_open());
  server.Restart();
  ASSERT_TRUE(AwaitEvent(Kind::kReady, 2));
  EXPECT_THAT(Course(),
              ElementsAre("connect", "ready", "error", "reconnecting", "connect", "ready"));
  EXPECT_EQ(states_[2], "error: open");
  EXPECT_EQ(states_[3], "reconnecting: open");
  int retries = 0;
  for (const ConnectionEvent& event : events_.all()) {
    if (event.kind != Kind::kReconnecting) continue;
    EXPECT_EQ(event.retries, ++retries);
    EXPECT_EQ(event.pause, 5ms);
  }
  KillClients(server);
  ASSERT_TRUE(AwaitEvent(Kind::kReady, 3));
  EXPECT_EQ(events_.all().end()[-3].retries, 1) << "it was ready in between";
}

TEST_F(RedisStatesTest, ServerThatIsStartedLater) {
  RedisServer server(Durability::kNone);
  server.Kill();
  RedisOptions options = Options(server.url());
  options.command_timeout = kPatience;
  DrivenRedis& redis = Start(options);
  const auto replies = redis.Start({"RPUSH", "list", "a"});
  redis.Start({"RPUSH", "list", "b"}, replies);
  redis.Start({"LRANGE", "list", 0, -1}, replies);
  ASSERT_TRUE(AwaitEvent(Kind::kReconnecting));
  EXPECT_THAT(*replies, SizeIs(0));
  server.Restart();
  ASSERT_TRUE(redis.RunUntil([&] { return replies->size() == 3; }));
  ASSERT_THAT((*replies)[2], IsOk());
  EXPECT_EQ((*(*replies)[2])[0].text(), "a");
  EXPECT_EQ((*(*replies)[2])[1].text(), "b");
  EXPECT_EQ(states_.front(), "error: open");
}

TEST_F(RedisStatesTest, KilledClient) {
  RedisServer server(Durability::kNone);
  StartReady(server.url());
  ASSERT_EQ(KillClients(server), 1);
  ASSERT_TRUE(AwaitEvent(Kind::kReady, 2));
  EXPECT_THAT(events_.names(),
              ElementsAre("connect", "ready", "error", "reconnecting", "connect", "ready"));
  EXPECT_THAT(events_.First(Kind::kError).error,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("the server closed")));
}

// The question whether the server is there has its answer under way already.

TEST_F(RedisStatesTest, LoadingServerIsNotReadyAndCommandsWait) {
  RedisServer server;
  Loading loading(server);
  RedisOptions options = Options(server.url());
  options.connect_timeout = kPatience;
  options.command_timeout = kPatience;
  DrivenRedis& redis = Start(options);
  const auto replies = redis.Start({"INCR", "n"});
  ASSERT_TRUE(AwaitEvent(Kind::kConnect));
  redis.io().restart();
  redis.io().run_for(200ms);
  EXPECT_THAT(events_.names(), ElementsAre("connect"));
  EXPECT_FALSE(redis->is_ready());
  loading.End();
  ASSERT_TRUE(redis.RunUntil([&] { return !replies->empty(); }));
  EXPECT_THAT(replies->front(), IsOk());
  EXPECT_THAT(events_.names(), ElementsAre("connect", "ready"));
}

TEST_F(RedisStatesTest, ServerThatLoadsForTooLongIsTriedAgain) {
  RedisServer server;
  Loading loading(server);
  DrivenRedis& redis = Start(Options(server.url()));
  const auto reply = redis.Execute({"INCR", "n"});
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("LOADING")));
  EXPECT_TRUE(WasNotSent(reply.status()));
  ASSERT_TRUE(AwaitEvent(Kind::kConnect, 2));
  EXPECT_THAT(std::vector<std::string>(states_.begin(), states_.begin() + 4),
              ElementsAre("connect: open", "error: open", "reconnecting: open", "connect: open"));
  loading.End();
  ASSERT_TRUE(AwaitEvent(Kind::kReady));
}

TEST_F(RedisStatesTest, LoginWaitsForABusyServer) {
  RedisServer server({.durability = Durability::kNone, .password = "secret"});
  Busy busy(server);
  RedisOptions options = Options(server.url(":secret@", "/3"));
  options.connect_timeout = kPatience;
  options.command_timeout = kPatience;
  options.client_name = "patient";
  DrivenRedis& redis = Start(options);
  const auto replies = redis.Start({"CLIENT", "INFO"});
  ASSERT_TRUE(AwaitEvent(Kind::kConnect));
  redis.io().restart();
  redis.io().run_for(150ms);
  EXPECT_FALSE(redis->is_ready());
  busy.End();
  ASSERT_TRUE(redis.RunUntil([&] { return !replies->empty(); }));
  ASSERT_THAT(replies->front(), IsOk());
  EXPECT_THAT(std::string(replies->front()->text()), HasSubstr(" name=patient "));
  EXPECT_THAT(std::string(replies->front()->text()), HasSubstr(" db=3 "));
}

}  // namespace
}  // namespace holdfast::testing
