// A cache whose keys are spread over a cluster.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "redis/cache_harness.h"
#include "redis/cluster_client.h"

namespace holdfast::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::SizeIs;
using namespace std::chrono_literals;

constexpr int kKeys = 300;

class CacheClusterTest : public ::testing::Test {
 protected:
  CacheClusterTest() {
    for (int i = 0; i < kKeys; ++i) keys_.push_back("k" + std::to_string(i));
  }

  Entries All(const std::string& value) const {
    Entries entries;
    for (const std::string& key : keys_) entries.Add(key, value);
    return entries;
  }

  int Stored(int master) { return std::stoi(cluster_[master].Command({"DBSIZE"})); }

  RedisCluster cluster_{3, 1};
  BlockingCache cache_ = Must(BlockingCache::Create(NewRedis(cluster_), {.prefix = "p:"}));
  std::vector<std::string> keys_;
};

TEST_F(CacheClusterTest, SeveralKeysAreSplitOverTheMasters) {
  ASSERT_THAT(cache_.SetMany(All("v")), IsOk());
  for (const int master : {0, 1, 2}) EXPECT_GT(Stored(master), kKeys / 6);
  EXPECT_EQ(Stored(0) + Stored(1) + Stored(2), kKeys);
  EXPECT_THAT(cache_.GetMany(keys_),
              Yields(::testing::AllOf(SizeIs(kKeys), Each(Optional(std::string("v"))))));
  EXPECT_THAT(cache_.ExistsMany(keys_), Yields(::testing::AllOf(SizeIs(kKeys), Each(true))));
  EXPECT_THAT(cache_.RemoveMany(keys_), Yields(kKeys));
  EXPECT_EQ(Stored(0) + Stored(1) + Stored(2), 0);
}

TEST_F(CacheClusterTest, ValuesWithATtlExpireOnEachMaster) {
  ASSERT_THAT(cache_.SetMany(All("v"), {.ttl = kLong}), IsOk());
  for (const std::string& key : {keys_[0], keys_[1], keys_[2], keys_[3]}) {
    EXPECT_THAT(cache_.Ttl(key), Yields(Optional(::testing::Gt(0ms)))) << key;
  }
}

TEST_F(CacheClusterTest, ScanFindsTheKeysOfAllMastersAndClearRemovesThem) {
  ASSERT_THAT(cache_.SetMany(All("v")), IsOk());
  EXPECT_EQ(cluster_[cluster_.MasterOf(std::string("other"))].Command({"SET", "other", "1"}), "OK");
  EXPECT_THAT(cache_.Scan("*", {.page = 20}), Yields(SizeIs(kKeys)));
  EXPECT_THAT(cache_.Scan("k1"), Yields(ElementsAre("k1")));
  EXPECT_THAT(cache_.Clear({.page = 20}), Yields(kKeys));
  EXPECT_EQ(Stored(0) + Stored(1) + Stored(2), 1);
}

TEST_F(CacheClusterTest, KeysAreFoundAtThePromotedReplica) {
  ASSERT_THAT(cache_.SetMany(All("v")), IsOk());
  cluster_.Failover(cluster_.ReplicaOf(1));
  EXPECT_THAT(cache_.GetMany(keys_), Yields(Each(Optional(std::string("v")))));
  EXPECT_THAT(cache_.SetMany(All("w")), IsOk());
  EXPECT_THAT(cache_.GetMany(keys_), Yields(Each(Optional(std::string("w")))));
}

TEST_F(CacheClusterTest, KeysAreFoundWhereTheirSlotWent) {
  ASSERT_THAT(cache_.SetMany(All("v")), IsOk());
  const int slot = SlotOf("p:" + keys_[0]);
  const int from = cluster_.MasterOf(slot);
  cluster_.MigrateSlot(slot, from, (from + 1) % 3);
  EXPECT_THAT(cache_.Get(keys_[0]), Yields(Optional(std::string("v"))));
  EXPECT_THAT(cache_.Increment("n"), Yields(1));
}

}  // namespace
}  // namespace holdfast::testing
