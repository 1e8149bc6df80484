// Engines against each other, on nodes that run the scripts themselves on a model of Redis, under
// random delays, broken connections, clients that sleep or die, drifting and stepping clocks, and
// nodes that forget.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/fingerprint.h"
#include "core/quorum.h"
#include "core/seats.h"
#include "core/seed.h"
#include "lua_runner.h"
#include "model_client.h"
#include "model_node.h"
#include "model_user.h"
#include "probe.h"
#include "stage.h"
#include "trouble.h"
#include "world.h"

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.

constexpr int kSchedules = 250;  // In each part.

// A sanitizer makes them several times slower, and sees the same code in the first parts.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kShare = 4;
#else
constexpr int kShare = 1;
#endif

// Independent servers, or the seats of one cluster.
enum class Members { kNodes, kSeats };

// One run: some clients and nodes, some seconds of trouble, then time to come to rest.
class Schedule {
 public:
  Schedule(std::uint32_t seed, Members members, LuaRunner& lua, Happenings& happenings)
      : world_(seed),
        stage_{.world = world_,
               .happenings = happenings,
               .clocks_step = members == Members::kNodes && world_.Chance(30)} {
    const int nodes = world_.Chance(50) ? 3 : 1 + world_.Below(5);
    stage_.quorum = QuorumSize(nodes, 0);
    stage_.max_ttl = milliseconds(500 + world_.Below(world_.Chance(70) ? 500 : 2000));
    members == Members::kNodes ? AddNodes(nodes, lua) : AddSeats(nodes, lua);
    stage_.quiet = world_.Chance(40);
    wrong_clocks_ = world_.Chance(70);
    for (int i = 2 + world_.Below(2); i > 0; --i) AddClient();
    trouble_.emplace(stage_, clients_, [this] { AddClient(); });
  }

  void Run() {
    const TimePoint start = world_.now();
    world_.RunUntil(start + 8s);
    world_.Heal();
    world_.RunUntil(start + 11s);
    for (const auto& client : clients_) Probe(*client, false);
    world_.RunUntil(start + 15s);
    for (const auto& client : clients_) Probe(*client, !stage_.clocks_step);
    world_.RunUntil(start + 17s);
    for (const auto& client : clients_) {
      client->ExpectRest();
      const Stats stats = client->engine().GetStats();
      stage_.happenings.kept += static_cast<int>(stats.auto_extended);
      stage_.happenings.finalised += static_cast<int>(stats.finalised);
      stage_.happenings.not_finalised += static_cast<int>(stats.finalise_failed);
    }
    if (stage_.clocks_step) return;
    for (const auto& node : stage_.nodes) {
      EXPECT_TRUE(node->locks().empty()) << "a key never expires";
    }
  }

 private:
  void AddNodes(int nodes, LuaRunner& lua) {
    for (int i = 0; i < nodes; ++i) names_.push_back("n" + std::to_string(i));
    fingerprint_ = MakeFingerprint(nodes, stage_.quorum, stage_.max_ttl, "sim");
    const bool installed = world_.Chance(70);
    const int durable = world_.Chance(50) ? 0 : world_.Below(101);
    for (int i = 0; i < nodes; ++i) {
      stage_.nodes.push_back(
          std::make_unique<ModelNode>(world_, lua, i, world_.Chance(durable), stage_.clocks_step));
      if (installed) stage_.nodes.back()->Install(fingerprint_, stage_.max_ttl);
    }
  }

