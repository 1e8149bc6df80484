// The tests' own clusters: what they promise to the tests that use them.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "support/certificates.h"
#include "support/cluster_view.h"
#include "support/key_slot.h"
#include "support/process.h"
#include "support/redis_cluster.h"
#include "support/temp_dir.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

TEST(ClusterView, LinesOfClusterNodesAreRead) {
  const auto nodes = ParseClusterNodes(
      "07c3 127.0.0.1:30004@31004 slave e7d1 0 1426238317239 4 connected\n"
      "e7d1 127.0.0.1:30001@31001,host myself,master - 0 0 1 connected 0-5 7 [93-<-292f]\n");
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[0].Summary(), "07c3 replica of e7d1");
  EXPECT_TRUE(nodes[1].Has("master") && nodes[1].Has("myself") && !nodes[1].Has("slave"));
  EXPECT_THAT(nodes[1].slots, ElementsAre(Pair(0, 5), Pair(7, 7)));
  EXPECT_TRUE(nodes[1].Owns(5) && nodes[1].Owns(7) && !nodes[1].Owns(6));
}

TEST(RedisClusterTest, MastersShareTheSlotsAndServe) {
  RedisCluster cluster(3, 0);
  ASSERT_EQ(cluster.size(), 3);
  for (const std::string key : {"a", "{tag}b", "x{tag}y", "{}c", "a{", "order:42"}) {
    const int slot = SlotOf(key);
    EXPECT_EQ(cluster[0].Command({"CLUSTER", "KEYSLOT", key}), std::to_string(slot));
    const int master = cluster.MasterOf(key);
    EXPECT_EQ(cluster[master].Command({"SET", key, "1"}), "OK");
    EXPECT_THAT(cluster[(master + 1) % 3].Command({"GET", key}),
                "-MOVED " + std::to_string(slot) + " " + cluster[master].address());
  }
  EXPECT_THAT((std::vector{cluster.MasterOf(0), cluster.MasterOf(8000), cluster.MasterOf(16383)}),
              ElementsAre(0, 1, 2));
}

TEST(RedisClusterTest, FailoverSwapsMasterAndReplica) {
  RedisCluster cluster(3, 1, {.password = "s3cr3t"});
  const int replica = cluster.ReplicaOf(1);
  ASSERT_EQ(replica, 4);
  const std::string key = KeyIn(8000);
  EXPECT_EQ(cluster[1].Command({"SET", key, "1"}), "OK");
  EXPECT_EQ(cluster[1].Command({"WAIT", "1", "10000"}), "1");
  cluster.Failover(replica);
  EXPECT_EQ(cluster.MasterOf(8000), replica);
  EXPECT_EQ(cluster.ReplicaOf(replica), 1);
  EXPECT_EQ(cluster[replica].Command({"GET", key}), "1");
}

TEST(RedisClusterTest, ReplicaOfKilledMasterIsPromotedAndOldMasterFollows) {
  RedisCluster cluster(3, 1);
  cluster.Kill(0);
  cluster.AwaitPromoted(3);
  EXPECT_EQ(cluster.MasterOf(0), 3);
  EXPECT_EQ(cluster.ReplicaOf(3), -1);
  cluster[0].Restart();
  cluster.AwaitOk();
  EXPECT_EQ(cluster.ReplicaOf(3), 0);
}

class MigrationTest : public ::testing::Test {
 protected:
  static constexpr int kSlot = 100;  // Of master 0.

  MigrationTest() {
    for (const char* key : {"one", "two", "three"}) keys_.push_back(KeyIn(kSlot, key));
  }
  void SetKeys() {
    for (const std::string& key : keys_) ASSERT_EQ(cluster_[0].Command({"SET", key, "1"}), "OK");
  }
  // Of `node` in a connection that said ASKING.
  std::string Asking(int node, const std::vector<std::string>& argv) {
    RedisConnection connection = cluster_[node].Connect();
    connection.Command({"ASKING"});
    return connection.Command(argv);
  }
  std::string To(const std::string& error, int node) {
    return "-" + error + " " + std::to_string(kSlot) + " " + cluster_[node].address();
  }

  RedisCluster cluster_{2, 0, {.password = "s3cr3t"}};
  std::vector<std::string> keys_;
};

TEST_F(MigrationTest, SlotMovesWithItsKeys) {
  SetKeys();
  cluster_.MigrateSlot(kSlot, 0, 1);
  EXPECT_EQ(cluster_.MasterOf(kSlot), 1);
  for (const std::string& key : keys_) EXPECT_EQ(cluster_[1].Command({"GET", key}), "1");
  EXPECT_EQ(cluster_[0].Command({"GET", keys_[0]}), To("MOVED", 1));
}

TEST_F(MigrationTest, HalfWaySlotAsksAndSaysTryAgain) {
  SetKeys();
  cluster_.BeginMigration(kSlot, 0, 1);
  EXPECT_EQ(cluster_[0].Command({"GET", keys_[0]}), "1");
  EXPECT_EQ(cluster_[0].Command({"GET", KeyIn(kSlot, "none")}), To("ASK", 1));
  EXPECT_EQ(cluster_.MoveKeys(kSlot, 0, 1, 1), 1);
  EXPECT_THAT(Asking(1, {"MGET", keys_[0], keys_[1], keys_[2]}), StartsWith("-TRYAGAIN"));
  EXPECT_EQ(cluster_[0].Command({"CLUSTER", "COUNTKEYSINSLOT", "100"}), "2");
  EXPECT_EQ(cluster_.MoveKeys(kSlot, 0, 1), 2);
  EXPECT_EQ(cluster_[0].Command({"GET", keys_[0]}), To("ASK", 1));
  EXPECT_EQ(cluster_[1].Command({"GET", keys_[0]}), To("MOVED", 0));
  EXPECT_EQ(Asking(1, {"GET", keys_[0]}), "1");
  cluster_.EndMigration(kSlot, 0, 1);
  EXPECT_EQ(cluster_[1].Command({"GET", keys_[0]}), "1");
}

TEST(RedisClusterTest, NodesTalkTlsAndTellTheirTlsPorts) {
  const TempDir dir;
  const CertificateAuthority authority;
  const CertificateFiles files =
      WriteTo(dir, "node", authority.Issue({.names = {"localhost"}, .ips = {"127.0.0.1"}}));
  const std::string ca_file = authority.WriteTo(dir);
  RedisCluster cluster(2, 1,
                       {.tls_certificate_file = files.certificate,
                        .tls_key_file = files.key,
                        .tls_ca_file = ca_file});
  const std::string key = KeyIn(100);
  EXPECT_EQ(cluster[0].Command({"SET", key, "1"}), "OK");
  cluster.MigrateSlot(100, 0, 1);
  EXPECT_EQ(cluster[1].Command({"GET", key}), "1");
  const std::string port = std::to_string(cluster[0].tls_port());
  Process stranger({"redis-cli", "--tls", "--cacert", ca_file, "-p", port, "GET", key});
  EXPECT_THAT(stranger.Wait().out, HasSubstr("MOVED 100 " + cluster[1].tls_address() + "\n"));
}

}  // namespace
}  // namespace holdfast::testing
