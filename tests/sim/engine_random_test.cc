// Engines against each other, on nodes that run the scripts themselves on a model of Redis, under
// random delays, broken connections, clients that sleep or die, drifting and stepping clocks, and
// nodes that forget. (The program `sim` explores more of the same.)
#include <gtest/gtest.h>

#include <cstdint>

#include "core/seed.h"
#include "lua_runner.h"
#include "run.h"

namespace holdfast::core {
namespace {

// A sanitizer makes them several times slower.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kSchedules = 1'000;
#else
constexpr int kSchedules = 4'000;
#endif

// In parts, each of which is a test of its own for who runs them at the same time.
class EngineRandomTest : public ::testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Parts, EngineRandomTest, ::testing::Range(0, 2));

TEST_P(EngineRandomTest, KeepsItsPromisesWhateverHappens) {
  const std::uint64_t first = (std::uint64_t{TestSeed()} << 24) + GetParam() * kSchedules;
  LuaRunner lua;
  Happenings seen;
  for (int i = 0; i < kSchedules; ++i) {
    const Outcome outcome = Simulate({.seed = first + i}, lua, seen);
    ASSERT_TRUE(outcome.good()) << outcome.checker << ": " << outcome.text << "; sim --seed "
                                << first + i;
  }
  constexpr std::uint64_t n = kSchedules;
  EXPECT_GT(seen.acquired, n);
  EXPECT_GT(seen.several, n / 20);
  EXPECT_GT(seen.refused, n);
  EXPECT_GT(seen.extended, n / 4);
  EXPECT_GT(seen.kept, n / 4);
  EXPECT_GT(seen.finalised, n / 4);
  EXPECT_GT(seen.lost, n / 20);
  EXPECT_GT(seen.released, n / 4);
  EXPECT_GT(seen.compared, 20 * seen.unknown);
  EXPECT_GT(seen.forgot(), 3 * seen.histories_lost);
  EXPECT_GT(seen.histories, n / 4);
  EXPECT_GT(seen.judged_on_nodes, n);
  EXPECT_GT(seen.writes, n / 4);
  EXPECT_GT(seen.late_writes, n / 100);
  // Of the rarest there is one in 250 schedules.
  for (int i = 0; kSchedules >= 4'000 && i < kFaults; ++i) {
    EXPECT_GT(seen.faults[static_cast<Fault>(i)], 0U) << NameOf(static_cast<Fault>(i));
  }
}

}  // namespace
}  // namespace holdfast::core
