// Servers that break the protocol: the connection ends, the memory does not.
#include <gmock/gmock.h>

#include <chrono>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "redis/redis_harness.h"
#include "support/fake_node.h"
#include "support/redis_server.h"
#include "support/scripted_peer.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Lt;
using namespace std::chrono_literals;
using namespace std::string_literals;
using Kind = ConnectionEvent::Kind;

std::string Repeat(const std::string& text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

// The most memory that this process ever had, since Forget(), in KiB.
class PeakMemory {
 public:
  static void Forget() { std::ofstream("/proc/self/clear_refs") << "5"; }
  static long Read() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      long peak = 0;
      if (word == "VmHWM:" && status >> peak) return peak;
    }
    return 0;
  }
};

// A server that greets as Redis does, and answers GET with these bytes once.
ScriptedPeer::Handler AnswersGetWith(std::string bytes) {
  return [bytes = std::move(bytes)](const Received& received) -> Answer {
    const std::string name = NameOf(received.argv);
    if (name == "ping") return {"+PONG\r\n"};
    if (name == "get" && received.connection == 0) return {bytes};
    return {"+fine\r\n"};
  };
}

struct Attack {
  const char* name;
  std::string bytes;
  const char* error;
};

void PrintTo(const Attack& attack, std::ostream* os) { *os << attack.name; }

class RedisHostileTest : public ::testing::TestWithParam<Attack> {};

TEST_P(RedisHostileTest, EndsTheConnectionAndNotTheMemory) {
  ScriptedPeer peer(AnswersGetWith(GetParam().bytes));
  RedisOptions options = Prompt(peer.url());
  options.command_timeout = 60s;
  DrivenRedis redis(options);
  ASSERT_TRUE(redis.AwaitReady());
  PeakMemory::Forget();
  const long before = PeakMemory::Read();
  const auto replies = redis.Start({"GET", "a"});
  redis.Start({"SET", "a", "1"}, replies);
  EXPECT_THAT(TimeOf([&] { EXPECT_TRUE(redis.RunUntil([&] { return replies->size() == 2; })); }),
              Lt(20s));
  EXPECT_THAT(PeakMemory::Read() - before, Lt(100 * 1024));
  for (const auto& reply : *replies) {
    EXPECT_THAT(reply, StatusIs(absl::StatusCode::kInternal, HasSubstr(GetParam().error)));
    EXPECT_TRUE(MayHaveBeenExecuted(reply.status()));
  }
  EXPECT_THAT(redis.events().First(Kind::kError).error,
              StatusIs(absl::StatusCode::kInternal,
                       AllOf(HasSubstr(GetParam().error), HasSubstr(peer.address()))));
  EXPECT_THAT(redis.Execute({"SET", "a", "1"}), IsOk()) << "connected anew";
  EXPECT_EQ(peer.connections(), 2);
}

INSTANTIATE_TEST_SUITE_P(
    Attacks, RedisHostileTest,
    ::testing::Values(Attack{"HugeArray", "*2147483647\r\n", "an array of 2147483647 elements"},
                      Attack{"HugeArrayInside", "*2\r\n:1\r\n*2147483647\r\n", "elements"},
                      Attack{"ManyArrays", Repeat("*1048576\r\n", 8), "elements"},
                      Attack{"HugeBulkAnnounced", "$536870912\r\n", "more than 67108864 bytes"},
                      Attack{"HugeBulkWithBytes", "$536870912\r\n" + std::string(1 << 20, 'x'),
                             "more than 67108864 bytes"},
                      Attack{"HugeBulkInside", "*2\r\n$1\r\nx\r\n$536870912\r\n",
                             "more than 67108864 bytes"},
                      Attack{"DeepNesting", Repeat("*1\r\n", 9) + ":1\r\n", "nest"},
                      Attack{"UnknownType", "%1\r\n", "protocol error"},
                      Attack{"ZeroBytes", "\0\0\0\0"s, "protocol error"},
                      Attack{"NegativeBulk", "$-5\r\n", "out of range"},
                      Attack{"NegativeArray", "*-7\r\n", "out of range"},
                      Attack{"HugeInteger", ":99999999999999999999\r\n", "integer"}),
    [](const auto& test) { return test.param.name; });

