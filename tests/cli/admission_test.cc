// Nodes that may not vote yet, or not for this client: what the program says and does about them.
#include <string>
#include <vector>

#include "cli/program.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Servers that keep nothing over a restart: they wait for the max_ttl before they vote.
class PlainNodesTest : public ProgramTest {
 protected:
  PlainNodesTest() {
    for (const auto& node : nodes_) node->Command({"CONFIG", "SET", "appendonly", "no"});
  }
};

TEST_F(PlainNodesTest, RefuseAtFirstAndSayUntilWhen) {
  const Finished end = Run({"acquire", "-n", "a"});
  EXPECT_EQ(end.exit_status, 69) << end;
  for (const auto& node : nodes_) EXPECT_THAT(end.err, HasSubstr(node->address()));
  EXPECT_THAT(end.err, AllOf(HasSubstr("quarantined"), HasSubstr("votes in ")));
}

TEST_F(PlainNodesTest, WaitSaysWhoIsMissingAndEndsWhenTheyVote) {
  const Finished end = Run({"run", "--max-ttl", "3s", "--ttl", "1s", "a", "--", "true"});
  EXPECT_EQ(end.exit_status, 0) << end;
  EXPECT_THAT(end.err, HasSubstr("waiting for a: only 0 of 3 nodes can vote, and 2 are needed"));
  for (const auto& node : nodes_) EXPECT_THAT(end.err, HasSubstr(node->address()));
  EXPECT_THAT(end.err, HasSubstr("votes in"));
}

TEST_F(PlainNodesTest, InspectSaysWhyTheyDoNotVote) {
  const Finished text = Run({"inspect", "a"});
  EXPECT_EQ(text.exit_status, 69) << "a node that may have forgotten cannot say that it is free";
  EXPECT_THAT(text.out, AllOf(HasSubstr("cannot vote"), HasSubstr("votes in ")));
  const Json seen = Json::parse(Run({"inspect", "a", "--json"}).out);
  EXPECT_EQ(seen["state"], "unknown");
  EXPECT_EQ(seen["quorum_votes"], false);
  EXPECT_EQ(seen["nodes"][0]["state"], "free");
  EXPECT_THAT(seen["nodes"][0]["admission"].get<std::string>(), HasSubstr("votes in"));
}

TEST_F(PlainNodesTest, InspectBelievesThemWhatTheyHave) {
  for (const auto& node : nodes_) node->Command({"SET", "lock:a", "x"});
  const Finished end = Run({"inspect", "a"});
  EXPECT_EQ(end.exit_status, 0) << end;
  EXPECT_THAT(end.out, AllOf(HasSubstr("held by a key of another program on 3 of 3 nodes"),
                             HasSubstr("only 0 of 3 nodes can vote")));
}

TEST_F(PlainNodesTest, NewInstallationVotesAtOnce) {
  EXPECT_EQ(Run({"run", "-n", "--new-installation", "a", "--", "true"}).exit_status, 0);
  EXPECT_EQ(Run({"run", "-n", "a", "--", "true"}).exit_status, 0) << "it is needed once";
}

class ConfigurationTest : public ProgramTest {
 protected:
  // The nodes are now those of clients with the default configuration.
  void SetUp() override { ASSERT_EQ(Run({"run", "-n", "a", "--", "true"}).exit_status, 0); }

  Json ReconfigureTo(const std::string& max_ttl, int status) {
    const Finished end = Run({"reconfigure", "--max-ttl", max_ttl, "--json"});
    EXPECT_EQ(end.exit_status, status) << end;
    return Json::parse(end.out);
  }
};

