// Slots that move from node to node: MOVED, ASK and TRYAGAIN on a real cluster.
#include <gmock/gmock.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "redis/cluster_client.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

// How often a node sent somebody away.
int MovedBy(RedisServer& node) {
  const std::string info = node.Command({"INFO", "errorstats"});
  const std::string start = "errorstat_MOVED:count=";
  const std::size_t at = info.find(start);
  return at == std::string::npos ? 0 : std::stoi(info.substr(at + start.size()));
}

TEST(ClusterRedirectTest, AFailoverByHandIsFollowed) {
  RedisCluster cluster(3, 1);
  const BlockingRedis redis = NewRedis(cluster);
  const std::string key = KeyIn(100);
  ASSERT_EQ(TextOf(redis.Execute({"SET", key, "1"})), "OK");
  const int replica = cluster.ReplicaOf(0);
  cluster.Failover(replica);
  EXPECT_EQ(TextOf(redis.Execute({"INCR", key})), "2");
  EXPECT_EQ(cluster[replica].Command({"GET", key}), "2");
  ASSERT_TRUE(Eventually([&] {
    for (const BlockingRedisNode& node : NodesOf(redis)) {
      if (node.address == cluster[0].address()) return node.role == RedisNode::Role::kReplica;
    }
    return false;
  })) << "the topology was not read again";
  for (const BlockingRedisNode& node : NodesOf(redis)) {
    if (node.address == cluster[0].address()) {
      EXPECT_EQ(node.master, cluster[replica].address());
    }
  }
}

TEST(ClusterRedirectTest, WhatWaitsForADeadMasterGoesToItsReplica) {
  RedisCluster cluster(3, 1);
  std::atomic<int> errors = 0;
  RedisOptions options = ClusterOptions(cluster.urls());
  options.command_timeout = kPatience;
  options.on_event = [&](const ConnectionEvent& event) {
    if (event.kind == ConnectionEvent::Kind::kError) ++errors;
  };
  const BlockingRedis redis = NewRedis(options);
  ASSERT_TRUE(Eventually([&] { return redis.is_ready(); }));
  ASSERT_EQ(TextOf(redis.Execute({"SET", KeyIn(100), "1"})), "OK");
  ASSERT_TRUE(Eventually([&] { return cluster[3].Command({"DBSIZE"}) == "1"; }));
  cluster.Kill(0);
  ASSERT_TRUE(Eventually([&] { return errors > 0; }));
  EXPECT_EQ(TextOf(redis.Execute({"INCR", KeyIn(100)})), "2");
}

class SlotTest : public ::testing::Test {
 protected:
  static constexpr int kSlot = 100;  // Of master 0.

  std::string Key(const std::string& name) { return KeyIn(kSlot, name); }
  std::string Do(Command command) { return TextOf(redis_.Execute(std::move(command))); }
  void SetKeys() { ASSERT_EQ(Do({"MSET", Key("one"), "1", Key("two"), "2"}), "OK"); }
  BlockingRedis Hasty() {
    RedisOptions options = ClusterOptions(cluster_.urls());
    options.command_timeout = 1s;
    return NewRedis(std::move(options));
  }

  RedisCluster cluster_{2, 0};
  BlockingRedis redis_ = NewRedis(cluster_);
};

TEST_F(SlotTest, AMovedSlotIsFollowedAndRemembered) {
  SetKeys();
  cluster_.MigrateSlot(kSlot, 0, 1);
  EXPECT_EQ(Do({"INCR", Key("one")}), "2");
  const int moved = MovedBy(cluster_[0]);
  EXPECT_EQ(moved, 1);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Do({"INCR", Key("one")}), std::to_string(3 + i));
  EXPECT_EQ(MovedBy(cluster_[0]), moved);
}

TEST_F(SlotTest, HalfWayEachKeyIsFoundWhereItIs) {
  SetKeys();
  cluster_.BeginMigration(kSlot, 0, 1);
  EXPECT_EQ(Do({"GET", Key("one")}), "1");
  EXPECT_EQ(Do({"SET", Key("new"), "3"}), "OK");
  cluster_.MoveKeys(kSlot, 0, 1);
  EXPECT_EQ(Do({"INCR", Key("one")}), "2");
  EXPECT_EQ(Do({"MGET", Key("two"), Key("new"), "elsewhere"}), "");
  EXPECT_EQ(MovedBy(cluster_[0]), 0) << "ASK says nothing about later commands";
  EXPECT_EQ(Do({"SET", Key("newer"), "4"}), "OK");
  cluster_.EndMigration(kSlot, 0, 1);
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"one", "2"}, {"two", "2"}, {"new", "3"}, {"newer", "4"}}) {
    EXPECT_EQ(Do({"GET", Key(name)}), value) << name;
  }
}

