// The client on a real cluster that does not change.
#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

#include "redis/cluster_client.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class ClusterCommandsTest : public ::testing::Test {
 protected:
  std::string Do(Command command) { return TextOf(redis_.Execute(std::move(command))); }

  RedisCluster cluster_{3, 0};
  BlockingRedis redis_ = NewRedis(ClusterOptions({cluster_[1].url()}));
};

TEST_F(ClusterCommandsTest, EachCommandGoesToTheNodeOfItsKey) {
  for (int i = 0; i < 300; ++i) {
    const std::string key = "key:" + std::to_string(i);
    ASSERT_EQ(Do({"SET", key, i}), "OK");
    ASSERT_EQ(Do({"GET", key}), std::to_string(i));
  }
  for (int node = 0; node < 3; ++node) {
    EXPECT_NE(cluster_[node].Command({"DBSIZE"}), "0");
    EXPECT_THAT(cluster_[node].Command({"INFO", "errorstats"}), Not(HasSubstr("MOVED")));
  }
}

TEST_F(ClusterCommandsTest, HashTagsKeepKeysTogether) {
  EXPECT_EQ(Do({"MSET", "{tag}a", "1", "{tag}b", "2"}), "OK");
  EXPECT_EQ(Do({"RENAME", "{tag}a", "c{tag}"}), "OK");
  EXPECT_EQ(Do({"EVAL", "return redis.call('GET', KEYS[1]) .. redis.call('GET', KEYS[2])", "2",
                "c{tag}", "{tag}b"}),
            "12");
}

TEST_F(ClusterCommandsTest, KeysOfSeveralSlotsAreRefusedWhereTheyCannotBeSplit) {
  const auto reply = redis_.Execute({"RENAME", "a", "b"});
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kInvalidArgument,
                              AllOf(StartsWith("CROSSSLOT"), HasSubstr("'a'"))));
  const auto executed = redis_.Transaction(Batch().Add({"SET", "a", "1"}).Add({"SET", "b", "1"}));
  EXPECT_THAT(executed, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("CROSSSLOT")));
  EXPECT_THAT(redis_.WatchKeys({"a", "b"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("CROSSSLOT")));
}

TEST_F(ClusterCommandsTest, CommandsOfManyKeysAreSplitAndJoined) {
  Command mset("MSET");
  Command mget("MGET");
  Command del("DEL");
  std::vector<std::optional<std::string>> values;
  for (int i = 0; i < 200; ++i) {
    const std::string key = "key:" + std::to_string(i);
    mset.Add(key, i);
    mget.Add(key, "absent:" + key);
    del.Add(key);
    values.insert(values.end(), {std::to_string(i), std::nullopt});
  }
  EXPECT_EQ(Do(mset), "OK");
  const auto read = redis_.Execute(mget);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(*read->As<std::vector<std::optional<std::string>>>(), values);
  EXPECT_EQ(Do({"EXISTS", "key:1", "key:2", "key:2", "absent"}), "3");
  EXPECT_EQ(Do({"TOUCH", "key:1", "key:2", "absent"}), "2");
  EXPECT_EQ(Do({"UNLINK", "key:0", "key:1"}), "2");
  EXPECT_EQ(Do(del), "198");
}

TEST_F(ClusterCommandsTest, ThePartThatIsRefusedIsTold) {
  ASSERT_EQ(cluster_[cluster_.MasterOf("b")].Command({"CONFIG", "SET", "maxmemory", "1"}), "OK");
  EXPECT_THAT(redis_.Execute({"MSET", "a", "1", "b", "1"}),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("1 of the 2 slots")));
}

TEST_F(ClusterCommandsTest, ACommandWithoutAValueIsRefusedByTheServer) {
  EXPECT_THAT(Do({"MSET", "a", "1", "b{a}"}), HasSubstr("wrong number of arguments"));
  EXPECT_THAT(Do({"MSET", "a", "1", "b"}), HasSubstr("CROSSSLOT"));
  EXPECT_THAT(Do({"GET"}), HasSubstr("wrong number of arguments"));
  EXPECT_THAT(Do({"MGET"}), HasSubstr("wrong number of arguments"));
}

TEST_F(ClusterCommandsTest, CommandsWithoutAKeyGoToAllMastersInTurn) {
  ASSERT_TRUE(Eventually([this] {
    Do({"ECHO", "x"});
    for (int node = 0; node < 3; ++node) {
      if (cluster_[node].CallsOf("echo") < 3) return false;
    }
    return true;
  }));
}

TEST_F(ClusterCommandsTest, PipelinesKeepTheirOrderOnEachNode) {
  Batch batch;
  for (int i = 0; i < 1000; ++i) batch.Add({"RPUSH", "list:" + std::to_string(i % 7), i});
  for (const auto& reply : redis_.Pipeline(std::move(batch))) ASSERT_THAT(reply, IsOk());
  for (int list = 0; list < 7; ++list) {
    const auto items = redis_.Execute({"LRANGE", "list:" + std::to_string(list), 0, -1});
    ASSERT_THAT(items, IsOk());
    std::vector<int> expected;
    for (int i = list; i < 1000; i += 7) expected.push_back(i);
    EXPECT_EQ(*items->As<std::vector<int>>(), expected);
  }
}