TEST_F(ConfigurationTest, AnotherIs78AndSaysTheDifference) {
  const Finished end = Run({"run", "--max-ttl", "5s", "--ttl", "1s", "a", "--", "echo", "ran"});
  EXPECT_EQ(end.exit_status, 78) << end;
  EXPECT_EQ(end.out, "");
  EXPECT_THAT(end.err, AllOf(HasSubstr(nodes_[0].address()), HasSubstr("max_ttl of 30000 ms"),
                             HasSubstr("holdfast reconfigure")));
  const Json error = Json::parse(
      Run({"acquire", "-n", "--max-ttl", "5s", "--ttl", "1s", "a", "--json"}).out)["error"];
  EXPECT_EQ(error["kind"], "misconfigured");
  EXPECT_EQ(error["votes"][0]["vote"], "refused");
}

TEST_F(ConfigurationTest, ReconfigureInstallsAnother) {
  ReconfigureTo("2s", 0);
  const Json again = ReconfigureTo("1s", 0);
  EXPECT_EQ(again["taken"], true);
  ASSERT_EQ(again["nodes"].size(), 3U);
  EXPECT_EQ(again["nodes"][0]["state"], "quarantined");
  EXPECT_GT(again["nodes"][0]["votes_in_ms"].get<int>(), 0);
  EXPECT_EQ(Run({"acquire", "-n", "a"}).exit_status, 78) << "the old configuration";
  const std::vector<std::string> variable = {Env()[0], "HOLDFAST_MAX_TTL=1s"};
  EXPECT_EQ(RunAlone({"acquire", "-n", "a", "--ttl", "1s"}, variable).exit_status, 69)
      << "what was held under the old configuration may be held still";
}

TEST_F(ConfigurationTest, ReconfigureToTheSameChangesNothing) {
  EXPECT_EQ(ReconfigureTo("30s", 0)["nodes"][0]["state"], "voting");
  EXPECT_EQ(Run({"run", "-n", "a", "--", "true"}).exit_status, 0);
}

TEST_F(ConfigurationTest, ReconfigureNamesTheNodesItCouldNotReach) {
  nodes_[1].Kill();
  const Json result = ReconfigureTo("5s", 69);
  EXPECT_EQ(result["taken"], false);
  EXPECT_EQ(result["nodes"][0]["taken"], true);
  EXPECT_EQ(result["nodes"][1]["state"], "unreachable");
  nodes_[2].Kill();
  const Finished text = Run({"reconfigure", "--max-ttl", "5s"});
  EXPECT_EQ(text.exit_status, 69) << text;
  EXPECT_THAT(text.out, AllOf(HasSubstr("1 of 3 nodes have this configuration"),
                              HasSubstr(nodes_[1].address() + " does not"),
                              HasSubstr(nodes_[2].address() + " does not")));
}

TEST(Configuration, TtlIsBoundedByMaxTtl) {
  const RedisServer node;
  const std::vector<std::string> variable = {"HOLDFAST_NODES=" + node.url()};
  EXPECT_EQ(RunAlone({"acquire", "a", "--ttl", "40s"}, variable).exit_status, 64);
  const Words longer = {"acquire", "a", "--max-ttl", "1m", "--ttl", "40s"};
  EXPECT_EQ(RunAlone(longer, variable).exit_status, 0);
}

// One server, known under two addresses.
TEST(Configuration, MembershipStandsForTheAddresses) {
  const RedisServer node;
  const std::string other = "redis://localhost:" + std::to_string(node.port());
  const auto status = [](const std::string& url, const Words& more) {
    Words words = {"run", "-n", "a", "--nodes", url};
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {"--", "true"});
    return RunAlone(words).exit_status;
  };
  EXPECT_EQ(status(node.url(), {"--membership", "prod"}), 0);
  EXPECT_EQ(status(other, {"--membership", "prod"}), 0);
  EXPECT_EQ(status(other, {"--membership", "test"}), 78);
  EXPECT_EQ(status(other, {}), 78);
}

TEST(Configuration, EvictionIsWarnedOf) {
  RedisServer node;
  node.Command({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  const Finished end = RunAlone({"acquire", "a", "--nodes", node.url()});
  EXPECT_EQ(end.exit_status, 0) << end;
  EXPECT_THAT(end.err, HasSubstr("warning: " + node.address() + ": its maxmemory-policy"));
}

}  // namespace
}  // namespace holdfast::testing
