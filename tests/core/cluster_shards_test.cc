// Reading CLUSTER SHARDS, and any reply at all in place of a topology.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "core/topology_reply.h"
#include "seed.h"
#include "topology_harness.h"

namespace holdfast::core {
namespace {

const NodeAddress kAsked = {"asked", 7000};

std::string Read(const std::string& text, bool tls = false) {
  const ReplyText reply(text);
  const auto topology = ReadClusterShards(reply.root(), kAsked, tls);
  if (topology.ok()) return Show(*topology);
  return std::string(topology.status().message().data(), topology.status().message().size());
}

std::string Node(const std::string& endpoint, int port, const std::string& role,
                 const std::string& health = "online") {
  return "['id' 'aa' 'port' " + std::to_string(port) + " 'tls-port' " +
         std::to_string(port + 10000) + " 'ip' '9.9.9.9' 'endpoint' " + endpoint +
         " 'hostname' '' 'role' '" + role + "' 'replication-offset' 5 'health' '" + health + "']";
}

std::string Shard(const std::string& slots, const std::string& nodes) {
  return "['slots' [" + slots + "] 'nodes' [" + nodes + "]]";
}

TEST(ClusterShardsTest, ReadsShardsWithTheirNodes) {
  EXPECT_EQ(Read("[" + Shard("0 4 10 16383", Node("'a'", 1, "replica") + Node("'b'", 2, "master")) +
                 Shard("5 9", Node("'c'", 3, "master")) + "]"),
            "b:2 0-4 10-16383; a:1 of b:2; c:3 5-9; nobody");
}

TEST(ClusterShardsTest, MastersWithoutSlotsAreRead) {
  EXPECT_EQ(Read("[" + Shard("0 16383", Node("'a'", 1, "master")) +
                 Shard("", Node("'b'", 2, "master")) + "]"),
            "a:1 0-16383; b:2; nobody");
}

TEST(ClusterShardsTest, WithTlsItsPortCounts) {
  const std::string text = "[" + Shard("0 16383", Node("'a'", 1, "master")) + "]";
  EXPECT_EQ(Read(text, true), "a:10001 0-16383; nobody");
}

TEST(ClusterShardsTest, HostsMayBeAbsentOrUnknown) {
  EXPECT_EQ(
      Read("[" + Shard("0 9", Node("''", 1, "master")) + Shard("10 19", Node("nil", 2, "master")) +
           Shard("20 29", Node("'?'", 3, "master") + Node("'c'", 3, "replica")) + "]"),
      "asked:1 0-9; asked:2 10-19; nobody 20-16383");
}

TEST(ClusterShardsTest, AMasterThatFailedGivesWayToTheOneThatTookOver) {
  EXPECT_EQ(
      Read("[" + Shard("0 16383", Node("'a'", 1, "master", "fail") + Node("'b'", 2, "master")) +
           "]"),
      "b:2 0-16383; nobody");
  EXPECT_EQ(
      Read("[" + Shard("0 16383", Node("'a'", 1, "master", "fail") + Node("'b'", 2, "replica")) +
           "]"),
      "a:1 0-16383; b:2 of a:1; nobody");
}

TEST(ClusterShardsTest, ReplicasThatAreNotOnlineAreLeftOut) {
  EXPECT_EQ(Read("[" +
                 Shard("0 16383", Node("'a'", 1, "master") + Node("'b'", 2, "replica", "fail") +
                                      Node("'c'", 3, "replica", "loading")) +
                 "]"),
            "a:1 0-16383; nobody");
}

TEST(ClusterShardsTest, SaysWhatIsMalformed) {
  const std::string at = "CLUSTER SHARDS of asked:7000: entry 1: ";
  const std::string node = Node("'a'", 1, "master");
  EXPECT_EQ(Read("[7]"), at + "7 is no shard");
  EXPECT_EQ(Read("[['slots']]"), at + "an array of 1 is no shard");
  EXPECT_EQ(Read("[['slots' []]]"), at + "nil are no nodes");
  EXPECT_EQ(Read("[['nodes' []]]"), at + "nil are no ranges of slots");
  EXPECT_EQ(Read("[" + Shard("0", node) + "]"), at + "an array of 1 are no ranges of slots");
  EXPECT_EQ(Read("[" + Shard("0 16384", node) + "]"), at + "16384 is no slot");
  EXPECT_EQ(Read("[" + Shard("0 5 5 6", node) + "]"), at + "slots 5 to 6 are listed twice");
  EXPECT_EQ(Read("[" + Shard("0 5", "7") + "]"), at + "nil is no port");
  EXPECT_EQ(Read("[" + Shard("0 5", "['port' 1]") + "]"), at + "nil is no role of a node");
  EXPECT_EQ(Read("[" + Shard("0 5", Node("'a/'", 1, "master")) + "]"), at + "'a/' is no host");
  EXPECT_EQ(Read("[" + Shard("0 5", Node("'a'", 0, "master")) + "]"), at + "0 is no port");
  EXPECT_EQ(Read("[" + Shard("0 5", Node("'a'", 1, "king")) + "]"),
            at + "'king' is no role of a node");
  EXPECT_EQ(Read("[" + Shard("0 5", "['port' 1 'id' 'a/' 'role' 'master']") + "]"),
            at + "'a/' is no node id");
  EXPECT_EQ(Read("[]"), "asked:7000 knows no owner of any slot");
}

// An array, or an element, of any kind; parts of what is expected among them.
void AddRandom(std::mt19937& random, Reply& reply, std::size_t parent, int depth) {
  const std::string_view texts[] = {"slots",  "nodes",   "endpoint", "port",  "role",
                                    "master", "replica", "id",       "a",     "?",
                                    "",       "\x1b",    "health",   "online"};
  const unsigned kind = random() % (depth == 0 ? 4 : 8);
  if (kind == 0) {
    reply.AddNil(parent);
  } else if (kind == 1) {
    reply.AddInteger(parent, static_cast<std::int64_t>(random() % 20000) - 10);
  } else if (kind < 4) {
    const auto type = random() % 20 == 0 ? ReplyType::kError : ReplyType::kString;
    reply.AddText(parent, type, texts[random() % std::size(texts)]);
  } else {
    const std::size_t array = reply.AddArray(parent);
    for (unsigned n = random() % 7; n > 0; --n) AddRandom(random, reply, array, depth - 1);
  }
}

TEST(TopologyReplyTest, SurvivesAnyReply) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(SeedText(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 30'000; ++i) {
    Reply reply;
    AddRandom(random, reply, Reply::kNone, 5);
    for (const auto& topology : {ReadClusterSlots(reply.root(), kAsked),
                                 ReadClusterShards(reply.root(), kAsked, i % 2 == 0)}) {
      if (topology.ok()) {
        ASSERT_FALSE(topology->nodes().empty());
      } else {
        ASSERT_LT(topology.status().message().size(), 1000U);
      }
    }
  }
}

TEST(ClusterShardsTest, KnowsReplicasByEitherName) {
  EXPECT_EQ(Read("[" + Shard("0 16383", Node("'a'", 1, "master") + Node("'b'", 2, "slave")) + "]"),
            "a:1 0-16383; b:2 of a:1; nobody");
}

// `first` nodes in a shard of their own, then shards of a master and a replica.
std::string ManyShards(int first, int pairs) {
  int port = 0;
  std::string nodes;
  for (int i = 0; i < first; ++i) nodes += Node("'a'", ++port, i == 0 ? "master" : "replica");
  std::string text = "[" + Shard("", nodes);
  for (int i = 0; i < pairs; ++i) {
    const std::string master = Node("'a'", ++port, "master");
    text += Shard("", master + Node("'a'", ++port, "replica"));
  }
  return text + "]";
}

TEST(ClusterShardsTest, TooManyNodesAreRefused) {
  const std::string where = "CLUSTER SHARDS of asked:7000: ";
  EXPECT_EQ(Read(ManyShards(1000, 0)), "asked:7000 knows no owner of any slot");
  EXPECT_EQ(Read(ManyShards(1001, 0)), where + "entry 1: more than 1000 nodes");
  EXPECT_EQ(Read(ManyShards(1, 500)), where + "entry 501: more than 1000 nodes") << "a replica";
  EXPECT_EQ(Read(ManyShards(2, 500)), where + "entry 501: more than 1000 nodes") << "a master";
}

}  // namespace
}  // namespace holdfast::core
