// Subscriptions when connections break, servers die or refuse.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "subscribe_harness.h"
#include "support/black_hole.h"
#include "support/eventually.h"
#include "support/proxy.h"
#include "support/redis_server.h"
#include "support/scripted_peer.h"
#include "support/server_states.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Lt;
using namespace std::chrono_literals;

RedisOptions OptionsFor(const std::string& url) {
  return {.url = url, .reconnect = ReconnectAfter(10ms)};
}

// A server that goes dumb is found out soon.
RedisOptions Impatient(const std::string& url) {
  RedisOptions options = OptionsFor(url);
  options.command_timeout = 500ms;
  options.ping_interval = 50ms;
  return options;
}

class SubscribeFaultsTest : public ::testing::Test {
 protected:
  // Publishes until `ear` hears something new.
  void ExpectHears(const Ear& ear, const std::string& channel = "a") {
    const std::size_t before = ear.count();
    EXPECT_TRUE(Eventually([&] {
      server_.Command({"PUBLISH", channel, "x"});
      return ear.count() > before;
    }));
  }

  RedisServer server_{Durability::kNone};
};

TEST_F(SubscribeFaultsTest, ALostConnectionIsMadeAnewAndTheGapTold) {
  RedisOnThread redis(OptionsFor(server_.url()));
  const Ear first;
  const Ear second;
  const auto channel = redis.Subscribe({"a", "b"}, first.handler());
  const auto pattern = redis.Subscribe(Channels::Patterns("a*"), second.handler());
  for (int round = 1; round <= 3; ++round) {
    server_.Command({"CLIENT", "KILL", "TYPE", "pubsub"});
    ASSERT_TRUE(first.AwaitGaps(round));
    ASSERT_TRUE(second.AwaitGaps(round));
    ExpectHears(first);
    ExpectHears(second);
  }
  EXPECT_EQ(first.gaps(), 3);
  EXPECT_EQ(second.gaps(), 3);
}

TEST_F(SubscribeFaultsTest, HearsARestartedServerAgain) {
  RedisOnThread redis(OptionsFor(server_.url()));
  const Ear ear;
  const auto subscription = redis.Subscribe("a", ear.handler());
  server_.Kill();
  EXPECT_EQ(ear.gaps(), 0);
  server_.Restart();
  ASSERT_TRUE(ear.AwaitGaps(1));
  ExpectHears(ear);
  EXPECT_EQ(ear.gaps(), 1);
  EXPECT_TRUE(ear.ends().empty());
}

// Told of a gap is who was confirmed before, and nobody else.
TEST_F(SubscribeFaultsTest, WhoSubscribesWhileTheServerIsDownIsToldOfNoGap) {
  RedisOnThread redis(OptionsFor(server_.url()));
  const Ear old;
  const Ear fresh;
  const auto subscription = redis.Subscribe("a", old.handler());
  server_.Kill();
  auto waiting = redis.StartSubscribe("b", fresh.handler());
  server_.Restart();
  const auto late = Await(std::move(waiting));
  ASSERT_THAT(late, IsOk());
  ASSERT_TRUE(old.AwaitGaps(1));
  ExpectHears(fresh, "b");
  EXPECT_EQ(fresh.gaps(), 0);
}

// Nothing says that the other end is gone: neither an error, nor the end of the stream. The
// connection of the commands is lost, too; neither fails again before the tests are over.
class HalfOpenTest : public SubscribeFaultsTest {
 protected:
  RedisOptions Options(const std::string& url) {
    RedisOptions options = Impatient(url);
    options.connect_timeout = 2 * kPatience;
    options.reconnect = [this](int, const absl::Status& cause) {
      EXPECT_THAT(cause, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("silent")));
      ++lost_;
      return ReconnectDecision::After(10ms);
    };
    return options;
  }
  bool AwaitLoss() {
    return Eventually([this] { return lost_ == 2; });
  }

 private:
  std::atomic<int> lost_ = 0;
};

TEST_F(HalfOpenTest, IsFoundOutAndReplaced) {
  Proxy proxy(server_.port());
  RedisOnThread redis(Options(proxy.url()));
  const Ear ear;
  const auto subscription = redis.Subscribe("a", ear.handler());
  ASSERT_THAT(subscription, IsOk());
  proxy.Freeze();
  EXPECT_TRUE(AwaitLoss());
  proxy.Thaw();
  ASSERT_TRUE(ear.AwaitGaps(1));
  ExpectHears(ear);
}

