// Where a client connects to, and how it logs in.
#include <gmock/gmock.h>

#include <chrono>
#include <string>

#include "holdfast/blocking.h"
#include "redis/redis_harness.h"
#include "support/proxy.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;
using Kind = ConnectionEvent::Kind;

std::string TextOf(const absl::StatusOr<Reply>& reply) {
  return reply.ok() ? std::string(reply->text()) : reply.status().ToString();
}

std::string WhoAmI(const BlockingRedis& redis) { return TextOf(redis.Execute({"ACL", "WHOAMI"})); }

TEST(RedisEndpointsTest, PlainServer) {
  RedisServer server(Durability::kNone);
  EXPECT_EQ(TextOf(NewRedis(server.url()).Execute({"PING"})), "PONG");
}

TEST(RedisEndpointsTest, FieldsInsteadOfAUrl) {
  RedisServer server({.durability = Durability::kNone, .password = "geheim/@:% "});
  Endpoint endpoint;
  endpoint.host = "127.0.0.1";
  endpoint.port = server.port();
  endpoint.password = "geheim/@:% ";
  endpoint.database = 2;
  const BlockingRedis redis = NewRedis(RedisOptions{.server = endpoint});
  EXPECT_THAT(redis.Execute({"SET", "a", "1"}), IsOk());
  EXPECT_THAT(server.Command({"INFO", "keyspace"}), HasSubstr("db2:keys=1"));
}

TEST(RedisEndpointsTest, UrlWinsOverTheFields) {
  RedisServer server(Durability::kNone);
  Endpoint elsewhere;
  elsewhere.host = "127.0.0.1";
  elsewhere.port = 1;
  elsewhere.password = "x";
  elsewhere.database = 7;
  const BlockingRedis redis = NewRedis({.url = server.url(), .server = elsewhere});
  EXPECT_THAT(redis.Execute({"SET", "a", "1"}), IsOk());
  EXPECT_THAT(server.Command({"INFO", "keyspace"}), HasSubstr("db0:keys=1"));
}

TEST(RedisEndpointsTest, PasswordOfTheDefaultUser) {
  RedisServer server({.durability = Durability::kNone, .password = "secret"});
  EXPECT_EQ(WhoAmI(NewRedis(server.url(":secret@"))), "default");
}

TEST(RedisEndpointsTest, AclUser) {
  RedisServer server(
      {.durability = Durability::kNone, .acl_users = {"alice on >pa:ss ~a* &* +@all"}});
  const BlockingRedis redis = NewRedis(server.url("alice:pa%3Ass@"));
  EXPECT_EQ(WhoAmI(redis), "alice");
  const auto refused = redis.Execute({"GET", "b"});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_EQ(GetRedisError(refused.status())->code, "NOPERM");
}

// The least that an application gets: it cannot PING.
TEST(RedisEndpointsTest, UserWhoMayNotPing) {
  RedisServer server(
      {.durability = Durability::kNone, .acl_users = {"bob on >secret ~* -@all +get"}});
  EXPECT_THAT(NewRedis(server.url("bob:secret@")).Execute({"GET", "a"}), IsOk());
}

TEST(RedisEndpointsTest, UnixSocket) {
  RedisServer server({.durability = Durability::kNone, .password = "secret", .unix_socket = true});
  const BlockingRedis redis = NewRedis(server.unix_url(":secret@", "?db=3"));
  EXPECT_THAT(redis.Execute({"SET", "a", "1"}), IsOk());
  EXPECT_THAT(server.Command({"INFO", "keyspace"}), HasSubstr("db3:keys=1"));
}

TEST(RedisEndpointsTest, LocksThroughAUnixSocket) {
  RedisServer server({.unix_socket = true});
  auto client = BlockingClient::Create({.nodes = {server.unix_url()}});
  ASSERT_THAT(client, IsOk());
  auto lock = client->Acquire("a");
  ASSERT_THAT(lock, IsOk());
  EXPECT_EQ(server.Command({"EXISTS", "lock:a"}), "1");
  EXPECT_THAT(lock->Release(), IsOk());
}

TEST(RedisEndpointsTest, DatabaseIsSelectedOnEachConnection) {
  RedisServer server(Durability::kNone);
  Proxy proxy(server.port());
  const BlockingRedis redis = NewRedis(Prompt(proxy.url() + "/3"));
  EXPECT_THAT(redis.Execute({"SET", "a", "1"}), IsOk());
  proxy.Drop();
  ASSERT_TRUE(Eventually([&] { return redis.Execute({"SET", "b", "1"}).ok(); }));
  EXPECT_EQ(proxy.connections(), 2);
  const std::string keyspace = server.Command({"INFO", "keyspace"});
  EXPECT_THAT(keyspace, AllOf(HasSubstr("db3:keys=2"), Not(HasSubstr("db0"))));
}

TEST(RedisEndpointsTest, DatabaseThatTheServerLacksIsAnError) {
  RedisServer server(Durability::kNone);
  const BlockingRedis redis =
      NewRedis({.url = server.url("", "/999"), .reconnect = NeverReconnect()});
  EXPECT_THAT(redis.Execute({"PING"}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("DB index is out of range")));
}

