// Bad input: a clear error that names what is wrong, before anybody is asked.
#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <vector>

#include "holdfast/blocking.h"
#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

absl::Status CreateWith(const ClientOptions& options) {
  return BlockingClient::Create(options).status();
}

struct BadUrl {
  std::string name;
  std::string url;
  std::string cause;  // A part of the error that tells.
};
std::ostream& operator<<(std::ostream& os, const BadUrl& bad) { return os << bad.name; }

class BadUrlTest : public ::testing::TestWithParam<BadUrl> {};

INSTANTIATE_TEST_SUITE_P(
    Urls, BadUrlTest,
    ::testing::Values(
        BadUrl{"Empty", "", "[Ee]mpty|scheme"}, BadUrl{"NoScheme", "host:1", "scheme|redis://"},
        BadUrl{"OtherScheme", "http://h:1", "scheme|redis://"},
        BadUrl{"PortZero", "redis://h:0", "port"}, BadUrl{"PortTooBig", "redis://h:70000", "port"},
        BadUrl{"PortHuge", "redis://h:99999999999999999999", "port"},
        BadUrl{"PortText", "redis://h:x", "port"}, BadUrl{"PortSigned", "redis://h:+1", "port"},
        BadUrl{"DatabaseText", "redis://h/x", "database|db"},
        BadUrl{"DatabaseNegative", "redis://h/-1", "database|db"},
        BadUrl{"HostEmptyBrackets", "redis://[]:6379", "IPv6"},
        BadUrl{"HostWithSpace", "redis://a b:1", "host"},
        BadUrl{"BadPercent", "redis://u:%zz@h", "%|encod"}),
    ::testing::PrintToStringParamName());

TEST_P(BadUrlTest, IsRefusedWithTheCause) {
  EXPECT_THAT(CreateWith({.nodes = {"redis://127.0.0.1:1", GetParam().url}}),
              StatusIs(kInvalid, ContainsRegex(GetParam().cause)));
}

TEST(BadUrl, DoesNotShowItsPassword) {
  for (const std::string tail : {"h:0", "h/x", "[", "a b", "h:70000"}) {
    EXPECT_THAT(CreateWith({.nodes = {"redis://user:pa55w0rd@" + tail}}),
                StatusIs(kInvalid, Not(HasSubstr("pa55w0rd"))));
  }
}

TEST(BadOptions, NamesWhatIsWrong) {
  const std::vector<std::string> one = {"redis://127.0.0.1:1"};
  std::vector<std::string> sixteen;
  for (int i = 1; i <= 16; ++i) sixteen.push_back("redis://127.0.0.1:" + std::to_string(i));

  EXPECT_THAT(CreateWith({}), StatusIs(kInvalid, HasSubstr("node")));
  EXPECT_THAT(CreateWith({.nodes = sixteen}), StatusIs(kInvalid, HasSubstr("node")));
  EXPECT_THAT(CreateWith({.nodes = {"redis://127.0.0.1:7", "redis://:pw@127.0.0.1:7/2"}}),
              StatusIs(kInvalid, AllOf(HasSubstr("127.0.0.1:7"), Not(HasSubstr("pw")))));
  EXPECT_THAT(CreateWith({.nodes = {"redis://LocalHost", "redis://localhost:6379"}}),
              StatusIs(kInvalid, HasSubstr("6379")));
  EXPECT_THAT(CreateWith({.nodes = one, .owner = "a\nb"}), StatusIs(kInvalid, HasSubstr("owner")));
  EXPECT_THAT(CreateWith({.nodes = one, .owner = std::string(257, 'x')}),
              StatusIs(kInvalid, HasSubstr("owner")));
  EXPECT_THAT(CreateWith({.nodes = one, .max_ttl = 0ms}), StatusIs(kInvalid, HasSubstr("max_ttl")));
  EXPECT_THAT(CreateWith({.nodes = one, .connect_timeout = 0ms}),
              StatusIs(kInvalid, HasSubstr("connect_timeout")));
  EXPECT_THAT(CreateWith({.nodes = one, .command_timeout = -1ms}),
              StatusIs(kInvalid, HasSubstr("command_timeout")));
  EXPECT_THAT(CreateWith({.nodes = one, .drift_factor = 1.0}),
              StatusIs(kInvalid, HasSubstr("drift_factor")));
  EXPECT_THAT(CreateWith({.nodes = one, .drift_factor = -0.1}),
              StatusIs(kInvalid, HasSubstr("drift_factor")));
  EXPECT_THAT(CreateWith({.nodes = one, .tolerate_forgetful = -1}),
              StatusIs(kInvalid, HasSubstr("tolerate_forgetful")));
  EXPECT_THAT(CreateWith({.nodes = one, .tolerate_forgetful = 1}),
              StatusIs(kInvalid, HasSubstr("tolerate_forgetful")));
}

