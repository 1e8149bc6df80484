// `holdfast acquire`, `extend`, `release` and `inspect`: a lock by its token.
#include <cstdint>
#include <string>

#include "cli/program.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class TokenTest : public ProgramTest {
 protected:
  std::string Acquire(const std::string& name) {
    const Finished end = Run({"acquire", "-n", name, "--owner", "alice", "--ttl", "20s"});
    EXPECT_EQ(end.exit_status, 0) << end;
    EXPECT_THAT(end.out, MatchesRegex("[0-9a-f]{32}\n")) << "the token alone";
    return end.out.substr(0, 32);
  }

  Json RunJson(Words arguments, int status) {
    arguments.push_back("--json");
    const Finished end = Run(arguments);
    EXPECT_EQ(end.exit_status, status) << end;
    return Json::parse(end.out);
  }
};

TEST_F(TokenTest, AcquiredLockIsExtendedAndReleasedByOtherProcesses) {
  const std::string token = Acquire("a");
  EXPECT_EQ(Run({"extend", "a", token, "--ttl", "29s"}).exit_status, 0);
  EXPECT_GT(RunJson({"inspect", "a"}, 0)["remaining_ms"].get<int>(), 20'000);
  EXPECT_EQ(Run({"release", "a", token}).exit_status, 0);
  EXPECT_TRUE(Freed("a"));
}

TEST_F(TokenTest, LostLockIs74) {
  const std::string token = Acquire("a");
  EXPECT_EQ(Run({"release", "a", token}).exit_status, 0);
  EXPECT_EQ(Run({"release", "a", token}).exit_status, 74);
  EXPECT_EQ(Run({"extend", "a", token}).exit_status, 74);
  EXPECT_TRUE(Freed("a")) << "the extension made it anew";
  Acquire("a");
  EXPECT_EQ(Run({"release", "a", token}).exit_status, 74);
  EXPECT_EQ(Run({"acquire", "-n", "a"}).exit_status, 75) << "another's lock was released";
}

TEST_F(TokenTest, SeveralNamesAreOneLock) {
  const Json lock = RunJson({"acquire", "-n", "b", "a", "b", "--ttl", "20s"}, 0);
  EXPECT_EQ(lock["names"], Json({"a", "b"}));
  EXPECT_EQ(lock["fences"].size(), 2U);
  EXPECT_EQ(lock["fences"][0], lock["fence"]);
  const std::string token = lock["token"];
  EXPECT_EQ(RunJson({"extend", "a", "b", token, "--ttl", "29s"}, 0)["names"], lock["names"]);
  for (const std::string name : {"a", "b"}) {
    EXPECT_GT(RunJson({"inspect", name}, 0)["remaining_ms"].get<int>(), 20'000) << name;
  }
  EXPECT_EQ(RunJson({"release", "b", "a", token}, 0)["names"], lock["names"]);
  EXPECT_TRUE(Freed("a") && Freed("b"));
}

TEST_F(TokenTest, OfSeveralNamesAllAreTakenOrNone) {
  Acquire("b");
  const Finished refused = Run({"acquire", "-n", "a", "b", "c"});
  EXPECT_EQ(refused.exit_status, 75) << refused;
  EXPECT_THAT(refused.err, HasSubstr("b by alice")) << "which of them is held";
  EXPECT_TRUE(Freed("a") && Freed("c"));
}

TEST_F(TokenTest, InspectShowsTheFencingCounter) {
  const Json lock = RunJson({"acquire", "a"}, 0);
  const Json seen = RunJson({"inspect", "a"}, 0);
  int with_it = 0;
  for (const Json& node : seen["nodes"]) with_it += node["counter"] == lock["fence"] ? 1 : 0;
  EXPECT_GE(with_it, 2);
  EXPECT_THAT(Run({"inspect", "a"}).out, HasSubstr(lock["fence"].dump()));
  EXPECT_EQ(Run({"release", "a", lock["token"]}).exit_status, 0);
  EXPECT_GT(RunJson({"acquire", "a"}, 0)["fence"], lock["fence"]);
}

TEST_F(TokenTest, FailedExtensionDoesNotRelease) {
  const std::string token = Acquire("a");
  EXPECT_EQ(Run({"extend", "a", token, "--ttl", "1ms"}).exit_status, 64);
  EXPECT_GE(nodes_.CountWith("lock:a"), 2);
}

TEST_F(TokenTest, BadArgumentsAre64) {
  EXPECT_EQ(Run({"release", "a", "xyz"}).exit_status, 64);
  EXPECT_EQ(Run({"release", "a"}).exit_status, 64);
  EXPECT_EQ(Run({"acquire", ""}).exit_status, 64);
  EXPECT_EQ(Run({"acquire", std::string(2048, 'x')}).exit_status, 64);
  for (const std::string ttl : {"0s", "9ms", "1h", "-1s", "10", "x", "1.5.2s", ""}) {
    const Finished end = Run({"acquire", "-n", "a", "--ttl", ttl});
    EXPECT_EQ(end.exit_status, 64) << "ttl '" << ttl << "': " << end;
    EXPECT_THAT(end.err, HasSubstr("ttl"));
  }
  EXPECT_EQ(Run({"acquire", "a", "--owner", "x\ny"}).exit_status, 64);
  EXPECT_EQ(Run({"release"}).exit_status, 64);
  EXPECT_EQ(Run({"acquire"}).exit_status, 64);
  EXPECT_EQ(Run({"acquire", "a", ""}).exit_status, 64);
  EXPECT_EQ(nodes_.CountWith("lock:a"), 0);
}

TEST_F(TokenTest, JsonOfEachCommandParses) {
  const Json lock = RunJson({"acquire", "-n", "a", "--owner", "alice"}, 0);
  EXPECT_EQ(lock["names"], Json({"a"}));
  EXPECT_GT(lock["fence"].get<std::uint64_t>(), 0U);
  const std::string token = lock["token"];
  EXPECT_THAT(token, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_GT(lock["valid_ms"].get<int>(), 0);

  const Json refused = RunJson({"acquire", "-n", "a"}, 75)["error"];
  EXPECT_EQ(refused["kind"], "held");
  EXPECT_EQ(refused["holder"], "alice");
  EXPECT_GT(refused["remaining_ms"].get<int>(), 0);
  EXPECT_EQ(refused["votes"].size(), 3U);

  const Json seen = RunJson({"inspect", "a"}, 0);
  EXPECT_EQ(seen["state"], "held");
  EXPECT_EQ(seen["holder"], "alice");
  EXPECT_EQ(seen["quorum"], 2);
  EXPECT_EQ(seen["quorum_votes"], true);
  EXPECT_EQ(seen["nodes"].size(), 3U);

  EXPECT_GT(RunJson({"extend", "a", token}, 0)["valid_ms"].get<int>(), 0);
  EXPECT_EQ(RunJson({"release", "a", token}, 0)["released"], true);
  EXPECT_EQ(RunJson({"release", "a", token}, 74)["error"]["kind"], "lost");
  EXPECT_EQ(RunJson({"acquire", "a", "--nonsense"}, 64)["error"]["kind"], "usage");
}

TEST_F(TokenTest, InspectShowsEachNode) {
  EXPECT_THAT(Run({"inspect", "a"}).out, HasSubstr("free"));
  Acquire("a");
  const Finished held = Run({"inspect", "a"});
  EXPECT_EQ(held.exit_status, 0) << held;
  EXPECT_THAT(held.out, HasSubstr("held by alice"));
  for (const auto& node : nodes_) EXPECT_THAT(held.out, HasSubstr(node->address()));

  for (const auto& node : nodes_) node->Command({"RPUSH", "lock:b", "x"});
  EXPECT_EQ(RunJson({"inspect", "b"}, 0)["state"], "foreign");

  nodes_[0].Kill();
  EXPECT_EQ(RunJson({"inspect", "a"}, 0)["nodes"][0]["state"], "unreachable");
  nodes_[1].Kill();
  const Finished unknown = Run({"inspect", "a"});
  EXPECT_EQ(unknown.exit_status, 69) << unknown;
}

TEST_F(TokenTest, MajorityGoneIs69WithEachNodesReason) {
  const std::string token = Acquire("a");
  nodes_[0].Kill();
  nodes_[1].Kill();
  for (const Words& command :
       {Words{"acquire", "-n", "a"}, Words{"extend", "a", token}, Words{"release", "a", token}}) {
    const Json error = RunJson(command, 69)["error"];
    EXPECT_EQ(error["kind"], "no_quorum");
    ASSERT_EQ(error["votes"].size(), 3U);
    EXPECT_EQ(error["votes"][1]["node"], nodes_[1].address());
    EXPECT_EQ(error["votes"][1]["vote"], "down");
    EXPECT_NE(error["votes"][1]["reason"], "");
  }
}

TEST_F(TokenTest, PasswordsAndTokensAreNotShown) {
  for (const auto& node : nodes_) node->Command({"CONFIG", "SET", "requirepass", "right"});
  std::string urls;
  for (const auto& node : nodes_) urls += (urls.empty() ? "" : ",") + node->url(":wr0ngw0rd@");
  const Finished end = Run({"acquire", "-n", "a", "--nodes", urls});
  EXPECT_EQ(end.exit_status, 77) << end;
  EXPECT_THAT(end.out + end.err, ::testing::Not(HasSubstr("wr0ngw0rd")));
  EXPECT_EQ(Run({"inspect", "a", "--nodes", urls}).exit_status, 77);
}

}  // namespace
}  // namespace holdfast::testing
