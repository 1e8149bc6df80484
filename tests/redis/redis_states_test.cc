// The states of a connection and the order of its events, whatever happens to the server.
#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "redis/redis_harness.h"
#include "support/black_hole.h"
#include "support/proxy.h"
#include "support/redis_server.h"
#include "support/server_states.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::SizeIs;
using namespace std::chrono_literals;
using Kind = ConnectionEvent::Kind;

// Events with what the client says of itself meanwhile: "ready: open, ready".
class RedisStatesTest : public ::testing::Test {
 protected:
  // What is 5 s by default and would be waited for.
  RedisOptions Options(const std::string& url) {
    RedisOptions options = Prompt(url);
    options.connect_timeout = 500ms;
    options.command_timeout = 500ms;
    options.on_event = [this, handler = events_.handler()](const ConnectionEvent& event) {
      handler(event);
      if (!redis_ || !redis_->holds_client()) return;
      std::string state = std::string(EventName(event.kind)) + ":";
      if ((*redis_)->is_open()) state += " open";
      if ((*redis_)->is_ready()) state += " ready";
      states_.push_back(std::move(state));
    };
    return options;
  }
  DrivenRedis& Start(RedisOptions options) {
    redis_ = std::make_unique<DrivenRedis>(std::move(options));
    return *redis_;
  }
  DrivenRedis& StartReady(const std::string& url) {
    DrivenRedis& redis = Start(Options(url));
    EXPECT_TRUE(AwaitEvent(Kind::kReady));
    return redis;
  }
  bool AwaitEvent(Kind kind, int count = 1) {
    return redis_->RunUntil([=, this] { return events_.Count(kind) >= count; });
  }
  bool AwaitOk() {
    return redis_->RunUntil([this] { return redis_->Execute({"PING"}).ok(); });
  }

  // Each event without repeated pairs of "error, reconnecting".
  std::vector<std::string> Course() const {
    std::vector<std::string> course;
    for (const std::string& name : events_.names()) {
      const bool pair = course.size() >= 3 && name == "reconnecting" && course.back() == "error" &&
                        course[course.size() - 2] == "reconnecting";
      course.push_back(name);
      if (pair) course.resize(course.size() - 2);
    }
    return course;
  }

  Events events_;
  std::vector<std::string> states_;
  std::unique_ptr<DrivenRedis> redis_;
};

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

TEST_F(RedisStatesTest, StoppedAndContinuedServer) {
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

TEST_F(RedisStatesTest, HalfOpenConnectionWithACommandUnderWay) {
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

TEST_F(RedisStatesTest, HalfOpenIdleConnectionIsFoundOutByPings) {
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

// The question whether the server is there has its answer under way already.
TEST_F(RedisStatesTest, PingsDoNotSpinWhileACommandIsUnderWay) {
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

TEST_F(RedisStatesTest, PortThatLeadsNowhere) {
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

TEST_F(RedisStatesTest, EachCallEndsInTime) {
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
