// Node filters: they take reach away, never votes.
#include <gmock/gmock.h>

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "holdfast/errors.h"
#include "redis/cluster_locks.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using namespace std::chrono_literals;

constexpr AcquireOptions kContend{.ttl = 10s, .wait = 60s, .retry_delay = 5ms, .retry_jitter = 5ms};

NodeFilter Without(const std::string& address) {
  return [address](const NodeInfo& node) { return node.address != address; };
}

NodeFilter InZone(const std::string& zone) {
  return [zone](const NodeInfo& node) { return node.zone == zone; };
}

class ClusterFilterTest : public ::testing::Test {
 protected:
  std::string AddressOf(std::size_t seat) {
    return cluster_[cluster_.MasterOf(kSeatTags[seat])].address();
  }
  ClientOptions Options(const std::string& owner, NodeFilter filter) {
    ClientOptions options = LockOptions(cluster_, owner);
    options.node_filter = std::move(filter);
    return options;
  }
  BlockingClient Filtered(const std::string& owner, std::size_t left_out) {
    return NewLockClient(Options(owner, Without(AddressOf(left_out))), 2);
  }

  RedisCluster cluster_{3, 0};
};

TEST_F(ClusterFilterTest, TwoClientsThatLeaveOutDifferentMastersNeverHoldOneLockAtOnce) {
  for (const auto& [one, other] : {std::pair(0, 2), std::pair(1, 0)}) {
    int counter = 0;
    const auto raise = [&](const BlockingClient& client) {
      for (int i = 0; i < 100; ++i) {
        auto lock = client.Acquire("counter", kContend);
        ASSERT_THAT(lock, IsOk());
        const int seen = counter;
        std::this_thread::yield();
        counter = seen + 1;
        ASSERT_THAT(lock->Release(), IsOk());
      }
    };
    const BlockingClient alice = Filtered("alice", one);
    const BlockingClient bob = Filtered("bob", other);
    std::thread thread([&] { raise(bob); });
    raise(alice);
    thread.join();
    EXPECT_EQ(counter, 200);
  }
}

TEST_F(ClusterFilterTest, EachRefusesTheOtherByTheSeatThatTheyShare) {
  const BlockingClient alice = Filtered("alice", 0);
  const BlockingClient bob = Filtered("bob", 2);
  for (const auto& [holder, asker] : {std::pair(&alice, &bob), std::pair(&bob, &alice)}) {
    auto lock = holder->Acquire("a", kContend);
    ASSERT_THAT(lock, IsOk());
    EXPECT_EQ(SeatsWith(cluster_, "a"), 2) << "it was granted by all that are left";
    EXPECT_FALSE(asker->Acquire("a").ok());
    ASSERT_THAT(lock->Release(), IsOk());
    ASSERT_TRUE(Freed(cluster_, "a"));
  }
}

TEST_F(ClusterFilterTest, TheQuorumStaysThatOfAllSeats) {
  const BlockingClient alice = Filtered("alice", 0);
  const auto seen = alice.Inspect("a");
  ASSERT_THAT(seen, IsOk());
  EXPECT_EQ(seen->quorum, 2);
  EXPECT_THAT(seen->nodes, SizeIs(3));
  cluster_.Kill(cluster_.MasterOf(kSeatTags[1]));
  AwaitNodes(alice, 1);
  EXPECT_THAT(alice.Acquire("a"), FailsAs(IsNoQuorum)) << "one seat of three is none";
  EXPECT_TRUE(Freed(cluster_, "a"));
}

TEST_F(ClusterFilterTest, AFilterThatLeavesOneSeatIsAnErrorThatNamesTheOthers) {
  const std::string only = AddressOf(1);
  const BlockingClient client =
      NewClient(Options("alice", [only](const NodeInfo& node) { return node.address == only; }));
  const auto refused = client.Acquire("a");
  ASSERT_THAT(refused, FailsAs(IsMisconfigured));
  EXPECT_THAT(std::string(refused.status().message()),
              AllOf(HasSubstr(kSeatTags[0]), HasSubstr(kSeatTags[2]), HasSubstr("filter")));
  const auto nodes = client.Nodes();
  ASSERT_THAT(nodes, IsOk());
  EXPECT_THAT((*nodes)[0].reason, HasSubstr("filter"));
  EXPECT_TRUE((*nodes)[1].ready);
}

