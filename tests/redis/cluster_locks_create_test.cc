// What a lock client may be told of clusters, and what it says when that is wrong.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "holdfast/blocking.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

// Nobody listens there.
const std::string kNode = "redis://127.0.0.1:1";
const std::string kRoot = "redis://127.0.0.1:2";
const std::string kOtherRoot = "redis://127.0.0.1:3";

absl::Status Create(const ClientOptions& options) {
  return BlockingClient::Create(options).status();
}

auto IsRefusedFor(const std::string& what) {
  return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(what));
}

std::vector<std::string> NodesOf(const ClientOptions& options) {
  const auto client = BlockingClient::Create(options);
  EXPECT_THAT(client, IsOk());
  std::vector<std::string> names;
  const auto nodes = client->Nodes();
  EXPECT_THAT(nodes, IsOk());
  for (const NodeStatus& node : *nodes) names.push_back(node.node);
  return names;
}

TEST(ClusterCreateTest, NeitherNodesNorClustersNamesBoth) {
  EXPECT_THAT(Create({}), IsRefusedFor("no nodes and no clusters"));
  EXPECT_THAT(Create({.clusters = {{}}}), IsRefusedFor("clusters: number 1 has 0 URLs"));
}

TEST(ClusterCreateTest, TheSeatsOfOneClusterVote) {
  EXPECT_THAT(NodesOf({.clusters = {{kRoot}}}), ElementsAre("{54h}", "{fjl}", "{1x3}"));
  EXPECT_THAT(NodesOf({.clusters = {{kRoot}}, .seats = 1, .groups = 2}), ::testing::SizeIs(2));
}

TEST(ClusterCreateTest, ElseEachNodeAndEachClusterVotes) {
  EXPECT_THAT(NodesOf({.nodes = {kNode}, .clusters = {{kRoot, kOtherRoot}}}),
              ElementsAre("127.0.0.1:1", "{fjl}@127.0.0.1:2"));
  EXPECT_THAT(NodesOf({.clusters = {{kRoot}, {kOtherRoot}}}),
              ElementsAre("{fjl}@127.0.0.1:2", "{fjl}@127.0.0.1:3"));
}

TEST(ClusterCreateTest, SeatsAndGroupsAreOfOneCluster) {
  EXPECT_THAT(Create({.nodes = {kNode}, .seats = 5}), IsRefusedFor("seats can only be set"));
  EXPECT_THAT(Create({.clusters = {{kRoot}, {kOtherRoot}}, .groups = 2}),
              IsRefusedFor("groups can only be set"));
  EXPECT_THAT(Create({.clusters = {{kRoot}}, .seats = 8}), IsRefusedFor("seats of 8"));
  EXPECT_THAT(Create({.clusters = {{kRoot}}, .tolerate_forgetful = 3}),
              IsRefusedFor("not possible with 3 seats"));
}

TEST(ClusterCreateTest, ABadRootIsNamedWithoutItsPassword) {
  for (const std::string bad : {"http://u:s3cr3t@h", "redis://u:s3cr3t@h:0", "redis://u:s3cr3t@h/3",
                                "unix://u:s3cr3t@/run/redis.sock"}) {
    EXPECT_THAT(Create({.clusters = {{kRoot}, {bad}}}),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("clusters[1]"), Not(HasSubstr("s3cr3t")))))
        << bad;
  }
}

TEST(ClusterCreateTest, AServerIsGivenOnce) {
  EXPECT_THAT(Create({.clusters = {{kRoot, "redis://:p@127.0.0.1:2"}}}),
              IsRefusedFor("node 127.0.0.1:2 is given twice in clusters[0]"));
  EXPECT_THAT(Create({.clusters = {{kRoot}, {kOtherRoot, kRoot}}}),
              IsRefusedFor("node 127.0.0.1:2 is given in clusters[0] and in clusters[1]"));
  EXPECT_THAT(Create({.nodes = {kRoot}, .clusters = {{kRoot}}}),
              IsRefusedFor("node 127.0.0.1:2 is given in nodes and in clusters[0]"));
}

TEST(ClusterCreateTest, AFilterMustLeaveANodeEvenBesideACluster) {
  const NodeFilter nobody = [](const NodeInfo&) { return false; };
  EXPECT_THAT(Create({.nodes = {kNode, kOtherRoot}, .clusters = {{kRoot}}, .node_filter = nobody}),
              IsRefusedFor("leaves out all nodes: 127.0.0.1:1, 127.0.0.1:3"));
  EXPECT_THAT(Create({.clusters = {{kRoot}}, .node_filter = nobody}), IsOk());
}

TEST(ClusterCreateTest, NodesLeftOutAreNotCounted) {
  ClientOptions options;
  for (int port = 1; port <= 16; ++port) {
    options.nodes.push_back("redis://127.0.0.1:" + std::to_string(port));
  }
  EXPECT_THAT(Create(options), IsRefusedFor("16 nodes"));
  options.zones = {{"127.0.0.1:7", "far"}, {"nobody:1", "far"}};
  options.node_filter = [](const NodeInfo& node) { return node.zone != "far"; };
  EXPECT_THAT(Create(options), IsOk());
}

TEST(ClusterCreateTest, TheOnlyClusterIsThePlaceOfTheData) {
  const auto client = BlockingClient::Create({.clusters = {{kRoot}}});
  ASSERT_THAT(client, IsOk());
  EXPECT_THAT(client->redis(), IsOk());
  const auto two = BlockingClient::Create({.clusters = {{kRoot}, {kOtherRoot}}});
  ASSERT_THAT(two, IsOk());
  EXPECT_THAT(two->redis(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                     HasSubstr("2 nodes and clusters: the option `cache`")));
}

TEST(ClusterCreateTest, NamesOfDifferentGroupsCannotBeOneLock) {
  const auto client = BlockingClient::Create({.clusters = {{kRoot}}, .groups = 16});
  ASSERT_THAT(client, IsOk());
  const Names names = {"a", "b", "c", "d", "e"};
  EXPECT_THAT(client->Acquire(names), IsRefusedFor("hash tag"));
  EXPECT_THAT(client->Attach(names, std::string(32, 'a')), IsRefusedFor("different groups"));
  EXPECT_THAT(client->Attach({"{x}a", "{x}b", "{x}c"}, std::string(32, 'a')), IsOk());
}

}  // namespace
}  // namespace holdfast::testing
