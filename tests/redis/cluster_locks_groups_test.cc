// Locks of a cluster in several groups of seats.
#include <gmock/gmock.h>

#include <set>
#include <string>
#include <vector>

#include "holdfast/errors.h"
#include "redis/cluster_locks.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using namespace std::chrono_literals;

class ClusterGroupsTest : public ::testing::Test {
 protected:
  ClientOptions Options(const std::string& owner) {
    ClientOptions options = LockOptions(cluster_, owner);
    options.groups = 4;
    return options;
  }

  // The tags of the keys of the lock `name`.
  std::set<std::string> SeatsOf(const std::string& name) {
    std::set<std::string> tags;
    for (int node = 0; node < cluster_.size(); ++node) {
      for (const std::string& key : KeysOf(cluster_[node])) {
        const std::string tag = key.substr(0, key.find('}') + 1);
        if (key == tag + "lock:" + name) tags.insert(tag);
      }
    }
    return tags;
  }

  RedisCluster cluster_{6, 0};
  BlockingClient client_ = NewLockClient(Options("alice"), 12);
  BlockingClient other_ = NewLockClient(Options("bob"), 12);
};

TEST_F(ClusterGroupsTest, LocksAreSpreadOverAllMastersAndExclude) {
  std::vector<BlockingLock> locks;
  std::set<std::set<std::string>> groups;
  for (int i = 0; i < 64; ++i) {
    const std::string name = "order:" + std::to_string(i);
    auto lock = client_.Acquire(name, {.ttl = 30s});
    ASSERT_THAT(lock, IsOk());
    locks.push_back(*std::move(lock));
    EXPECT_TRUE(Eventually([&] { return SeatsOf(name).size() == 3; }));
    groups.insert(SeatsOf(name));
    EXPECT_THAT(other_.Acquire(name), FailsAs(IsHeld));
  }
  EXPECT_THAT(groups, SizeIs(4));
  for (int node = 0; node < cluster_.size(); ++node) {
    EXPECT_THAT(cluster_[node].Command({"KEYS", "*lock:order:*"}), HasSubstr("order"))
        << "master " << node;
  }
}

TEST_F(ClusterGroupsTest, NamesOfDifferentGroupsAreNotLockedTogether) {
  std::vector<std::string> names;
  for (int i = 0; i < 16; ++i) names.push_back("order:" + std::to_string(i));
  EXPECT_THAT(client_.Acquire(names),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("group")));
  for (std::string& name : names) name = "{order}" + name;
  EXPECT_THAT(client_.Acquire(names), IsOk());
}

TEST_F(ClusterGroupsTest, InspectAsksTheSeatsOfTheNamesGroup) {
  const auto lock = client_.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(Eventually([&] { return SeatsOf("a").size() == 3; }));
  const auto seen = other_.Inspect("a");
  ASSERT_THAT(seen, IsOk());
  EXPECT_EQ(seen->quorum, 2);
  std::set<std::string> seats;
  for (const auto& node : seen->nodes) {
    EXPECT_EQ(node.holder, "alice");
    seats.insert(node.node);
  }
  EXPECT_EQ(seats, SeatsOf("a"));
}

}  // namespace
}  // namespace holdfast::testing
