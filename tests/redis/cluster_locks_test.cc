// Locks on a Redis Cluster: what works there, and where its keys are.
#include "redis/cluster_locks.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "holdfast/atomize.h"
#include "holdfast/blocking_cache.h"
#include "holdfast/errors.h"
#include "holdfast/mutex.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::Ge;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;

constexpr AcquireOptions kContend{
    .ttl = 10s, .wait = 60s, .retry_delay = 10ms, .retry_jitter = 10ms};

class ClusterLocksTest : public ::testing::Test {
 protected:
  bool OnAllSeats(const std::string& name) {
    return Eventually([&] { return SeatsWith(cluster_, name) == 3; });
  }
  std::chrono::milliseconds ShortestPttl(const std::string& name) {
    long long shortest = 1'000'000;
    for (const std::string& tag : kSeatTags) {
      RedisServer& server = cluster_[cluster_.MasterOf(tag)];
      shortest = std::min(shortest, std::stoll(server.Command({"PTTL", tag + "lock:" + name})));
    }
    return std::chrono::milliseconds(shortest);
  }

  RedisCluster cluster_{3, 0};
  BlockingClient client_ = NewLockClient(LockOptions(cluster_, "alice"));
  BlockingClient other_ = NewLockClient(LockOptions(cluster_, "bob"));
};

TEST_F(ClusterLocksTest, OneHoldsExtendsAndReleasesIt) {
  auto lock = client_.Acquire("order:42");
  ASSERT_THAT(lock, IsOk());
  EXPECT_GT(lock->valid_for(), 0s);
  EXPECT_TRUE(OnAllSeats("order:42"));
  const auto refused = other_.Acquire("order:42");
  ASSERT_THAT(refused, FailsAs(IsHeld));
  EXPECT_EQ(GetFailure(refused.status())->holder, "alice");
  ASSERT_THAT(lock->Extend(30s), IsOk());
  EXPECT_TRUE(Eventually([&] { return ShortestPttl("order:42") > 15s; }));
  EXPECT_THAT(lock->Release(), IsOk());
  EXPECT_TRUE(Freed(cluster_, "order:42"));
  const auto next = other_.Acquire("order:42", kContend);
  ASSERT_THAT(next, IsOk());
  EXPECT_GT(next->fence(), lock->fence());
}

TEST_F(ClusterLocksTest, EachKeyStartsWithItsSeatsTagAndIsInItsSlot) {
  const auto lock = client_.Acquire({"a", "b{tag}"});
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(OnAllSeats("a"));
  std::map<std::string, std::vector<std::string>> keys;
  for (int node = 0; node < cluster_.size(); ++node) {
    for (const std::string& key : KeysOf(cluster_[node])) {
      const std::string tag = key.substr(0, key.find('}') + 1);
      EXPECT_EQ(SlotOf(key), SlotOf(tag)) << key;
      keys[tag].push_back(key.substr(tag.size()));
    }
  }
  for (const std::string& tag : kSeatTags) {
    EXPECT_THAT(keys[tag], UnorderedElementsAre("lock:a", "lock:b{tag}", "holdfast:fence:lock:a",
                                                "holdfast:fence:lock:b{tag}", "holdfast:guard"));
  }
  EXPECT_THAT(keys, SizeIs(3));
}

TEST_F(ClusterLocksTest, InspectAndNodesNameTheSeatsAndTheirServers) {
  const auto lock = client_.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(OnAllSeats("a"));
  const auto seen = other_.Inspect("a");
  ASSERT_THAT(seen, IsOk());
  EXPECT_EQ(seen->quorum, 2);
  const auto nodes = other_.Nodes();
  ASSERT_THAT(nodes, IsOk());
  ASSERT_THAT(seen->nodes, SizeIs(3));
  ASSERT_THAT(*nodes, SizeIs(3));
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string server = cluster_[cluster_.MasterOf(kSeatTags[i])].address();
    EXPECT_EQ(seen->nodes[i].node, kSeatTags[i]);
    EXPECT_EQ(seen->nodes[i].server, server);
    EXPECT_EQ(seen->nodes[i].holder, "alice");
    EXPECT_EQ(seen->nodes[i].counter, lock->fence());
    EXPECT_EQ((*nodes)[i].node, kSeatTags[i]);
    EXPECT_EQ((*nodes)[i].server, server);
    EXPECT_TRUE((*nodes)[i].ready);
    EXPECT_EQ((*nodes)[i].warning, "");
  }
}

TEST_F(ClusterLocksTest, WhoWaitsGetsItAfterTheRelease) {
  auto lock = client_.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  std::thread waiter([&] { EXPECT_THAT(other_.Acquire("a", kContend), IsOk()); });
  EXPECT_THAT(lock->Release(), IsOk());
  waiter.join();
}