  void AddSeats(int seats, LuaRunner& lua) {
    stage_.node_timeout = milliseconds(100 + world_.Below(1'400));
    names_ = tags_ = SeatTags(seats, 1).front();
    fingerprint_ = MakeClusterFingerprint(seats, 1, stage_.quorum, stage_.max_ttl, "sim");
    const bool installed = world_.Chance(70);
    for (int i = 0; i < seats; ++i) {
      stage_.nodes.push_back(std::make_unique<ModelNode>(world_, lua, i, false, false, tags_[i]));
      if (installed) stage_.nodes.back()->Install(fingerprint_, stage_.max_ttl);
    }
  }

  void AddClient() {
    EngineOptions options;
    options.admission = {.nodes = names_,
                         .tags = tags_,
                         .one_cluster = !tags_.empty(),
                         .cluster_node_timeout = stage_.node_timeout,
                         .quorum = stage_.quorum,
                         .max_ttl = stage_.max_ttl,
                         .fingerprint = fingerprint_,
                         .trust_persistence = world_.Chance(80)};
    options.key_prefix = ModelNode::kKeyPrefix;
    options.owner = "client " + std::to_string(clients_.size());
    options.command_timeout = ModelLink::kCommandTimeout;
    options.connect_timeout = 500ms;
    options.fencing = world_.Chance(90);
    clients_.push_back(std::make_unique<ModelClient>(stage_, options, WallClock()));
    for (int i = 1 + world_.Below(2); i > 0; --i) {
      users_.push_back(std::make_unique<ModelUser>(*clients_.back()));
    }
  }

  // In microseconds: about right, or anything.
  std::int64_t WallClock() {
    const std::int64_t right = stage_.nodes.front()->UnixUs();
    if (!wrong_clocks_) return right + world_.Below(4'000) - 2'000;
    constexpr std::int64_t kYear = 365LL * 86'400'000'000;
    const std::array<std::int64_t, 5> wrong = {right + 3'000'000, right - 3'000'000, 1,
                                               right + kYear, -kYear};
    return wrong[world_.Below(static_cast<int>(wrong.size()))];
  }

  World world_;
  Stage stage_;
  std::vector<std::string> names_;
  std::vector<std::string> tags_;
  std::string fingerprint_;
  bool wrong_clocks_ = false;
  ModelClients clients_;
  std::vector<std::unique_ptr<ModelUser>> users_;
  std::optional<Trouble> trouble_;
};

Happenings RunPart(int part, Members members) {
  const std::uint32_t seed = TestSeed() + kSchedules * part;
  LuaRunner lua;
  Happenings happenings;
  for (int i = 0; i < kSchedules && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(SeedText(seed + i));
    Schedule(seed + i, members, lua, happenings).Run();
  }
  return happenings;
}

// In parts, each of which is a test of its own for who runs them at the same time.
class EngineRandomTest : public ::testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Parts, EngineRandomTest, ::testing::Range(0, 8 / kShare));

TEST_P(EngineRandomTest, KeepsItsPromisesWhateverHappens) {
  const Happenings happenings = RunPart(GetParam(), Members::kNodes);
  EXPECT_GT(happenings.acquired, kSchedules);
  EXPECT_GT(happenings.several, kSchedules / 20);
  EXPECT_GT(happenings.refused, kSchedules);
  EXPECT_GT(happenings.extended, kSchedules / 2);
  EXPECT_GT(happenings.kept, kSchedules / 2);
  EXPECT_GT(happenings.finalised, kSchedules / 4);
  EXPECT_GT(happenings.lost, kSchedules / 20);
  EXPECT_GT(happenings.released, kSchedules / 2);
  EXPECT_GT(happenings.forgot, kSchedules);
  EXPECT_GT(happenings.forgot, 3 * happenings.histories_lost);
  EXPECT_GT(happenings.compared, 20 * happenings.unknown);
}

// Seats go to servers that lack the last locks, while the old ones grant others.
class SeatRandomTest : public ::testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Parts, SeatRandomTest, ::testing::Range(0, 4 / kShare));

TEST_P(SeatRandomTest, KeepsItsPromisesWhicheverServerHasASeat) {
  const Happenings happenings = RunPart(GetParam(), Members::kSeats);
  EXPECT_GT(happenings.acquired, kSchedules);
  EXPECT_GT(happenings.refused, kSchedules);
  EXPECT_GT(happenings.extended, kSchedules / 2);
  EXPECT_GT(happenings.lost, kSchedules / 20);
  EXPECT_GT(happenings.released, kSchedules / 2);
  EXPECT_GT(happenings.moved, kSchedules);
  EXPECT_GT(happenings.forgot, 3 * happenings.histories_lost);
}

}  // namespace
}  // namespace holdfast::core