TEST_F(SlotTest, TransactionsGoWhereTheirKeysAre) {
  SetKeys();
  cluster_.BeginMigration(kSlot, 0, 1);
  const auto increment = Batch().Add({"INCR", Key("one")}).Add({"INCR", Key("two")});
  auto replies = redis_.Transaction(increment);
  ASSERT_THAT(replies, IsOk());
  cluster_.MoveKeys(kSlot, 0, 1);
  replies = redis_.Transaction(increment);
  ASSERT_THAT(replies, IsOk());
  ASSERT_EQ(replies->size(), 2U);
  EXPECT_EQ((*replies)[0].integer(), 3);
  cluster_.EndMigration(kSlot, 0, 1);
  replies = redis_.Transaction(increment);
  ASSERT_THAT(replies, IsOk());
  EXPECT_EQ((*replies)[1].integer(), 5);
}

TEST_F(SlotTest, ATransactionOnKeysOfBothSidesWaitsUntilTheyAreTogether) {
  SetKeys();
  cluster_.BeginMigration(kSlot, 0, 1);
  ASSERT_EQ(cluster_.MoveKeys(kSlot, 0, 1, 1), 1);
  const auto increment = Batch().Add({"INCR", Key("one")}).Add({"INCR", Key("two")});
  EXPECT_THAT(Hasty().Transaction(increment),
              StatusIs(absl::StatusCode::kUnavailable,
                       AllOf(HasSubstr("TRYAGAIN"), HasSubstr("was not executed"))));
  std::thread other([&] {
    const auto replies = redis_.Transaction(increment);
    ASSERT_THAT(replies, IsOk());
    EXPECT_EQ((*replies)[0].integer(), 2);
    EXPECT_EQ((*replies)[1].integer(), 3);
  });
  cluster_.MoveKeys(kSlot, 0, 1);
  other.join();
}

TEST_F(SlotTest, ACommandOnKeysOfBothSidesWaitsUntilTheyAreTogether) {
  SetKeys();
  cluster_.BeginMigration(kSlot, 0, 1);
  ASSERT_EQ(cluster_.MoveKeys(kSlot, 0, 1, 1), 1);
  const auto late = Hasty().Execute({"DEL", Key("one"), Key("two")});
  EXPECT_THAT(late, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("TRYAGAIN")));
  EXPECT_TRUE(WasNotSent(late.status())) << "nothing was executed, it may be given again";
  std::thread other([&] { EXPECT_EQ(Do({"DEL", Key("one"), Key("two")}), "2"); });
  cluster_.MoveKeys(kSlot, 0, 1);
  other.join();
}

TEST_F(SlotTest, AWatchedKeyThatMovesAwayStopsTheTransaction) {
  SetKeys();
  cluster_.BeginMigration(kSlot, 0, 1);
  auto kept = redis_.WatchKeys({Key("one")});
  ASSERT_THAT(kept, IsOk());
  const auto done = kept->Transaction(Batch().Add({"INCR", Key("one")}));
  ASSERT_THAT(done, IsOk());
  EXPECT_TRUE(done->has_value());
  auto moved = redis_.WatchKeys({Key("one")});
  ASSERT_THAT(moved, IsOk());
  cluster_.MoveKeys(kSlot, 0, 1);
  const auto stopped = moved->Transaction(Batch().Add({"INCR", Key("one")}));
  EXPECT_TRUE(!stopped.ok() || !stopped->has_value());
  EXPECT_EQ(Do({"GET", Key("one")}), "2");
}

// CLUSTER SLOTS does not list a master without slots.
TEST_F(SlotTest, ANewMasterIsFoundByItsFirstSlot) {
  SetKeys();
  RedisServer fresh(cluster_[0].setup());
  fresh.Command({"CLUSTER", "MEET", "127.0.0.1", std::to_string(cluster_[0].port()),
                 std::to_string(cluster_[0].bus_port())});
  const std::string id = fresh.Command({"CLUSTER", "MYID"});
  ASSERT_TRUE(Eventually([&] {
    return cluster_[0].Command({"CLUSTER", "NODES"}).find(id) != std::string::npos &&
           cluster_[1].Command({"CLUSTER", "NODES"}).find(id) != std::string::npos &&
           fresh.Command({"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos;
  }));
  const std::string slot = std::to_string(kSlot);
  ASSERT_EQ(fresh.Command({"CLUSTER", "SETSLOT", slot, "IMPORTING", cluster_.id(0)}), "OK");
  ASSERT_EQ(cluster_[0].Command({"CLUSTER", "SETSLOT", slot, "MIGRATING", id}), "OK");
  EXPECT_EQ(Do({"SET", Key("new"), "3"}), "OK");
  EXPECT_EQ(Do({"GET", Key("new")}), "3");
  EXPECT_EQ(fresh.Command({"CLUSTER", "COUNTKEYSINSLOT", slot}), "1");
}

}  // namespace
}  // namespace holdfast::testing