TEST_F(ClusterLocksTest, OneAtATime) {
  int counter = 0;
  const auto raise = [&](const BlockingClient& client) {
    for (int i = 0; i < 50; ++i) {
      auto lock = client.Acquire("counter", kContend);
      ASSERT_THAT(lock, IsOk());
      ++counter;
      ASSERT_THAT(lock->Release(), IsOk());
    }
  };
  std::thread thread([&] { raise(other_); });
  raise(client_);
  thread.join();
  EXPECT_EQ(counter, 100);
}

TEST_F(ClusterLocksTest, MutexesExcludeEachOther) {
  Mutex mine(client_, "a");
  Mutex theirs(other_, {"a", "b"});
  {
    const std::scoped_lock held(mine);
    EXPECT_FALSE(theirs.try_lock());
  }
  EXPECT_TRUE(theirs.try_lock_for(kPatience));
  EXPECT_FALSE(mine.try_lock());
  theirs.unlock();
}

TEST_F(ClusterLocksTest, SeveralNamesAreTakenAllOrNone) {
  auto one = client_.Acquire("b");
  ASSERT_THAT(one, IsOk());
  EXPECT_THAT(other_.Acquire({"a", "b", "c"}), FailsAs(IsHeld));
  EXPECT_TRUE(Freed(cluster_, "a"));
  EXPECT_THAT(one->Release(), IsOk());
  const auto all = other_.Acquire({"c", "a", "b"}, kContend);
  ASSERT_THAT(all, IsOk());
  EXPECT_THAT(all->fences(), SizeIs(3));
  for (const std::string name : {"a", "b", "c"})
    EXPECT_THAT(client_.Acquire(name), FailsAs(IsHeld));
}

TEST_F(ClusterLocksTest, AtomizedFunctionsRunOneAtATime) {
  int counter = 0;
  const auto raise = [&](const BlockingClient& client) {
    const auto atomized = Atomize(
        client,
        {.channel = "counter", .ttl = 10s, .wait = 60s, .retry_delay = 10ms, .retry_jitter = 10ms},
        [&] { ++counter; });
    for (int i = 0; i < 25; ++i) EXPECT_THAT(atomized(), IsOk());
  };
  std::thread thread([&] { raise(other_); });
  raise(client_);
  thread.join();
  EXPECT_EQ(counter, 50);
}

TEST_F(ClusterLocksTest, TheClustersDataIsCachedBesideItsLocks) {
  const auto cache = BlockingCache::Create(client_, {.prefix = "price:"});
  ASSERT_THAT(cache, IsOk());
  const auto lock = client_.Acquire("EUR");
  ASSERT_THAT(lock, IsOk());
  for (const std::string name : {"EUR", "USD", "JPY", "CHF"}) {
    ASSERT_THAT(cache->Set(name, "1.08", {.ttl = 60s}), IsOk());
    RedisServer& server = cluster_[cluster_.MasterOf("price:" + name)];
    EXPECT_EQ(server.Command({"GET", "price:" + name}), "1.08");
  }
  EXPECT_THAT(other_.Acquire("EUR"), FailsAs(IsHeld));
}

TEST_F(ClusterLocksTest, ADetachedLockIsReleasedByItsToken) {
  auto lock = client_.Acquire("a", {.ttl = 30s});
  ASSERT_THAT(lock, IsOk());
  const std::string token = lock->Detach();
  auto again = other_.Attach("a", token);
  ASSERT_THAT(again, IsOk());
  EXPECT_THAT(again->Extend(30s), IsOk());
  EXPECT_THAT(again->Release(), IsOk());
  EXPECT_TRUE(Freed(cluster_, "a"));
}

TEST(SharedMasterTest, TwoSeatsOfOneMasterAreWarnedOfAndLocksWork) {
  RedisCluster cluster(2, 0);
  const BlockingClient client = NewLockClient(LockOptions(cluster));
  const auto nodes = client.Nodes();
  ASSERT_THAT(nodes, IsOk());
  const std::vector<int> masters = SeatMasters(cluster);
  int warned = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const bool shared = std::count(masters.begin(), masters.end(), masters[i]) > 1;
    EXPECT_EQ((*nodes)[i].warning.empty(), !shared) << (*nodes)[i].warning;
    warned += shared ? 1 : 0;
  }
  EXPECT_EQ(warned, 2);
  EXPECT_THAT(client.Acquire("a"), IsOk());
}

class LostMasterTest : public ::testing::TestWithParam<int> {};

TEST_P(LostMasterTest, NewClientsNeedNoParticularSeat) {
  RedisCluster cluster(3, 0, {.require_full_coverage = false});
  ClientOptions options = LockOptions(cluster);
  options.seats = GetParam();
  NewLockClient(options, options.seats);
  cluster.Kill(cluster.MasterOf("{fjl}"));
  const BlockingClient client = NewClient(options);
  EXPECT_THAT(client.Acquire("a", {.wait = kPatience}), IsOk());
}
INSTANTIATE_TEST_SUITE_P(Seats, LostMasterTest, ::testing::Values(3, 5));

}  // namespace
}  // namespace holdfast::testing