TEST_F(ClusterCommandsTest, TransactionsAreExecutedByTheNodeOfTheirKeys) {
  for (const std::string tag : {"{a}", "{b}", "{c}", "{d}"}) {
    const auto replies = redis_.Transaction(
        Batch().Add({"SET", tag + "1", "5"}).Add({"PING"}).Add({"INCR", tag + "1"}));
    ASSERT_THAT(replies, IsOk());
    EXPECT_EQ((*replies)[2].integer(), 6);
  }
  const auto ping = redis_.Transaction(Batch().Add({"PING"}));
  ASSERT_THAT(ping, IsOk());
  EXPECT_EQ((*ping)[0].text(), "PONG");
}

TEST_F(ClusterCommandsTest, AWatchedKeyThatChangesStopsTheTransaction) {
  for (const std::string key : {"a", "b", "c", "d"}) {
    auto watch = redis_.WatchKeys({key});
    ASSERT_THAT(watch, IsOk());
    EXPECT_EQ(Do({"SET", key, "1"}), "OK");
    const auto stopped = watch->Transaction(Batch().Add({"SET", key, "2"}));
    ASSERT_THAT(stopped, IsOk());
    EXPECT_EQ(*stopped, std::nullopt);
    EXPECT_EQ(Do({"GET", key}), "1");
  }
}

TEST_F(ClusterCommandsTest, ScriptsAreLoadedWhereTheirKeysAre) {
  const Script script("return redis.call('INCR', KEYS[1])");
  for (const std::string key : {"a", "b", "c", "a", "b", "c"}) {
    EXPECT_THAT(redis_.Run(script, {key}, {}), IsOk());
  }
  EXPECT_EQ(Do({"GET", "c"}), "2");
}

// It was executed: sent anywhere again, it would be executed again.
TEST_F(ClusterCommandsTest, AScriptsOwnErrorIsNoRedirection) {
  for (const std::string error : {"TRYAGAIN later", "MOVED to archive", "NOSCRIPT of mine"}) {
    const Script script("redis.call('INCR', KEYS[1]) return redis.error_reply('" + error + "')");
    EXPECT_THAT(redis_.Run(script, {error}, {}).status().message(), HasSubstr(error));
    EXPECT_EQ(Do({"GET", error}), "1");
  }
}

TEST_F(ClusterCommandsTest, NodesAreListedEachWithAClientOfItsOwn) {
  const auto nodes = redis_.Nodes();
  ASSERT_THAT(nodes, IsOk());
  std::vector<std::string> addresses;
  for (const BlockingRedisNode& node : *nodes) {
    addresses.push_back(node.address);
    EXPECT_EQ(node.role, RedisNode::Role::kMaster);
    EXPECT_EQ(TextOf(node.client.Execute({"CLUSTER", "MYID"})), node.id);
  }
  EXPECT_THAT(addresses, UnorderedElementsAre(cluster_[0].address(), cluster_[1].address(),
                                              cluster_[2].address()));
}

TEST_F(ClusterCommandsTest, TheClientOfANodeFollowsNoRedirection) {
  const int other = (cluster_.MasterOf("a") + 1) % 3;
  for (const BlockingRedisNode& node : NodesOf(redis_)) {
    if (node.address != cluster_[other].address()) continue;
    EXPECT_THAT(TextOf(node.client.Execute({"GET", "a"})), HasSubstr("MOVED"));
    const auto refused = node.client.Transaction(Batch().Add({"SET", "a", "1"}));
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kAborted, HasSubstr("MOVED")));
  }
}

TEST(ClusterOfOneTest, AClusterOfOneNodeServes) {
  RedisCluster cluster(1, 0);
  const BlockingRedis redis = NewRedis(cluster);
  EXPECT_EQ(TextOf(redis.Execute({"MSET", "a", "1", "b", "2"})), "OK");
  EXPECT_EQ(TextOf(redis.Execute({"GET", "b"})), "2");
  EXPECT_EQ(redis.Nodes()->size(), 1U);
}

// So that what is meant for its slots can go where these are meanwhile.
TEST(ClusterOfOneTest, NothingWaitsWithANodeThatIsDown) {
  RedisCluster cluster(1, 0);
  RedisOptions options = ClusterOptions(cluster.urls());
  options.command_timeout = kPatience;
  const BlockingRedis redis = NewRedis(options);
  const std::vector<BlockingRedisNode> nodes = NodesOf(redis);
  ASSERT_EQ(nodes.size(), 1U);
  ASSERT_TRUE(Eventually([&] { return redis.is_ready(); }));
  cluster.Kill(0);
  ASSERT_TRUE(Eventually([&] { return !redis.is_ready(); }));
  absl::Status status;
  const auto took = TimeOf([&] { status = nodes[0].client.Execute({"PING"}).status(); });
  EXPECT_TRUE(WasNotSent(status)) << status;
  EXPECT_LT(took, kPatience / 2);
}

}  // namespace
}  // namespace holdfast::testing
