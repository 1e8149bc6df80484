// Engines against each other on nodes of plain memory, under random delays, broken connections,
// sleeping clients, drifting clocks and forgetful nodes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "beliefs.h"
#include "core/quorum.h"
#include "model_client.h"
#include "model_node.h"
#include "model_user.h"
#include "seed.h"
#include "world.h"

namespace holdfast::core {
namespace {

using ::testing::HasSubstr;

TEST(BeliefsTest, SeeTwoHoldersAtOnce) {
  const int a = 0;
  const int b = 0;
  const TimePoint t{100s};
  Beliefs beliefs;
  EXPECT_EQ(beliefs.Begin(&a, "x", t + 5s, t), "");
  EXPECT_EQ(beliefs.Begin(&b, "y", t + 5s, t), "");
  beliefs.End(&b);
  EXPECT_THAT(beliefs.Begin(&b, "x", t + 9s, t + 4s), HasSubstr("two hold x"));
  EXPECT_EQ(beliefs.Begin(&a, "x", t + 7s, t + 4s), "");
  EXPECT_THAT(beliefs.Begin(&b, "x", t + 9s, t + 6s), HasSubstr("two hold x"));
  beliefs.End(&a);
  EXPECT_EQ(beliefs.Begin(&b, "x", t + 9s, t + 6s), "");
}

TEST(BeliefsTest, SeeALockThatIsOver) {
  const int a = 0;
  const TimePoint t{100s};
  Beliefs beliefs;
  EXPECT_THAT(beliefs.Begin(&a, "x", t, t), HasSubstr("over"));
  EXPECT_EQ(beliefs.Begin(&a, "x", t + 1s, t), "");
  EXPECT_THAT(beliefs.Begin(&a, "x", t + 3s, t + 1s), HasSubstr("came back"));
}

// One run: some clients and nodes, two seconds of trouble, then time to come to rest.
class Schedule {
 public:
  Schedule(std::uint32_t seed, Happenings& happenings) : world_(seed) {
    const int nodes = 1 + world_.Below(5);
    do {
      forgetful_ = world_.Below(nodes);
    } while (QuorumSize(nodes, forgetful_) > nodes);
    for (int i = 0; i < nodes; ++i) nodes_.push_back(std::make_unique<ModelNode>(world_));
    for (int i = 2 + world_.Below(2); i > 0; --i) {
      clients_.push_back(std::make_unique<ModelClient>(
          world_, nodes_, QuorumSize(nodes, forgetful_), "client " + std::to_string(i)));
      for (int j = 1 + world_.Below(2); j > 0; --j) {
        users_.push_back(std::make_unique<ModelUser>(*clients_.back(), beliefs_, happenings));
      }
    }
    Trouble();
  }

  void Run() {
    const TimePoint start = world_.now();
    world_.RunUntil(start + 2s);
    world_.Heal();
    world_.RunUntil(start + 8s);
    for (const auto& client : clients_) client->ExpectNothingUnderWay();
    for (const auto& node : nodes_) EXPECT_TRUE(node->keys().empty()) << "a key never expires";
  }

 private:
  void Trouble() {
    world_.After(world_.Between(0ms, 150ms), [this] {
      if (world_.healed()) return;
      ModelClient& client = *clients_[world_.Below(static_cast<int>(clients_.size()))];
      const int node = world_.Below(static_cast<int>(nodes_.size()));
      if (world_.Chance(50)) {
        client.link(node).Break({Vote::kDown, "Connection reset by peer"});
      } else if (world_.Chance(50)) {
        client.Sleep(world_.Between(0ms, milliseconds(world_.Chance(70) ? 100 : 900)));
      } else if (world_.Chance(50)) {
        nodes_[node]->ForgetScripts();
      } else if (forgetful_ > 0) {
        --forgetful_;
        nodes_[node]->ForgetKeys();
      }
      Trouble();
    });
  }

  World world_;
  Beliefs beliefs_;
  int forgetful_ = 0;  // Nodes that may still lose their keys.
  ModelNodes nodes_;
  std::vector<std::unique_ptr<ModelClient>> clients_;
  std::vector<std::unique_ptr<ModelUser>> users_;
};

TEST(EngineRandomTest, KeepsItsPromisesWhateverHappens) {
  constexpr int kSchedules = 2000;
  const std::uint32_t seed = TestSeed();
  Happenings happenings;
  for (int i = 0; i < kSchedules && !HasFailure(); ++i) {
    SCOPED_TRACE(SeedText(seed + i));
    Schedule(seed + i, happenings).Run();
  }
  EXPECT_GT(happenings.acquired, kSchedules);
  EXPECT_GT(happenings.refused, kSchedules);
  EXPECT_GT(happenings.extended, kSchedules / 2);
  EXPECT_GT(happenings.lost, kSchedules / 20);
  EXPECT_GT(happenings.released, kSchedules / 2);
}

}  // namespace
}  // namespace holdfast::core
