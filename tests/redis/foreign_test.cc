// Keys of others at the lock's name, and ties.
#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "holdfast/blocking.h"
#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::Lt;
using namespace std::chrono_literals;

// What other Redlock libraries and people with redis-cli do.
const std::vector<std::string> kForeignLock = {"SET", "lock:a", "somebody", "NX", "PX", "20000"};
constexpr char kCompareAndDelete[] =
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0";

struct ForeignKey {
  std::string type;
  std::vector<std::string> command;
};
std::ostream& operator<<(std::ostream& os, const ForeignKey& key) { return os << key.type; }

class ForeignKeyTest : public ::testing::TestWithParam<ForeignKey> {
 protected:
  Nodes nodes_{3};
  BlockingClient client_ = NewClient(nodes_);
};

INSTANTIATE_TEST_SUITE_P(Types, ForeignKeyTest,
                         ::testing::Values(ForeignKey{"string", {"SET", "lock:a", "data"}},
                                           ForeignKey{"empty", {"SET", "lock:a", ""}},
                                           ForeignKey{"list", {"RPUSH", "lock:a", "x"}},
                                           ForeignKey{"hash", {"HSET", "lock:a", "f", "v"}},
                                           ForeignKey{"expiring",
                                                      {"SET", "lock:a", "data", "PX", "20000"}}),
                         ::testing::PrintToStringParamName());

// A reply may have 64 KiB: what a stranger wrote into one key must not cost the connections.
TEST(ForeignLocker, HugeOwnerOfOneKeyDoesNotDisturbTheOthers) {
  Nodes nodes(3);
  const BlockingClient client = NewClient(nodes);
  auto other = client.Acquire("b");
  ASSERT_THAT(other, IsOk());
  const std::string huge = std::string(32, 'a') + ":1:" + std::string(100'000, 'x');
  for (const auto& node : nodes) node->Command({"SET", "lock:a", huge});
  const auto lock = client.Acquire("a");
  ASSERT_THAT(lock, FailsAs(IsHeld));
  EXPECT_EQ(GetFailure(lock.status())->holder.size(), 256U);
  EXPECT_THAT(client.Inspect("a"), IsOk());
  EXPECT_THAT(other->Extend(20s), IsOk());
}

TEST_P(ForeignKeyTest, OnAMajorityCountsAsHeld) {
  nodes_[0].Command(GetParam().command);
  nodes_[2].Command(GetParam().command);
  const std::string before = nodes_[0].Command({"DUMP", "lock:a"});
  const auto lock = client_.Acquire("a");
  ASSERT_THAT(lock, FailsAs(IsHeld));
  EXPECT_EQ(GetFailure(lock.status())->holder, "");
  EXPECT_EQ(GetFailure(lock.status())->remaining.has_value(), GetParam().type == "expiring");
  EXPECT_TRUE(Eventually([this] { return nodes_.CountWith("lock:a") == 2; }))
      << "the attempt left its key on the third node";
  EXPECT_EQ(nodes_[0].Command({"DUMP", "lock:a"}), before) << "the key of another was changed";
}

TEST_P(ForeignKeyTest, OnAMinorityDoesNotHurt) {
  nodes_[1].Command(GetParam().command);
  const std::string before = nodes_[1].Command({"DUMP", "lock:a"});
  auto lock = client_.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(lock->Extend(20s), IsOk());
  EXPECT_THAT(lock->Release(), IsOk());
  EXPECT_TRUE(Eventually([this] { return nodes_.CountWith("lock:a") == 1; }));
  EXPECT_EQ(nodes_[1].Command({"DUMP", "lock:a"}), before) << "the key of another was changed";
}

TEST_P(ForeignKeyTest, IsShownByInspect) {
  nodes_[1].Command(GetParam().command);
  const auto seen = client_.Inspect("a");
  ASSERT_THAT(seen, IsOk());
  EXPECT_EQ(seen->nodes[0].state, NodeView::State::kFree);
  EXPECT_EQ(seen->nodes[1].state, NodeView::State::kForeign);
  EXPECT_EQ(seen->nodes[1].ttl.has_value(), GetParam().type == "expiring");
  EXPECT_NE(seen->nodes[1].reason, "");
}

TEST(ForeignLocker, ExcludesUsAndIsExcluded) {
  Nodes nodes(3);
  const BlockingClient client = NewClient(nodes);
  for (const auto& node : nodes) ASSERT_EQ(node->Command(kForeignLock), "OK");
  EXPECT_THAT(client.Acquire("a"), FailsAs(IsHeld));
  for (const auto& node : nodes) {
    ASSERT_EQ(node->Command({"EVAL", kCompareAndDelete, "1", "lock:a", "somebody"}), "1");
  }
  auto lock = client.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(Eventually([&] { return nodes.CountWith("lock:a") == 3; }));
  for (const auto& node : nodes) EXPECT_EQ(node->Command(kForeignLock), "(nil)");
}

TEST(ForeignLocker, ReleasesOurLockByComparingAndDeleting) {
  Nodes nodes(3);
  auto lock = NewClient(nodes).Acquire("a");
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(Eventually([&] { return nodes.CountWith("lock:a") == 3; }));
  const std::string value = nodes[0].Command({"GET", "lock:a"});
  for (const auto& node : nodes) {
    EXPECT_EQ(node->Command({"EVAL", kCompareAndDelete, "1", "lock:a", value}), "1");
  }
  EXPECT_THAT(lock->Extend(20s), FailsAs(IsLost));
  EXPECT_EQ(nodes.CountWith("lock:a"), 0) << "the extension made the key anew";
}

// Among an even number of nodes others never settle a tie: each keeps its half, both try again.
class TieTest : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Nodes, TieTest, ::testing::Values(2, 4));

