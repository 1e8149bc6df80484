// Locks of a Redis Cluster while its seats get other servers.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "holdfast/errors.h"
#include "redis/cluster_locks.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr AcquireOptions kContend{
    .ttl = 2s, .wait = 60s, .retry_delay = 20ms, .retry_jitter = 20ms};

ClientOptions ShortOptions(const RedisCluster& cluster, const std::string& owner = "alice") {
  ClientOptions options = LockOptions(cluster, owner);
  options.max_ttl = 2s;
  return options;
}

class ClusterMovesTest : public ::testing::Test {
 protected:
  std::uint64_t NextFence(const BlockingClient& client) {
    auto lock = client.Acquire("a", kContend);
    EXPECT_THAT(lock, IsOk());
    if (!lock.ok()) return 0;
    EXPECT_THAT(lock->Release(), IsOk());
    return lock->fence();
  }
  NodeStatus StatusOf(const BlockingClient& client, std::size_t seat) {
    const auto nodes = client.Nodes();
    EXPECT_THAT(nodes, IsOk());
    return nodes.ok() && seat < nodes->size() ? (*nodes)[seat] : NodeStatus{};
  }
  bool HasServer(const BlockingClient& client, std::size_t seat, int server) {
    return Eventually([&] {
      const NodeStatus status = StatusOf(client, seat);
      return status.ready && status.server == cluster_[server].address();
    });
  }

  RedisCluster cluster_{3, 1};
  BlockingClient client_ = NewLockClient(ShortOptions(cluster_, "alice"));
  BlockingClient other_ = NewLockClient(ShortOptions(cluster_, "bob"));
};

TEST_F(ClusterMovesTest, TokensIncreaseOverFailovers) {
  std::uint64_t last = NextFence(client_);
  for (std::size_t seat = 0; seat < 3; ++seat) {
    const int replica = cluster_.ReplicaOf(cluster_.MasterOf(kSeatTags[seat]));
    cluster_.Failover(replica);
    const std::uint64_t during = NextFence(other_);
    EXPECT_GT(during, last) << "after the fail-over of " << kSeatTags[seat];
    EXPECT_TRUE(HasServer(client_, seat, replica));
    last = NextFence(client_);
    EXPECT_GT(last, during);
  }
}

TEST_F(ClusterMovesTest, ALockIsKeptWhileItsSeatsChangeServersOneByOne) {
  AcquireOptions held = kContend;
  held.auto_extend = true;
  auto lock = client_.Acquire("held", held);
  ASSERT_THAT(lock, IsOk());
  for (std::size_t seat = 0; seat < 3; ++seat) {
    const int replica = cluster_.ReplicaOf(cluster_.MasterOf(kSeatTags[seat]));
    cluster_.Failover(replica);
    EXPECT_TRUE(HasServer(client_, seat, replica));
    EXPECT_THAT(other_.Acquire("held", {.ttl = 2s}), FailsAs(IsHeld));
  }
  EXPECT_GT(lock->valid_for(), 0s);
  EXPECT_THAT(lock->Release(), IsOk());
  EXPECT_TRUE(Freed(cluster_, "held"));
}

TEST_F(ClusterMovesTest, AKilledMastersSeatIsInQuarantineAtItsReplica) {
  const std::uint64_t before = NextFence(client_);
  const int master = cluster_.MasterOf(kSeatTags[1]);
  const int replica = cluster_.ReplicaOf(master);
  ASSERT_TRUE(Eventually([&] {
    return cluster_[replica].Command({"DBSIZE"}) == cluster_[master].Command({"DBSIZE"});
  }));
  cluster_.Kill(master);
  cluster_.AwaitPromoted(replica);
  EXPECT_TRUE(Eventually([&] {
    const NodeStatus status = StatusOf(client_, 1);
    return status.votes_in.has_value() && status.server == cluster_[replica].address();
  }));
  EXPECT_GT(NextFence(client_), before) << "two seats are enough";
  EXPECT_TRUE(HasServer(client_, 1, replica));
  EXPECT_GT(NextFence(other_), before);
}

TEST_F(ClusterMovesTest, AMovedSlotTakesItsLocksAlong) {
  AcquireOptions held = kContend;
  held.auto_extend = true;
  auto lock = client_.Acquire("held", held);
  ASSERT_THAT(lock, IsOk());
  const int slot = SlotOf(kSeatTags[0]);
  const int from = cluster_.MasterOf(slot);
  const int to = cluster_.MasterOf(kSeatTags[2]);
  cluster_.MigrateSlot(slot, from, to);
  EXPECT_TRUE(HasServer(client_, 0, to));
  EXPECT_NE(StatusOf(client_, 0).warning, "") << "it shares a server now";
  EXPECT_THAT(other_.Acquire("held", {.ttl = 2s}), FailsAs(IsHeld));
  cluster_.MigrateSlot(slot, to, from);
  EXPECT_TRUE(HasServer(client_, 0, from));
  EXPECT_EQ(StatusOf(client_, 0).warning, "");
  EXPECT_GT(lock->valid_for(), 0s);
  EXPECT_THAT(lock->Release(), IsOk());
  EXPECT_TRUE(Freed(cluster_, "held"));
}

}  // namespace
}  // namespace holdfast::testing