TEST_F(HalfOpenTest, AStoppedServerIsFoundOut) {
  RedisOnThread redis(Options(server_.url()));
  const Ear ear;
  const auto subscription = redis.Subscribe("a", ear.handler());
  ASSERT_THAT(subscription, IsOk());
  server_.Stop();
  EXPECT_TRUE(AwaitLoss());
  EXPECT_THAT(redis.Subscribe("b", ear.handler()), FailsAs(IsUnreachable));
  server_.Continue();
  ASSERT_TRUE(ear.AwaitGaps(1));
  ExpectHears(ear);
}

TEST_F(SubscribeFaultsTest, AQuietServerThatLivesIsKept) {
  RedisOnThread redis(Impatient(server_.url()));
  const Ear ear;
  const auto subscription = redis.Subscribe("a", ear.handler());
  const int before = server_.CallsOf("ping");
  EXPECT_TRUE(Eventually([&] { return server_.CallsOf("ping") > before + 5; }));
  EXPECT_EQ(ear.gaps(), 0);
}

// It takes longer than the server may be silent, and what it asks for goes out only at its end: the
// server is not to blame.
TEST_F(SubscribeFaultsTest, ASlowHandlerDoesNotLoseTheConnection) {
  RedisOnThread redis(Impatient(server_.url()));
  const Ear ear;
  const auto subscription = redis.Subscribe("a", ear.handler());
  const auto slow = redis.Subscribe("a", [&](const Message&) {
    redis->Subscribe("b", ear.handler(), [](const absl::StatusOr<Subscription>&) {});
    const auto end = std::chrono::steady_clock::now() + 700ms;
    while (std::chrono::steady_clock::now() < end) Yield();
  });
  for (int i = 0; i < 3; ++i) server_.Command({"PUBLISH", "a", "x"});
  ASSERT_TRUE(ear.AwaitCount(3));
  const int before = server_.CallsOf("ping");
  ASSERT_TRUE(Eventually([&] { return server_.CallsOf("ping") > before; }));
  EXPECT_EQ(ear.gaps(), 0);
}

TEST_F(SubscribeFaultsTest, AnUnreachableServerFailsInTime) {
  server_.Kill();
  RedisOnThread redis(Impatient(server_.url()));
  const Ear ear;
  EXPECT_THAT(TimeOf([&] {
                EXPECT_THAT(redis.Subscribe("a", ear.handler()),
                            StatusIs(absl::StatusCode::kUnavailable,
                                     HasSubstr("SUBSCRIBE: " + server_.address())));
              }),
              Lt(10s));
  server_.Restart();
  const auto other = redis.Subscribe("b", ear.handler());
  ASSERT_THAT(other, IsOk());
  EXPECT_EQ(server_.Command({"PUBSUB", "CHANNELS"}), "b\n") << "nothing of it stays subscribed";
}

TEST_F(SubscribeFaultsTest, APortThatSwallowsEverythingFailsInTime) {
  for (const Hole kind : {Hole::kConnecting, Hole::kAnswering}) {
    const BlackHole hole(kind);
    RedisOnThread redis(Impatient(hole.url()));
    EXPECT_THAT(
        TimeOf([&] { EXPECT_THAT(redis.Subscribe("a", Ear().handler()), FailsAs(IsUnreachable)); }),
        Lt(10s));
  }
}

TEST_F(SubscribeFaultsTest, WhenReconnectingIsGivenUpAllEndAndANewOneTriesAnew) {
  RedisOptions options = OptionsFor(server_.url());
  options.reconnect = NeverReconnect();
  RedisOnThread redis(options);
  const Ear ear;
  const auto subscription = redis.Subscribe("a", ear.handler());
  ASSERT_THAT(subscription, IsOk());
  server_.Command({"CLIENT", "KILL", "TYPE", "pubsub"});
  ASSERT_TRUE(ear.AwaitEnd());
  EXPECT_THAT(ear.ends()[0], StatusIs(absl::StatusCode::kUnavailable,
                                      HasSubstr("the server closed the connection")));
  const auto next = redis.Subscribe("a", ear.handler());
  ASSERT_THAT(next, IsOk());
  ExpectHears(ear);
  EXPECT_EQ(ear.gaps(), 0);
}

