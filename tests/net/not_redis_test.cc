// Peers that are no Redis, or a broken one: an error that says so, in time, and no memory spent.
#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <vector>

#include "holdfast/blocking.h"
#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/fake_node.h"
#include "support/scripted_peer.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::Not;
using namespace std::chrono_literals;

// What an acquire with the only node `url` ends with.
absl::Status AcquireAt(const std::string& url) {
  const BlockingClient client =
      NewClient({.nodes = {url}, .connect_timeout = 500ms, .command_timeout = 500ms});
  absl::Status status;
  EXPECT_THAT(TimeOf([&] { status = client.Acquire("a").status(); }), Lt(10s));
  return status;
}

std::string ReasonOf(const absl::Status& status) {
  const auto failure = GetFailure(status);
  if (!failure || failure->votes.size() != 1) return "(no votes) " + status.ToString();
  return failure->votes[0].reason;
}

Vote VoteOf(const absl::Status& status) {
  const auto failure = GetFailure(status);
  return failure && failure->votes.size() == 1 ? failure->votes[0].vote : Vote::kPending;
}

TEST(NotRedis, HttpServerIsRecognised) {
  ScriptedPeer peer([](const Received&) {
    return Answer{.bytes = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", .close = true};
  });
  const absl::Status status = AcquireAt(peer.url());
  EXPECT_THAT(status, Not(IsOk()));
  EXPECT_THAT(std::string(status.message()), HasSubstr("not a Redis server"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("HTTP/1.1 400 Bad Request"));
}

TEST(NotRedis, ServerThatGreetsFirstIsRecognised) {
  ScriptedPeer peer([](const Received&) { return Answer{}; },
                    {.greeting = "SSH-2.0-OpenSSH_9.2p1\r\n"});
  const absl::Status status = AcquireAt(peer.url());
  EXPECT_THAT(std::string(status.message()), HasSubstr("not a Redis server"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("SSH-2.0"));
}

TEST(NotRedis, GreetingInTheProtocolIsNoAnswer) {
  FakePeer peer({}, {.greeting = "+hello\r\n"});
  EXPECT_THAT(AcquireAt(peer.url()), FailsAs(IsNoQuorum));
}

TEST(NotRedis, SilentPeerIsNoAnswer) {
  ScriptedPeer peer([](const Received&) { return Answer{}; });
  const absl::Status status = AcquireAt(peer.url());
  EXPECT_THAT(status, FailsAs(IsNoQuorum));
  EXPECT_NE(ReasonOf(status), "");
}

TEST(NotRedis, RefusedConnectionIsNamed) {
  const Fd bound = BindLoopback(0);  // Nobody listens, and nobody else gets the port.
  const absl::Status status = AcquireAt("redis://127.0.0.1:" + std::to_string(PortOf(bound)));
  EXPECT_THAT(status, FailsAs(IsNoQuorum));
  EXPECT_EQ(VoteOf(status), Vote::kDown);
  EXPECT_THAT(ReasonOf(status), HasSubstr("refused"));
}

TEST(NotRedis, UnknownHostIsNamed) {
  const absl::Status status = AcquireAt("redis://no-such-host.invalid");
  EXPECT_THAT(status, FailsAs(IsNoQuorum));
  EXPECT_EQ(VoteOf(status), Vote::kDown);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no-such-host.invalid"));
}

struct BadReply {
  std::string name;
  std::string bytes;
  std::string cause;
};
std::ostream& operator<<(std::ostream& os, const BadReply& bad) { return os << bad.name; }

std::string Repeated(const std::string& text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

class BadReplyTest : public ::testing::TestWithParam<BadReply> {};
INSTANTIATE_TEST_SUITE_P(
    Replies, BadReplyTest,
    ::testing::Values(BadReply{"HugeArray", "*2147483647\r\n", "2147483647 elements"},
                      BadReply{"HugeNestedArray", "*2\r\n*2147483647\r\n", "2147483647 elements"},
                      BadReply{"HugeString", "$536870912\r\n" + std::string(200'000, 'x'),
                               "more than [0-9]+ bytes"},
                      BadReply{"EndlessLine", "+" + std::string(5'000'000, 'x'),
                               "more than [0-9]+ bytes"},
                      BadReply{"DeepNesting", Repeated("*1\r\n", 20), "protocol error"},
                      BadReply{"UnknownType", "?what\r\n", "protocol error|not a Redis server"},
                      BadReply{"NegativeLength", "$-2\r\n", "protocol error"},
                      BadReply{"LengthOverflow", "$99999999999999999999\r\n", "protocol error"},
                      BadReply{"NotANumber", ":1x\r\n", "protocol error"}),
    ::testing::PrintToStringParamName());

TEST_P(BadReplyTest, EndsAnAcquireAndTheConnection) {
  FakePeer peer(AnswerTo("acquire", {.bytes = GetParam().bytes}, 1));
  const BlockingClient client = NewClient({.nodes = {peer.url()}, .command_timeout = 20s});
  const auto refused = client.Acquire("a");
  EXPECT_THAT(refused, FailsAs(IsNoQuorum));
  EXPECT_THAT(ReasonOf(refused.status()), ContainsRegex(GetParam().cause));
  EXPECT_THAT(client.Acquire("a", {.wait = kPatience}), IsOk()) << "on the next connection";
  EXPECT_EQ(peer.peer().connections(), 2);
}

TEST_P(BadReplyTest, EndsTheHandshake) {
  FakePeer peer(AnswerTo("time", {.bytes = GetParam().bytes}, 1));
  const BlockingClient client = NewClient({.nodes = {peer.url()}, .connect_timeout = 20s});
  EXPECT_THAT(TimeOf([&] { EXPECT_THAT(client.Acquire("a"), FailsAs(IsNoQuorum)); }), Lt(10s));
  EXPECT_THAT(client.Acquire("a", {.wait = kPatience}), IsOk()) << "on the next connection";
}

// Only the bytes that came can be judged: the deadline ends it.
TEST(BadReply, LengthWithoutTheBytesIsNoAnswer) {
  FakePeer peer(AnswerTo("acquire", {.bytes = "$536870912\r\n"}));
  const absl::Status status = AcquireAt(peer.url());
  EXPECT_THAT(status, FailsAs(IsNoQuorum));
}

TEST(BadReply, OneTooManyCostsTheConnection) {
  FakePeer peer(AnswerTo("acquire", {.bytes = "*2\r\n$2\r\nOK\r\n:1\r\n+OK\r\n"}, 1));
  const BlockingClient client = NewClient({.nodes = {peer.url()}});
  const auto lock = client.Acquire("a");
  EXPECT_THAT(lock, IsOk());
  EXPECT_TRUE(Eventually([&] { return peer.peer().connections() == 2; }));
  AwaitNodes(client, 1);
}

TEST(BadReply, OfTheWrongShapeIsAnError) {
  for (const std::string bytes :
       {"+OK\r\n", "*0\r\n", ":1\r\n", "$-1\r\n", "*-1\r\n", "*1\r\n:1\r\n",
        "*2\r\n$3\r\nYES\r\n:0\r\n", "*1\r\n$4\r\nBUSY\r\n"}) {
    FakePeer peer(AnswerTo("acquire", {.bytes = bytes}));
    const absl::Status status = AcquireAt(peer.url());
    EXPECT_FALSE(status.ok()) << bytes;
    EXPECT_TRUE(Eventually([&] { return !peer.Commands("release").empty(); })) << bytes;
  }
}

struct ErrorReply {
  std::string text;
  Vote vote;
};
std::ostream& operator<<(std::ostream& os, const ErrorReply& error) { return os << error.text; }

TEST(ErrorReplies, AreVotesWithTheirReason) {
  const std::vector<ErrorReply> errors = {
      {"LOADING Redis is loading the dataset in memory", Vote::kError},
      {"OOM command not allowed when used memory > 'maxmemory'.", Vote::kError},
      {"READONLY You can't write against a read only replica.", Vote::kError},
      {"NOPERM this user has no permissions", Vote::kDenied},
      {"NOAUTH Authentication required.", Vote::kDenied}};
  for (const ErrorReply& error : errors) {
    FakePeer bad(AnswerTo("acquire", {.bytes = "-" + error.text + "\r\n"}));
    const absl::Status status = AcquireAt(bad.url());
    EXPECT_EQ(status.code(), error.vote == Vote::kDenied ? absl::StatusCode::kPermissionDenied
                                                         : absl::StatusCode::kUnavailable)
        << status;
    EXPECT_EQ(VoteOf(status), error.vote) << status;
    EXPECT_THAT(ReasonOf(status), HasSubstr(error.text));

    FakePeer good, better;
    const BlockingClient client = NewClient({.nodes = {bad.url(), good.url(), better.url()}});
    AwaitNodes(client, 3);
    EXPECT_THAT(client.Acquire("a"), IsOk()) << "one vote of three: " << error;
  }
}

}  // namespace
}  // namespace holdfast::testing