class BadCallTest : public ::testing::Test {
 protected:
  absl::Status Acquire(const std::string& name, const AcquireOptions& options = {}) {
    return client_.Acquire(name, options).status();
  }

  RedisServer node_;
  BlockingClient client_ = NewClient({.nodes = {node_.url()}, .max_ttl = 20s});
};

TEST_F(BadCallTest, NameOutOfBounds) {
  EXPECT_THAT(Acquire(""), StatusIs(kInvalid, HasSubstr("name")));
  EXPECT_THAT(Acquire(std::string(1025, 'x')), StatusIs(kInvalid, HasSubstr("name")));
  EXPECT_THAT(Acquire(std::string(2048, 'x')), StatusIs(kInvalid, HasSubstr("name")));
  EXPECT_THAT(Acquire(std::string(1024, 'x')), IsOk());
  EXPECT_THAT(client_.Inspect(""), StatusIs(kInvalid, HasSubstr("name")));
  EXPECT_THAT(client_.Attach("", std::string(32, 'a')), StatusIs(kInvalid, HasSubstr("name")));
}

TEST_F(BadCallTest, TtlOutOfBounds) {
  for (const auto ttl : {0ms, 9ms, -1ms, 20'001ms, std::chrono::milliseconds::max()}) {
    EXPECT_THAT(Acquire("a", {.ttl = ttl}), StatusIs(kInvalid, HasSubstr("ttl"))) << ttl.count();
  }
  EXPECT_THAT(Acquire("a", {.ttl = 20s}), IsOk());
}

TEST_F(BadCallTest, TtlOfAnExtensionOutOfBounds) {
  auto lock = client_.Acquire("a", {.ttl = 20s});
  ASSERT_THAT(lock, IsOk());
  for (const auto ttl : {0ms, 9ms, 20'001ms}) {
    EXPECT_THAT(lock->Extend(ttl), StatusIs(kInvalid, HasSubstr("ttl"))) << ttl.count();
  }
  EXPECT_THAT(lock->Extend(20s), IsOk());
}

TEST_F(BadCallTest, WaitAndDelaysOutOfBounds) {
  EXPECT_THAT(Acquire("a", {.wait = -1ms}), StatusIs(kInvalid, HasSubstr("wait")));
  EXPECT_THAT(Acquire("a", {.retry_delay = -1ms}), StatusIs(kInvalid, HasSubstr("retry_delay")));
  EXPECT_THAT(Acquire("a", {.retry_jitter = -1ms}), StatusIs(kInvalid, HasSubstr("retry_jitter")));
}

TEST_F(BadCallTest, TokenThatIsNone) {
  for (const std::string token : {"", "x", "0123456789abcdef0123456789abcdeg"}) {
    EXPECT_THAT(client_.Attach("a", token), StatusIs(kInvalid, HasSubstr("token"))) << token;
  }
}

TEST_F(BadCallTest, AsksNobody) {
  AwaitNodes(client_, 1);
  const int before = ScriptCalls(node_);
  EXPECT_THAT(Acquire(""), StatusIs(kInvalid));
  EXPECT_THAT(Acquire("a", {.ttl = 1ms}), StatusIs(kInvalid));
  EXPECT_EQ(ScriptCalls(node_), before);
}

}  // namespace
}  // namespace holdfast::testing
