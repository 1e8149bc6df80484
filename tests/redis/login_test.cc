// Passwords, users and databases.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "holdfast/blocking.h"
#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr absl::StatusCode kDenied = absl::StatusCode::kPermissionDenied;

class LoginTest : public ::testing::Test {
 protected:
  // The fixture's own connections stay logged in.
  void RequirePassword(int count) {
    for (int i = 0; i < count; ++i) nodes_[i].Command({"CONFIG", "SET", "requirepass", "s3cr3t"});
  }

  BlockingClient ClientAs(const std::string& userinfo, const std::string& path = "") {
    ClientOptions options;
    for (const auto& node : nodes_) options.nodes.push_back(node->url(userinfo, path));
    return NewClient(options);
  }

  static std::string AllTexts(const absl::Status& status) {
    std::string texts = status.ToString();
    const auto failure = GetFailure(status);
    if (!failure) return texts;
    for (const NodeVote& vote : failure->votes) texts += "\n" + vote.node + ": " + vote.reason;
    return texts;
  }

  Nodes nodes_{3};
};

TEST_F(LoginTest, PasswordOfTheUrlIsUsed) {
  RequirePassword(3);
  auto lock = ClientAs(":s3cr3t@").Acquire("a");
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(lock->Release(), IsOk());
}

TEST_F(LoginTest, PercentEncodedPasswordIsDecoded) {
  for (const auto& node : nodes_) {
    node->Command({"ACL", "SETUSER", "al:ice", "on", ">p@ss/w:rd%", "~*", "+@all"});
  }
  EXPECT_THAT(ClientAs("al%3Aice:p%40ss%2Fw%3Ard%25@").Acquire("a"), IsOk());
}

TEST_F(LoginTest, MissingPasswordIsDenied) {
  RequirePassword(3);
  EXPECT_THAT(ClientAs("").Acquire("a"), StatusIs(kDenied));
}

TEST_F(LoginTest, WrongPasswordIsDeniedAndNotShown) {
  RequirePassword(3);
  const BlockingClient client = ClientAs("default:wr0ngw0rd@");
  const auto lock = client.Acquire("a");
  ASSERT_THAT(lock, StatusIs(kDenied, HasSubstr(nodes_[0].address())));
  EXPECT_THAT(AllTexts(lock.status()), Not(HasSubstr("wr0ngw0rd")));
  const auto failure = GetFailure(lock.status());
  ASSERT_TRUE(failure.has_value());
  for (const NodeVote& vote : failure->votes) {
    EXPECT_EQ(vote.vote, Vote::kDenied);
    EXPECT_THAT(vote.reason, HasSubstr("WRONGPASS"));
  }
  const auto nodes = client.Nodes();
  ASSERT_THAT(nodes, IsOk());
  for (const NodeStatus& node : *nodes) {
    EXPECT_FALSE(node.ready);
    EXPECT_THAT(node.node + node.reason, Not(HasSubstr("wr0ngw0rd")));
  }
}

// The server's own words have "password" in them, which is not our secret.
TEST_F(LoginTest, WrongPasswordThatIsAPlainWordIsDenied) {
  RequirePassword(3);
  for (const std::string word : {"password", "user", "a"}) {
    EXPECT_THAT(ClientAs("default:" + word + "@").Acquire("a"), StatusIs(kDenied)) << word;
  }
}

TEST_F(LoginTest, WrongPasswordOnAMinorityIsAVote) {
  RequirePassword(1);
  EXPECT_THAT(ClientAs("").Acquire("a"), IsOk());
}

TEST_F(LoginTest, DeniedMinorityDoesNotHideThatTheOthersAreHeld) {
  const BlockingClient client = ClientAs("");
  AwaitNodes(client, 3);
  auto held = client.Acquire("a");
  ASSERT_THAT(held, IsOk());
  RequirePassword(1);
  EXPECT_THAT(ClientAs("").Acquire("a"), FailsAs(IsHeld));
}

TEST_F(LoginTest, UserWithoutTheRightIsDenied) {
  for (const auto& node : nodes_) {
    node->Command({"ACL", "SETUSER", "bob", "on", ">pw", "~holdfast:*", "~other:*", "+@all"});
  }
  const BlockingClient client = ClientAs("bob:pw@");
  AwaitNodes(client, 3);
  const auto lock = client.Acquire("a");
  EXPECT_THAT(lock, StatusIs(kDenied)) << AllTexts(lock.status());
}

// The rule that README.md gives.
TEST_F(LoginTest, LeastRightsAreEnough) {
  for (const auto& node : nodes_) {
    node->Command({"ACL",      "SETUSER",     "bob",           "on",       ">pw",
                   "~lock:*",  "~holdfast:*", "resetchannels", "-@all",    "+time",
                   "+info",    "+config|get", "+script|load",  "+evalsha", "+eval",
                   "+set",     "+get",        "+mget",         "+del",     "+pttl",
                   "+pexpire", "+type",       "+hget",         "+hmget",   "+hset"});
    node->Command({"SCRIPT", "FLUSH"});
  }
  const BlockingClient client = ClientAs("bob:pw@");
  auto lock = client.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(client.Acquire("a"), FailsAs(IsHeld));
  EXPECT_THAT(lock->Extend(20s), IsOk());
  const auto inspection = client.Inspect("a");
  ASSERT_THAT(inspection, IsOk());
  for (const NodeView& view : inspection->nodes) EXPECT_EQ(view.state, NodeView::State::kHeld);
  EXPECT_THAT(lock->Release(), IsOk());
}

TEST_F(LoginTest, DatabaseOfTheUrlIsUsed) {
  const BlockingClient client = ClientAs("", "/3");
  AwaitNodes(client, 3);
  auto lock = client.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(Eventually([this] {
    for (const auto& node : nodes_) node->Command({"SELECT", "3"});
    return nodes_.CountWith("lock:a") == 3;
  }));
  for (const auto& node : nodes_) node->Command({"SELECT", "0"});
  EXPECT_EQ(nodes_.CountWith("lock:a"), 0);
  EXPECT_THAT(ClientAs("").Acquire("a"), IsOk());
}

TEST_F(LoginTest, DatabaseThatDoesNotExistIsNamed) {
  const auto lock = ClientAs("", "/99").Acquire("a");
  ASSERT_THAT(lock, Not(IsOk()));
  EXPECT_THAT(AllTexts(lock.status()), HasSubstr("DB index is out of range"));
}

}  // namespace
}  // namespace holdfast::testing