TEST(RedisHostileServerTest, ReplyToNoCommandEndsTheConnection) {
  ScriptedPeer peer(AnswersGetWith(":1\r\n:2\r\n"));
  DrivenRedis redis(Prompt(peer.url()));
  EXPECT_THAT(redis.Execute({"GET", "a"}), IsOk()) << "it was answered";
  ASSERT_TRUE(redis.AwaitEvent(Kind::kReady, 2));
  EXPECT_THAT(redis.events().First(Kind::kError).error,
              StatusIs(absl::StatusCode::kInternal, HasSubstr("a reply to no command")));
}

TEST(RedisHostileServerTest, WhoGreetsUnaskedIsNoRedis) {
  ScriptedPeer peer([](const Received&) -> Answer { return {}; }, {.greeting = "+hello\r\n"});
  DrivenRedis redis({.url = peer.url(), .reconnect = NeverReconnect()});
  const auto reply = redis.Execute({"GET", "a"});
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kInternal, HasSubstr("not a Redis server")));
  EXPECT_TRUE(WasNotSent(reply.status()));
}

TEST(RedisHostileServerTest, HttpServerIsNamed) {
  ScriptedPeer peer([](const Received&) -> Answer {
    return {"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", true};
  });
  DrivenRedis redis({.url = peer.url(), .reconnect = NeverReconnect()});
  EXPECT_THAT(redis.Execute({"GET", "a"}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("it speaks HTTP")));
}

TEST(RedisHostileServerTest, PasswordThatTheServerQuotesIsNotShown) {
  ScriptedPeer peer([](const Received& received) -> Answer {
    return {"-ERR unknown command 'AUTH', with args beginning with: '" + received.argv.back() +
            "'\r\n"};
  });
  DrivenRedis redis({.url = "redis://:hunter2@" + peer.address(), .reconnect = NeverReconnect()});
  EXPECT_THAT(redis.Execute({"GET", "a"}),
              StatusIs(absl::StatusCode::kInternal, Not(HasSubstr("hunter2"))));
}

TEST(RedisReplyLimitsTest, HoldToTheByte) {
  RedisServer server(Durability::kNone);
  RedisOptions options = Prompt(server.url());
  options.max_reply_bytes = 1024;
  DrivenRedis redis(options);
  ASSERT_THAT(redis.Execute({"SET", "fits", std::string(1024, 'x')}), IsOk());
  ASSERT_THAT(redis.Execute({"SET", "more", std::string(1025, 'x')}), IsOk());
  EXPECT_THAT(redis.Execute({"GET", "fits"}), IsOk());
  EXPECT_THAT(redis.Execute({"GET", "more"}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("more than 1024 bytes")));
  EXPECT_THAT(redis.Execute({"GET", "fits"}), IsOk());
}

TEST(RedisReplyLimitsTest, HoldToTheElement) {
  RedisServer server(Durability::kNone);
  RedisOptions options = Prompt(server.url());
  options.max_reply_elements = 10;
  DrivenRedis redis(options);
  ASSERT_THAT(redis.Execute(Command("RPUSH", "list").AddAll(std::vector<int>(11, 7))), IsOk());
  EXPECT_THAT(redis.Execute({"LRANGE", "list", 0, 9}), IsOk());
  EXPECT_THAT(redis.Execute({"LRANGE", "list", 0, 10}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("at most 10")));
  EXPECT_THAT(redis.Execute({"LRANGE", "list", 0, 9}), IsOk());
}

}  // namespace
}  // namespace holdfast::testing
