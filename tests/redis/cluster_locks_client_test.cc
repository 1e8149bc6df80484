// What a client of several groups of seats does with all of them at once.
#include <gmock/gmock.h>

#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "holdfast/errors.h"
#include "redis/cluster_locks.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::SizeIs;
using namespace std::chrono_literals;

constexpr int kGroups = 3;
constexpr int kSeats = 3;

class ClientOfGroupsTest : public ::testing::Test {
 protected:
  ClientOptions Options(const std::string& owner) {
    ClientOptions options = LockOptions(cluster_, owner);
    options.groups = kGroups;
    return options;
  }

  RedisCluster cluster_{3, 0};
  BlockingClient client_ = NewLockClient(Options("alice"), kGroups* kSeats);
};

TEST_F(ClientOfGroupsTest, StatisticsAreOfAllGroups) {
  for (int i = 0; i < 20; ++i) {
    auto lock = client_.Acquire("order:" + std::to_string(i));
    ASSERT_THAT(lock, IsOk());
    ASSERT_THAT(lock->Release(), IsOk());
  }
  const auto stats = client_.GetStats();
  ASSERT_THAT(stats, IsOk());
  EXPECT_EQ(stats->acquired, 20U);
  EXPECT_EQ(stats->released, 20U);
  EXPECT_EQ(stats->acquire.count, 20U);
  EXPECT_EQ(stats->node_ups, static_cast<std::uint64_t>(kGroups * kSeats));
}

TEST_F(ClientOfGroupsTest, AnotherConfigurationIsInstalledInAll) {
  ClientOptions options = Options("bob");
  options.max_ttl = 20s;
  const BlockingClient other = NewClient(options);
  EXPECT_THAT(other.Acquire("a"), FailsAs(IsMisconfigured));
  const auto nodes = other.Reconfigure();
  ASSERT_THAT(nodes, IsOk());
  ASSERT_THAT(*nodes, SizeIs(kGroups * kSeats));
  for (const NodeStatus& node : *nodes) {
    EXPECT_TRUE(node.ready || node.votes_in.has_value()) << node.node << ": " << node.reason;
  }
  for (const std::string name : {"a", "b", "c", "d", "e"}) {
    EXPECT_TRUE(Eventually([&] { return IsMisconfigured(client_.Acquire(name).status()); }))
        << name;
  }
}

TEST_F(ClientOfGroupsTest, LocksOfAllGroupsAreExtendedDetachedAndTakenOver) {
  for (const std::string name : {"a", "b", "c", "d", "e"}) {
    auto lock = client_.Acquire(name, {.ttl = 5s});
    ASSERT_THAT(lock, IsOk());
    EXPECT_THAT(lock->Extend(10s), IsOk());
    auto taken = client_.Attach(name, lock->Detach());
    ASSERT_THAT(taken, IsOk());
    EXPECT_THAT(taken->Extend(10s), IsOk());
    EXPECT_THAT(taken->Release(), IsOk());
    EXPECT_THAT(client_.Acquire(name, {.wait = kPatience}), IsOk());
  }
}

TEST_F(ClientOfGroupsTest, WhatWaitsIsCancelledInWhateverGroup) {
  const std::vector<std::string> names = {"a", "b", "c", "d", "e"};
  std::vector<BlockingLock> held;
  for (const std::string& name : names) {
    auto lock = client_.Acquire(name, {.ttl = 30s});
    ASSERT_THAT(lock, IsOk());
    held.push_back(*std::move(lock));
  }
  std::stop_source cancel;
  std::vector<std::thread> waiting;
  for (const std::string& name : names) {
    waiting.emplace_back([&, name] {
      EXPECT_THAT(client_.Acquire(name, {.wait = 60s}, cancel.get_token()),
                  StatusIs(absl::StatusCode::kCancelled))
          << name;
    });
  }
  EXPECT_TRUE(Eventually([&] {
    const auto stats = client_.GetStats();
    return stats.ok() && stats->waiting == names.size();
  }));
  cancel.request_stop();
  for (std::thread& thread : waiting) thread.join();
}

TEST_F(ClientOfGroupsTest, OtherCommandsGoToTheSameCluster) {
  const auto redis = client_.redis();
  ASSERT_THAT(redis, IsOk());
  for (const std::string key : {"a", "b", "c", "d"}) {
    ASSERT_THAT(redis->Execute({"SET", key, "1"}), IsOk());
    EXPECT_EQ(cluster_[cluster_.MasterOf(key)].Command({"GET", key}), "1");
  }
}

}  // namespace
}  // namespace holdfast::testing