TEST(RedisEndpointsTest, Ipv6) {
  RedisServer server({.durability = Durability::kNone, .more = {"--bind", "127.0.0.1", "-::1"}});
  const std::string url = "redis://[::1]:" + std::to_string(server.port());
  const BlockingRedis redis = NewRedis({.url = url, .reconnect = NeverReconnect()});
  const auto reply = redis.Execute({"CLIENT", "INFO"});
  if (!reply.ok()) GTEST_SKIP() << "no ::1 here: " << reply.status();
  EXPECT_THAT(TextOf(reply), HasSubstr("addr=[::1]:"));
}

TEST(RedisEndpointsTest, ClientNameIsShownByClientList) {
  RedisServer server(Durability::kNone);
  const BlockingRedis redis = NewRedis({.url = server.url(), .client_name = "orders-7"});
  EXPECT_THAT(redis.Execute({"PING"}), IsOk());
  EXPECT_THAT(server.Command({"CLIENT", "LIST"}), HasSubstr(" name=orders-7 "));
  EXPECT_THAT(BlockingRedis::Create({.client_name = "two words"}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("name")));
}

TEST(RedisEndpointsTest, WrongPasswordIsToldAtOnceAndShownNowhere) {
  RedisServer server({.durability = Durability::kNone, .password = "right"});
  const Events events;
  const BlockingRedis redis = NewRedis({.url = server.url(":hunter2@"),
                                        .command_timeout = 60s,
                                        .reconnect = ReconnectAfter(60s),
                                        .on_event = events.handler()});
  for (int i = 0; i < 2; ++i) {
    const auto reply = redis.Execute({"GET", "a"});
    EXPECT_THAT(reply, StatusIs(absl::StatusCode::kPermissionDenied,
                                AllOf(HasSubstr(server.address()), HasSubstr("WRONGPASS"),
                                      Not(HasSubstr("hunter2")))));
    EXPECT_TRUE(WasNotSent(reply.status()));
  }
  ASSERT_TRUE(events.Await(Kind::kReconnecting));
  EXPECT_THAT(events.names(), ElementsAre("connect", "error", "reconnecting"));
  for (const ConnectionEvent& event : events.all()) {
    EXPECT_THAT(event.server + event.error.ToString(), Not(HasSubstr("hunter2")));
  }
}

TEST(RedisEndpointsTest, MissingPasswordIsToldAtOnce) {
  RedisServer server({.durability = Durability::kNone, .password = "right"});
  const BlockingRedis redis = NewRedis({.url = server.url(), .command_timeout = 60s});
  EXPECT_THAT(redis.Execute({"GET", "a"}),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("NOAUTH")));
}

// Whom the server lets in later need not make another client.
TEST(RedisEndpointsTest, PasswordThatBecomesRightIsTakenLater) {
  RedisServer server({.durability = Durability::kNone, .password = "old"});
  const BlockingRedis redis = NewRedis(Prompt(server.url(":new@")));
  ASSERT_THAT(redis.Execute({"PING"}), StatusIs(absl::StatusCode::kPermissionDenied));
  ASSERT_EQ(server.Command({"CONFIG", "SET", "requirepass", "new"}), "OK");
  EXPECT_TRUE(Eventually([&] { return redis.Execute({"PING"}).ok(); }));
}

TEST(RedisEndpointsTest, FullServerIsUnavailable) {
  RedisServer server({.durability = Durability::kNone, .password = "secret"});
  ASSERT_EQ(server.Command({"CONFIG", "SET", "maxclients", "1"}), "OK");
  const BlockingRedis redis =
      NewRedis({.url = server.url(":secret@"), .reconnect = NeverReconnect()});
  const auto reply = redis.Execute({"PING"});
  EXPECT_THAT(reply,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("max number of clients reached")));
  EXPECT_TRUE(WasNotSent(reply.status()));
}

TEST(RedisEndpointsTest, BadUrlIsRefusedWithoutThePassword) {
  const std::string too_long(200, 'x');
  for (const std::string& url :
       {std::string("redis:/x:hunter2@h"), std::string("http://x:hunter2@h"),
        std::string("redis://x:hunter2@h:99999"), std::string("redis://x:hunter2@h/db"),
        "unix://x:hunter2@/" + too_long}) {
    EXPECT_THAT(BlockingRedis::Create({.url = url}).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, Not(HasSubstr("hunter2"))))
        << url;
  }
}

TEST(RedisEndpointsTest, OptionsOutOfBoundsAreNamed) {
  const auto refusal = [](const RedisOptions& options) {
    return std::string(BlockingRedis::Create(options).status().message());
  };
  EXPECT_THAT(refusal({.connect_timeout = 0ms}), HasSubstr("connect_timeout"));
  EXPECT_THAT(refusal({.command_timeout = 2h}), HasSubstr("command_timeout"));
  EXPECT_THAT(refusal({.ping_interval = 1ms}), HasSubstr("ping_interval"));
  EXPECT_THAT(refusal({.keep_alive = -1ms}), HasSubstr("keep_alive"));
  EXPECT_THAT(refusal({.max_reply_bytes = 1}), HasSubstr("max_reply_bytes"));
  EXPECT_THAT(refusal({.max_reply_elements = 0}), HasSubstr("max_reply_elements"));
}

}  // namespace
}  // namespace holdfast::testing