TEST_F(ClusterFilterTest, ZonesAreShownToTheFilter) {
  ClientOptions options = Options("alice", InZone("near"));
  options.zones = {{AddressOf(0), "far"}, {AddressOf(1), "near"}, {AddressOf(2), "near"}};
  const BlockingClient client = NewLockClient(options, 2);
  const auto nodes = client.Nodes();
  ASSERT_THAT(nodes, IsOk());
  EXPECT_TRUE(!(*nodes)[0].ready && (*nodes)[1].ready && (*nodes)[2].ready);
  EXPECT_THAT((*nodes)[0].reason, HasSubstr("zone far"));
  EXPECT_THAT(client.Acquire("a"), IsOk());
}

TEST_F(ClusterFilterTest, AFilterIsShownTheMastersAsTheirClusterKnowsThem) {
  std::mutex mutex;
  std::map<std::string, NodeInfo> shown;
  ClientOptions options = Options("alice", [&](const NodeInfo& node) {
    const std::lock_guard guard(mutex);
    shown[node.address] = node;
    return true;
  });
  { const BlockingClient client = NewLockClient(options); }
  const std::lock_guard guard(mutex);
  EXPECT_THAT(shown, SizeIs(3));
  for (int i = 0; i < 3; ++i) {
    const NodeInfo& info = shown[cluster_[i].address()];
    EXPECT_EQ(info.id, cluster_.id(i));
    EXPECT_EQ(info.role, "master");
    EXPECT_EQ(info.host, "127.0.0.1");
    EXPECT_EQ(info.port, cluster_[i].port());
    const int first = kClusterSlots * i / 3;
    const int last = kClusterSlots * (i + 1) / 3 - 1;
    EXPECT_THAT(info.slots, ElementsAre(SlotInterval{static_cast<std::uint16_t>(first),
                                                     static_cast<std::uint16_t>(last)}));
  }
}

class ServerFilterTest : public ::testing::Test {
 protected:
  ClientOptions Options(NodeFilter filter) {
    return {.nodes = nodes_.urls(), .node_filter = std::move(filter)};
  }

  Nodes nodes_{3};
};

TEST_F(ServerFilterTest, OfIndependentServersItDecidesWhoIsAMember) {
  const BlockingClient client = NewLockClient(Options(Without(nodes_[2].address())), 2);
  const auto lock = client.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  const auto seen = client.Inspect("a");
  ASSERT_THAT(seen, IsOk());
  EXPECT_THAT(seen->nodes, SizeIs(2));
  EXPECT_EQ(seen->quorum, 2);
  EXPECT_EQ(nodes_.CountWith("lock:a"), 2);
  EXPECT_THAT(NewClient(Options({})).Acquire("a"), FailsAs(IsMisconfigured))
      << "who has another filter is another kind of client";
}

TEST_F(ServerFilterTest, ItIsShownZonesToo) {
  ClientOptions options = Options(InZone("near"));
  options.zones = {{nodes_[1].address(), "near"}};
  const BlockingClient client = NewLockClient(options, 1);
  const auto nodes = client.Nodes();
  ASSERT_THAT(nodes, IsOk());
  ASSERT_THAT(*nodes, SizeIs(1));
  EXPECT_EQ((*nodes)[0].node, nodes_[1].address());
}

TEST_F(ServerFilterTest, OneThatLeavesNobodyIsAnError) {
  EXPECT_THAT(BlockingClient::Create(Options([](const NodeInfo&) { return false; })),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("filter")));
}

}  // namespace
}  // namespace holdfast::testing