TEST_P(TieTest, EndsAtOnceAndLeavesNoKey) {
  Nodes nodes(GetParam());
  const int half = GetParam() / 2;
  const BlockingClient client = NewClient({.nodes = nodes.urls(), .command_timeout = 10s});
  AwaitNodes(client, GetParam());
  for (int i = 0; i < half; ++i) nodes[i].Command(kForeignLock);
  EXPECT_THAT(TimeOf([&] { EXPECT_THAT(client.Acquire("a"), FailsAs(IsHeld)); }), Lt(5s));
  EXPECT_TRUE(Eventually([&] { return nodes.CountWith("lock:a") == half; }));
  for (int i = 0; i < half; ++i) EXPECT_EQ(nodes[i].Command({"GET", "lock:a"}), "somebody");
}

// Two that ask at the same time and again and again: one after the other gets it.
TEST_P(TieTest, IsSettledWhenBothTryAgain) {
  Nodes nodes(GetParam());
  const auto contend = [&nodes] {
    const BlockingClient client = NewClient(nodes);
    for (int i = 0; i < 5; ++i) {
      auto lock =
          client.Acquire("a", {.wait = kPatience, .retry_delay = 20ms, .retry_jitter = 20ms});
      EXPECT_THAT(lock, IsOk());
    }
  };
  std::thread other(contend);
  contend();
  other.join();
}

// An own leftover of the last attempt blocks the next one in other clients.
TEST(Retry, GetsTheLockSoonAfterTheOthersEnded) {
  Nodes nodes(3);
  for (int i = 0; i < 2; ++i) nodes[i].Command({"SET", "lock:a", "x", "PX", "700"});
  const BlockingClient client = NewClient(nodes);
  EXPECT_THAT(TimeOf([&] {
                EXPECT_THAT(
                    client.Acquire(
                        "a", {.ttl = 30s, .wait = 20s, .retry_delay = 50ms, .retry_jitter = 20ms}),
                    IsOk());
              }),
              Lt(15s));
}

}  // namespace
}  // namespace holdfast::testing
