// Masters that die with locks that their replicas have not heard of.
#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "redis/cluster_locks.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

// Five masters, three of them with seats: enough to replace two at once.
class LostGrantTest : public ::testing::Test {
 protected:
  // Says of each empty seat that nobody held anything there: only a guard tells otherwise.
  BlockingClient Client(const std::string& owner, std::chrono::milliseconds max_ttl) {
    ClientOptions options = LockOptions(cluster_, owner);
    options.max_ttl = max_ttl;
    return NewClient(options);
  }
  static AcquireOptions Contend(std::chrono::milliseconds ttl) {
    return {.ttl = ttl, .wait = 60s, .retry_delay = 10ms, .retry_jitter = 10ms};
  }

  void CutOffReplicas() {
    for (std::size_t seat = 0; seat < 2; ++seat) {
      masters_.push_back(cluster_.MasterOf(kSeatTags[seat]));
      replicas_.push_back(cluster_.ReplicaOf(masters_.back()));
      AwaitCopyOfGuard(seat);
      cluster_.CutOff(replicas_.back());
    }
  }
  void AwaitCopyOfGuard(std::size_t seat) {
    RedisConnection replica = cluster_[replicas_[seat]].Connect();
    replica.Command({"READONLY"});
    const std::vector<std::string> read = {"HMGET", GuardOf(kSeatTags[seat]), "run_id", "pass"};
    ASSERT_TRUE(Eventually(
        [&] { return replica.Command(read) == cluster_[masters_[seat]].Command(read); }));
  }

  void ReplaceMasters() {
    for (const int master : masters_) cluster_.Kill(master);
    for (const int replica : replicas_) cluster_[replica].Continue();
    for (const int replica : replicas_) cluster_.AwaitPromoted(replica);
  }

  // As if there were no admission: the new masters vote whatever they may have forgotten.
  void ForgetGuards() {
    for (std::size_t seat = 0; seat < 2; ++seat) {
      cluster_[replicas_[seat]].Command({"DEL", GuardOf(kSeatTags[seat])});
    }
  }

  bool ForgotTheLock() {
    for (std::size_t seat = 0; seat < 2; ++seat) {
      if (cluster_[replicas_[seat]].Command({"EXISTS", kSeatTags[seat] + "lock:a"}) != "0") {
        return false;
      }
    }
    return true;
  }

  // What only the masters know, which are replaced then.
  absl::StatusOr<BlockingLock> HoldUnknownToReplicas(std::chrono::milliseconds ttl) {
    const BlockingClient first = Client("first", ttl);
    AwaitNodes(first, 3);
    CutOffReplicas();
    auto lock = first.Acquire("a", {.ttl = ttl});
    ReplaceMasters();
    EXPECT_TRUE(ForgotTheLock());
    return lock;
  }

  RedisCluster cluster_{5, 1};
  std::vector<int> masters_;
  std::vector<int> replicas_;
};

TEST_F(LostGrantTest, NobodyElseGetsTheLockBeforeItsValidityIsOver) {
  constexpr std::chrono::milliseconds kTtl = 10s;
  const auto lock = HoldUnknownToReplicas(kTtl);
  ASSERT_THAT(lock, IsOk());
  const auto next = Client("second", kTtl).Acquire("a", Contend(kTtl));
  EXPECT_EQ(lock->valid_for(), 0s);
  ASSERT_THAT(next, IsOk());
  EXPECT_GT(next->fence(), lock->fence());
}

// What the test above is worth: without admission it would fail.
TEST_F(LostGrantTest, WithoutGuardsTwoHoldItAtOnce) {
  constexpr std::chrono::milliseconds kTtl = 60s;
  const auto lock = HoldUnknownToReplicas(kTtl);
  ASSERT_THAT(lock, IsOk());
  // Again for each try: the first client puts a seat into quarantine when it comes back to it.
  absl::StatusOr<BlockingLock> next = absl::UnknownError("not tried");
  ASSERT_TRUE(Eventually([&] {
    ForgetGuards();
    next = Client("second", kTtl).Acquire("a");
    return next.ok();
  })) << next.status();
  EXPECT_GT(lock->valid_for(), 0s);
}

}  // namespace
}  // namespace holdfast::testing
