// What a client knows of a cluster, and how it changes.
#include "core/topology.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "topology_harness.h"

namespace holdfast::core {
namespace {

const NodeAddress kA = {"a", 1};
const NodeAddress kB = {"b", 2};
const NodeAddress kC = {"c", 3};

// Master a with replica c, and master b.
Topology Three() {
  Topology topology;
  topology.Assign({0, 8191}, topology.AddMaster(kA, "ida"));
  topology.Assign({8192, 16383}, topology.AddMaster(kB, "idb"));
  topology.AddReplica(kC, "idc", 0);
  return topology;
}

TEST(TopologyTest, KnowsNobodyAtFirst) {
  const Topology topology;
  EXPECT_EQ(Show(topology), "nobody 0-16383");
  EXPECT_EQ(topology.OwnerOf(0), Topology::kNobody);
  EXPECT_EQ(topology.Find(kA), Topology::kNobody);
}

TEST(TopologyTest, TellsOwnersReplicasAndAddresses) {
  const Topology topology = Three();
  EXPECT_EQ(topology.OwnerOf(8191), 0);
  EXPECT_EQ(topology.OwnerOf(8192), 1);
  EXPECT_EQ(topology.OwnerOf(16383), 1);
  EXPECT_EQ(topology.OwnerOf(16384), Topology::kNobody);
  EXPECT_EQ(topology.OwnerOf(65535), Topology::kNobody);
  EXPECT_EQ(topology.ReplicasOf(0), std::vector<int>{2});
  EXPECT_TRUE(topology.ReplicasOf(1).empty());
  EXPECT_TRUE(topology.ReplicasOf(Topology::kNobody).empty());
  EXPECT_EQ(topology.Find(kC), 2);
  EXPECT_TRUE(topology.Contains(kA));
  EXPECT_FALSE(topology.Contains({"a", 2}));
  EXPECT_EQ(topology.nodes()[2].id, "idc");
}

TEST(TopologyTest, ASlotMovesToAKnownNode) {
  Topology topology = Three();
  EXPECT_TRUE(topology.Move(5, kB));
  EXPECT_EQ(Show(topology), "a:1 0-4 6-8191; b:2 5-5 8192-16383; c:3 of a:1; nobody");
  EXPECT_FALSE(topology.Move(5, {"d", 4}));
  EXPECT_FALSE(topology.Move(16384, kA));
  EXPECT_EQ(topology.OwnerOf(5), 1);
}

TEST(TopologyTest, AReplicaThatIsMovedToIsAMaster) {
  Topology topology = Three();
  EXPECT_TRUE(topology.Move(0, kC));
  EXPECT_EQ(Show(topology), "a:1 1-8191; b:2 8192-16383; c:3 0-0; nobody");
  EXPECT_TRUE(topology.ReplicasOf(0).empty());
}

TEST(TopologyTest, ANodeIsItsAddress) {
  Topology topology = Three();
  EXPECT_EQ(topology.AddMaster(kA, "other"), 0);
  EXPECT_EQ(topology.AddReplica(kA, "other", 1), 0);
  EXPECT_EQ(topology.AddMaster(kC, "idc"), 2);
  EXPECT_EQ(Show(topology), "a:1 0-8191; b:2 8192-16383; c:3; nobody");
}

TEST(TopologyTest, ASlotIsAssignedOnce) {
  Topology topology = Three();
  EXPECT_FALSE(topology.Assign({100, 100}, 1));
  EXPECT_FALSE(topology.Assign({16383, 16384}, 1));
  EXPECT_FALSE(topology.Assign({5, 4}, 1));
  EXPECT_EQ(topology.OwnerOf(100), 0);
}

TEST(TopologyTest, LearnsOfNodesWithoutSlots) {
  Topology topology = Three();
  Topology other;
  other.Assign({0, 16383}, other.AddMaster({"d", 4}, "idd"));
  other.AddReplica(kB, "idb", 0);  // Is known already, and better.
  other.AddReplica({"e", 5}, "ide", 0);
  topology.Learn(other);
  EXPECT_EQ(Show(topology), "a:1 0-8191; b:2 8192-16383; c:3 of a:1; d:4; e:5 of d:4; nobody");
}

TEST(TopologyTest, TheNumberOfNodesIsBounded) {
  Topology topology;
  for (std::uint16_t i = 0; i < kMaxClusterNodes; ++i) {
    ASSERT_EQ(topology.AddMaster({"a", static_cast<std::uint16_t>(i + 1)}, ""), i);
  }
  EXPECT_EQ(topology.AddMaster(kB, ""), Topology::kNobody);
  EXPECT_EQ(topology.AddReplica(kB, "", 0), Topology::kNobody);
  topology.Learn(Three());
  EXPECT_EQ(topology.nodes().size(), kMaxClusterNodes);
}

TEST(TopologyTest, IsNotChangedByWhatHappensToItsCopy) {
  const Topology topology = Three();
  Topology copy = topology;
  copy.Move(0, kB);
  EXPECT_EQ(topology.OwnerOf(0), 0);
}

TEST(TopologyTest, LearnsNoReplicaOfAMasterForWhichThereWasNoRoom) {
  Topology topology;
  for (std::uint16_t i = 1; i < kMaxClusterNodes; ++i) topology.AddMaster({"x", i}, "");
  Topology other;
  other.AddMaster(kA, "ida");
  other.AddReplica(kC, "idc", other.AddMaster(kB, "idb"));
  topology.Learn(other);
  EXPECT_TRUE(topology.Contains(kA));
  EXPECT_FALSE(topology.Contains(kB));
  EXPECT_FALSE(topology.Contains(kC));
}

}  // namespace
}  // namespace holdfast::core