TEST_F(SubscribeFaultsTest, TheStrategysOwnErrorIsWhatASubscribeFailsWith) {
  server_.Kill();
  RedisOptions options = OptionsFor(server_.url());
  options.reconnect = [](int retries, const absl::Status&) {
    return retries < 2 ? ReconnectDecision::After(1ms)
                       : ReconnectDecision::Fail(absl::DataLossError("enough"));
  };
  RedisOnThread redis(options);
  EXPECT_THAT(redis.Subscribe("a", Ear().handler()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("enough")));
}

TEST_F(SubscribeFaultsTest, LogsIn) {
  RedisServer guarded({.durability = Durability::kNone, .password = "secret"});
  RedisOnThread redis(OptionsFor(guarded.url(":secret@")));
  const Ear ear;
  const auto subscription = redis.Subscribe("a", ear.handler());
  ASSERT_THAT(subscription, IsOk());
  guarded.Command({"PUBLISH", "a", "x"});
  EXPECT_TRUE(ear.AwaitCount(1));
}

TEST_F(SubscribeFaultsTest, AWrongPasswordFailsAtOnce) {
  RedisServer guarded({.durability = Durability::kNone, .password = "secret"});
  RedisOptions options = OptionsFor(guarded.url(":wrong@"));
  options.command_timeout = 10min;
  RedisOnThread redis(options);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(redis.Subscribe("a", Ear().handler()),
                StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("password")));
  }
}

TEST_F(SubscribeFaultsTest, AChannelThatIsNotAllowedFailsAlone) {
  RedisServer guarded(
      {.durability = Durability::kNone, .acl_users = {"bob on >secret ~* resetchannels &a +@all"}});
  RedisOptions options = OptionsFor(guarded.url("bob:secret@"));
  options.command_timeout = 10min;
  RedisOnThread redis(options);
  const Ear ear;
  const auto subscription = redis.Subscribe("a", ear.handler());
  ASSERT_THAT(subscription, IsOk());
  EXPECT_THAT(redis.Subscribe({"a", "b"}, ear.handler()),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("SUBSCRIBE: ")));
  guarded.Command({"PUBLISH", "a", "x"});
  EXPECT_TRUE(ear.AwaitCount(1));
  EXPECT_EQ(ear.gaps(), 0);
}

