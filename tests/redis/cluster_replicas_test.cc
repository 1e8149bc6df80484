// Reads from replicas, events, and the ends of a cluster's client.
#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "redis/cluster_client.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

class ReplicaReadsTest : public ::testing::Test {
 protected:
  ReplicaReadsTest() {
    RedisOptions options = ClusterOptions(cluster_.urls());
    options.read_from_replicas = true;
    redis_.emplace(NewRedis(options));
  }
  std::string Do(Command command) { return TextOf(redis_->Execute(std::move(command))); }
  // The cluster does not show a replica before that has got something; the client finds it then.
  void AwaitReads() {
    ASSERT_EQ(Do({"SET", "a", "1"}), "OK");
    ASSERT_TRUE(Eventually([this] { return cluster_[1].Command({"DBSIZE"}) == "1"; }));
    ASSERT_TRUE(Eventually([this] {
      EXPECT_EQ(Do({"GET", "a"}), "1");
      return cluster_[1].CallsOf("get") > 0;
    }));
  }

  RedisCluster cluster_{1, 1};
  std::optional<BlockingRedis> redis_;
};

TEST_F(ReplicaReadsTest, ReadsGoToMasterAndReplicaInTurn) {
  AwaitReads();
  const int sets = cluster_[1].CallsOf("set");
  const int by_master = cluster_[0].CallsOf("get");
  const int by_replica = cluster_[1].CallsOf("get");
  for (int i = 0; i < 40; ++i) ASSERT_EQ(Do({"GET", "a"}), "1");
  EXPECT_EQ(cluster_[0].CallsOf("get") - by_master, 20);
  EXPECT_EQ(cluster_[1].CallsOf("get") - by_replica, 20);
  for (int i = 0; i < 10; ++i) ASSERT_EQ(Do({"SET", "a", "1"}), "OK");
  EXPECT_EQ(cluster_[0].CallsOf("set"), 11) << "writes go to the master alone";
  EXPECT_EQ(cluster_[1].Command({"INFO", "errorstats"}).find("MOVED"), std::string::npos);
  ASSERT_TRUE(Eventually([&] { return cluster_[1].CallsOf("set") >= sets + 10; }));
}

TEST_F(ReplicaReadsTest, TheMasterStandsInForAReplicaThatIsDown) {
  AwaitReads();
  cluster_.Kill(1);
  // What was on its way when the connection broke is told.
  ASSERT_TRUE(Eventually([this] { return Do({"GET", "a"}) == "1" && Do({"GET", "a"}) == "1"; }));
  for (int i = 0; i < 20; ++i) ASSERT_EQ(Do({"GET", "a"}), "1");
}

TEST_F(ReplicaReadsTest, TheMasterStandsInForAReplicaThatDoesNotServe) {
  AwaitReads();
  // Without a link to its master it answers MASTERDOWN.
  ASSERT_EQ(cluster_[1].Command({"CONFIG", "SET", "replica-serve-stale-data", "no"}), "OK");
  ASSERT_EQ(cluster_[0].Command({"CONFIG", "SET", "requirepass", "other"}), "OK");
  cluster_[0].Command({"CLIENT", "KILL", "TYPE", "replica"});
  RedisConnection reader = cluster_[1].Connect();
  ASSERT_EQ(reader.Command({"READONLY"}), "OK");
  ASSERT_TRUE(Eventually([&] { return reader.Command({"GET", "a"}).starts_with("-MASTERDOWN"); }));
  for (int i = 0; i < 20; ++i) ASSERT_EQ(Do({"GET", "a"}), "1");
}

TEST(ClusterRolesTest, NodesHaveRolesAndReplicasTheirMasters) {
  RedisCluster cluster(2, 1);
  const BlockingRedis redis = NewRedis(cluster);
  ASSERT_EQ(TextOf(redis.Execute({"MSET", KeyIn(0), "1", KeyIn(16383), "1"})), "OK");
  ASSERT_TRUE(Eventually([&] { return NodesOf(redis).size() == 4; }));
  std::map<std::string, std::string> masters;
  for (const BlockingRedisNode& node : NodesOf(redis)) {
    EXPECT_EQ(TextOf(node.client.Execute({"CLUSTER", "MYID"})), node.id);
    masters[node.address] = node.role == RedisNode::Role::kMaster ? "" : node.master;
  }
  EXPECT_EQ(masters,
            (std::map<std::string, std::string>{{cluster[0].address(), ""},
                                                {cluster[1].address(), ""},
                                                {cluster[2].address(), cluster[0].address()},
                                                {cluster[3].address(), cluster[1].address()}}));
}

