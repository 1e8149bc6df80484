// Many commands while the cluster changes: none lost, none doubled, every error told.
#include "redis/cluster_load.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "redis/cluster_client.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

// For each thread some keys, spread over all the slots.
std::vector<std::vector<std::string>> Spread(int threads, int keys) {
  std::vector<std::vector<std::string>> all(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads * keys; ++i) {
    all[static_cast<std::size_t>(i % threads)].push_back("count:" + std::to_string(i));
  }
  return all;
}

std::vector<std::vector<std::string>> InSlot(int slot, int threads, int keys) {
  std::vector<std::vector<std::string>> all(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads * keys; ++i) {
    all[static_cast<std::size_t>(i % threads)].push_back(
        KeyIn(slot, "count" + std::to_string(i) + ":"));
  }
  return all;
}

// The count that the cluster has.
std::int64_t ValueOf(const BlockingRedis& redis, const std::string& key) {
  for (;;) {
    const auto reply = redis.Execute({"GET", key});
    if (reply.ok()) return reply->is_nil() ? 0 : reply->As<std::int64_t>().value_or(-1);
    EXPECT_TRUE(IsUnreachable(reply.status())) << reply.status();
  }
}

void ExpectNoneDoubled(const BlockingRedis& redis, ClusterLoad& load) {
  for (const auto& [key, tally] : load.tallies()) {
    EXPECT_LE(ValueOf(redis, key), tally.acknowledged + tally.unknown) << key;
  }
}

void ExpectNoneLost(const BlockingRedis& redis, ClusterLoad& load) {
  for (const auto& [key, tally] : load.tallies()) {
    EXPECT_GE(ValueOf(redis, key), tally.acknowledged) << key;
  }
}

// What a master has acknowledged its replica has, too.
bool IsReplicated(RedisServer& master) {
  const std::string info = master.Command({"INFO", "replication"});
  const auto after = [&info](const std::string& name) {
    const std::size_t at = info.find(name);
    return at == std::string::npos ? -1 : std::stoll(info.substr(at + name.size()));
  };
  return after(",offset=") >= 0 && after(",offset=") == after("master_repl_offset:");
}

class FailoverLoadTest : public ::testing::Test {
 protected:
  void AwaitProgress(int commands = 500) {
    const std::int64_t before = load_.acknowledged();
    ASSERT_TRUE(
        Eventually([&] { return load_.acknowledged() >= before + commands; }, 2 * kPatience));
  }

  static RedisOptions Options(RedisCluster& cluster) {
    RedisOptions options = ClusterOptions(cluster.urls());
    options.command_timeout = 2s;
    return options;
  }

  RedisCluster cluster_{3, 1};
  BlockingRedis redis_ = NewRedis(Options(cluster_));
  ClusterLoad load_{redis_, Spread(4, 6)};
};

TEST_F(FailoverLoadTest, AKilledMasterLosesNothingThatItsReplicaHas) {
  AwaitProgress();
  load_.Pause();
  for (int node = 0; node < 3; ++node) {
    ASSERT_TRUE(Eventually([&] { return IsReplicated(cluster_[node]); }));
  }
  cluster_.Kill(0);
  load_.Continue();
  cluster_.AwaitPromoted(3);
  AwaitProgress();
  load_.Finish();
  load_.Show("killed while idle");
  ExpectNoneDoubled(redis_, load_);
  ExpectNoneLost(redis_, load_);
  EXPECT_EQ(load_.total().others, 0) << load_.total().an_error;
}

// What the master acknowledged and had not passed on yet is lost by Redis itself.
TEST_F(FailoverLoadTest, AMasterKilledUnderLoadDoublesNothing) {
  AwaitProgress();
  cluster_.Kill(1);
  cluster_.AwaitPromoted(4);
  AwaitProgress();
  cluster_[1].Restart();
  cluster_.AwaitOk();
  AwaitProgress();
  load_.Finish();
  load_.Show("killed under load");
  ExpectNoneDoubled(redis_, load_);
  EXPECT_EQ(load_.total().others, 0) << load_.total().an_error;
}

TEST_F(FailoverLoadTest, AMasterThatStopsIsReplacedWithinTheTimeouts) {
  AwaitProgress();
  cluster_[2].Stop();
  cluster_.AwaitPromoted(5);
  AwaitProgress();
  ASSERT_TRUE(Eventually([this] {
    for (const auto& [key, tally] : load_.tallies()) {
      if (redis_.Execute({"EXISTS", key}).ok()) continue;
      return false;
    }
    return true;
  }));
  load_.Finish();
  load_.Show("stopped under load");
  ExpectNoneDoubled(redis_, load_);
  EXPECT_EQ(load_.total().others, 0) << load_.total().an_error;
  cluster_[2].Continue();
}

TEST_F(FailoverLoadTest, AFailoverByHandLosesAndDoublesNothing) {
  AwaitProgress();
  for (const int replica : {3, 0, 3, 0}) {
    cluster_.Failover(replica);
    AwaitProgress();
  }
  load_.Finish();
  load_.Show("failed over by hand, 4 times");
  ExpectNoneDoubled(redis_, load_);
  ExpectNoneLost(redis_, load_);
  EXPECT_EQ(load_.total().others, 0) << load_.total().an_error;
}

class MigrationLoadTest : public ::testing::TestWithParam<bool> {};

TEST_P(MigrationLoadTest, ASlotThatMovesUnderLoadCausesNoErrorAtAll) {
  constexpr int kSlot = 100;
  constexpr int kMoves = 10;
  RedisCluster cluster(2, 0);
  const BlockingRedis redis = NewRedis(cluster);
  ClusterLoad load(redis, InSlot(kSlot, 3, 4), GetParam());
  for (int i = 0; i < kMoves; ++i) {
    const std::int64_t before = load.acknowledged();
    ASSERT_TRUE(Eventually([&] { return load.acknowledged() >= before + 50; }));
    const int from = i % 2;
    cluster.BeginMigration(kSlot, from, 1 - from);
    while (cluster.MoveKeys(kSlot, from, 1 - from, 1) > 0) Yield();
    cluster.EndMigration(kSlot, from, 1 - from);
  }
  load.Finish();
  load.Show(GetParam() ? "slot moved 10 times, transactions" : "slot moved 10 times");
  for (const auto& [key, tally] : load.tallies()) {
    EXPECT_EQ(ValueOf(redis, key), tally.acknowledged) << key;
  }
  const Tally total = load.total();
  EXPECT_EQ(total.unknown + total.not_executed + total.others, 0) << total.an_error;
}

INSTANTIATE_TEST_SUITE_P(Commands, MigrationLoadTest, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "InPairs" : "Single"; });

}  // namespace
}  // namespace holdfast::testing