TEST_F(SubscribeFaultsTest, AChannelThatIsNoLongerAllowedEnds) {
  RedisServer guarded({.durability = Durability::kNone,
                       .acl_users = {"bob on >secret ~* resetchannels &a &b +@all"}});
  RedisOnThread redis(OptionsFor(guarded.url("bob:secret@")));
  const Ear denied;
  const Ear allowed;
  const auto one = redis.Subscribe({"a", "b"}, denied.handler());
  const auto two = redis.Subscribe("a", allowed.handler());
  ASSERT_THAT(two, IsOk());
  guarded.Command({"ACL", "SETUSER", "bob", "resetchannels", "&a"});
  ASSERT_TRUE(denied.AwaitEnd());
  EXPECT_THAT(denied.ends()[0], StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_TRUE(allowed.AwaitGaps(1));
  EXPECT_TRUE(allowed.ends().empty());
  EXPECT_EQ(denied.gaps(), 0);
}

TEST_F(SubscribeFaultsTest, WaitsForABusyServer) {
  RedisServer server({.durability = Durability::kNone, .more = {"--busy-reply-threshold", "1"}});
  RedisOptions options = OptionsFor(server.url());
  options.command_timeout = kPatience;
  RedisOnThread redis(options);
  const Ear ear;
  const auto first = redis.Subscribe("a", ear.handler());
  ASSERT_THAT(first, IsOk());
  std::optional<Busy> busy(server);
  auto waiting = redis.StartSubscribe("b", ear.handler());
  ASSERT_TRUE(Eventually([&] { return waiting.wait_for(100ms) == std::future_status::timeout; }));
  busy.reset();
  EXPECT_THAT(Await(std::move(waiting)), IsOk());
}

TEST_F(SubscribeFaultsTest, WhatIsNoPushEndsTheConnectionAndAnotherIsOpened) {
  for (const std::string& nonsense :
       {std::string("+OK\r\n"), std::string("*2\r\n$7\r\nmessage\r\n$1\r\na\r\n"),
        std::string(":1\r\n"), std::string("*3\r\n$9\r\nsubscribe\r\n$1\r\nz\r\n:1\r\n")}) {
    std::atomic<int> subscribes = 0;
    ScriptedPeer peer([&](const Received& received) -> Answer {
      if (received.argv[0] == "PING") return {"+PONG\r\n"};
      if (received.argv[0] != "SUBSCRIBE") return {"+OK\r\n"};
      const std::string confirmed = "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n";
      return {++subscribes == 1 ? confirmed + nonsense : confirmed};
    });
    RedisOnThread redis(OptionsFor(peer.url()));
    const Ear ear;
    const auto subscription = redis.Subscribe("a", ear.handler());
    ASSERT_THAT(subscription, IsOk());
    ASSERT_TRUE(ear.AwaitGaps(1)) << nonsense;
    EXPECT_EQ(subscribes, 2);
    EXPECT_EQ(ear.count(), 0u);
  }
}

// The bytes of three messages, in pieces of every size.
TEST_F(SubscribeFaultsTest, MessagesMayComeInPieces) {
  const std::string message = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$3\r\nxyz\r\n";
  const std::string confirmed = "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n";
  for (std::size_t cut = 8; cut < confirmed.size() + 3 * message.size(); cut += 5) {
    ScriptedPeer peer(
        [&](const Received& received) -> Answer {
          if (received.argv[0] == "PING") return {"+PONG\r\n"};
          return {confirmed + message + message + message};
        },
        {.cut_at = cut});
    RedisOnThread redis(OptionsFor(peer.url()));
    const Ear ear;
    const auto subscription = redis.Subscribe("a", ear.handler());
    ASSERT_THAT(subscription, IsOk());
    ASSERT_TRUE(ear.AwaitCount(3)) << cut;
    EXPECT_EQ(ear.gaps(), 0);
  }
}

// The connection breaks in the midst of everything; whatever comes and goes meanwhile, at the end
// the server is subscribed to what is wanted.
TEST_F(SubscribeFaultsTest, SubscribesToWhatIsWantedWhateverBreaks) {
  Proxy proxy(server_.port());
  RedisOnThread redis(OptionsFor(proxy.url()));
  const Ear ear;
  std::vector<Subscription> kept;
  for (int i = 0; i < 60; ++i) {
    const std::string name = std::to_string(i);
    proxy.CutAfter(i % 2 == 0 ? Direction::kToTarget : Direction::kToClient, 7 + 13 * i % 90);
    auto made = redis.Subscribe({"all", name}, ear.handler());
    ASSERT_THAT(made, IsOk());
    if (i % 3 == 0) kept.push_back(*std::move(made));
  }
  EXPECT_TRUE(Eventually([&] { return server_.Command({"PUBLISH", "all", "x"}) == "1"; }));
  EXPECT_TRUE(Eventually([&] { return server_.Command({"PUBSUB", "NUMSUB", "1"}) == "1\n0\n"; }));
  EXPECT_TRUE(ear.AwaitCount(kept.size()));
  for (int i = 0; i < 60; i += 3) {
    EXPECT_TRUE(Eventually([&] {
      return server_.Command({"PUBLISH", std::to_string(i), "x"}) == "1";
    }));
  }
}

TEST_F(SubscribeFaultsTest, WhoReadsTooSlowlyIsToldOfTheGap) {
  server_.Command({"CONFIG", "SET", "client-output-buffer-limit", "pubsub 200000 0 0"});
  RedisOnThread redis(OptionsFor(server_.url()));
  const Ear ear;
  std::atomic<bool> stuck = true;
  const auto slow = redis.Subscribe(
      "a", [&](const Message&) { EXPECT_TRUE(Eventually([&] { return !stuck; })); });
  const auto subscription = redis.Subscribe("b", ear.handler());
  ASSERT_THAT(subscription, IsOk());
  const std::string large(100'000, 'x');
  EXPECT_TRUE(Eventually([&] {
    return server_.Command({"PUBLISH", "a", large}) == "0";
  })) << "the server has dropped it";
  stuck = false;
  EXPECT_TRUE(ear.AwaitGaps(1));
}

}  // namespace
}  // namespace holdfast::testing