// What the client tells of its connections.
class Log {
 public:
  std::function<void(const ConnectionEvent&)> Sink() {
    return [this](const ConnectionEvent& event) {
      const std::lock_guard lock(mutex_);
      events_[event.server].push_back(EventName(event.kind));
    };
  }
  std::vector<std::string> Of(const std::string& server) {
    const std::lock_guard lock(mutex_);
    return events_[server];
  }
  std::size_t servers() {
    const std::lock_guard lock(mutex_);
    return events_.size();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> events_;  // Guarded by mutex_.
};

TEST(ClusterEventsTest, EachNodeTellsOfItsConnectionAndEndsWithTheClient) {
  RedisCluster cluster(2, 0);
  Log log;
  RedisOptions options = ClusterOptions({cluster[0].url()});
  options.on_event = log.Sink();
  const BlockingRedis redis = NewRedis(options);
  ASSERT_TRUE(Eventually([&] {
    return log.Of(cluster[0].address()).size() == 2 && log.Of(cluster[1].address()).size() == 2;
  })) << "both masters are connected at once";
  EXPECT_TRUE(redis.is_ready());
  cluster[1].Command({"CLIENT", "KILL", "TYPE", "normal"});
  ASSERT_TRUE(Eventually([&] { return log.Of(cluster[1].address()).size() == 6; }));
  EXPECT_THAT(redis.Quit(), IsOk());
  EXPECT_FALSE(redis.is_open());
  ASSERT_TRUE(Eventually([&] { return log.Of(cluster[1].address()).size() == 7; }));
  EXPECT_THAT(log.Of(cluster[0].address()), ElementsAre("connect", "ready", "end"));
  EXPECT_THAT(log.Of(cluster[1].address()),
              ElementsAre("connect", "ready", "error", "reconnecting", "connect", "ready", "end"));
  EXPECT_EQ(log.servers(), 2U);
}

TEST(ClusterEventsTest, ANodeThatLeavesTheClusterEnds) {
  RedisCluster cluster(2, 1);
  Log log;
  RedisOptions options = ClusterOptions(cluster.urls());
  options.on_event = log.Sink();
  const BlockingRedis redis = NewRedis(options);
  ASSERT_TRUE(Eventually([&] { return log.Of(cluster[0].address()).size() == 2; }));
  cluster.Failover(2);
  for (const int node : {1, 2, 3}) {
    ASSERT_EQ(cluster[node].Command({"CLUSTER", "FORGET", cluster.id(0)}), "OK");
  }
  cluster.Kill(0);
  ASSERT_TRUE(Eventually([&] {
    (void)redis.Execute({"SET", KeyIn(0), "1"});  // Whatever comes of it.
    const std::vector<std::string> events = log.Of(cluster[0].address());
    return !events.empty() && events.back() == "end";
  }));
  ASSERT_EQ(TextOf(redis.Execute({"SET", KeyIn(16383), "1"})), "OK");
  EXPECT_TRUE(Eventually([&] { return NodesOf(redis).size() == 3; }));
  EXPECT_EQ(TextOf(redis.Execute({"SET", KeyIn(0), "1"})), "OK");
}

TEST(ClusterEndTest, QuitLetsCommandsEnd) {
  RedisCluster cluster(2, 0);
  const BlockingRedis redis = NewRedis(cluster);
  ASSERT_EQ(TextOf(redis.Execute({"SET", KeyIn(0), "1"})), "OK");
  std::thread slow([&] {
    EXPECT_EQ(TextOf(redis.Execute({"BLPOP", KeyIn(0, "list"), "1"})), "(nil)");
  });
  ASSERT_TRUE(Eventually([&] {
    return cluster[0].Command({"INFO", "clients"}).find("blocked_clients:1") != std::string::npos;
  }));
  EXPECT_THAT(redis.Quit(), IsOk());
  slow.join();
  const auto reply = redis.Execute({"GET", "a"});
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kCancelled));
  EXPECT_TRUE(WasNotSent(reply.status()));
}

TEST(ClusterEndTest, DisconnectFailsWhatWaits) {
  const BlockingRedis redis = NewRedis(ClusterOptions({"redis://127.0.0.1:1"}));
  std::thread waits([&] {
    EXPECT_THAT(redis.Execute({"GET", "a"}), StatusIs(absl::StatusCode::kCancelled));
  });
  std::thread lists([&] { EXPECT_FALSE(redis.Nodes().ok()); });
  while (redis.is_open()) {
    Yield();
    redis.Disconnect();
  }
  waits.join();
  lists.join();
}

}  // namespace
}  // namespace holdfast::testing
