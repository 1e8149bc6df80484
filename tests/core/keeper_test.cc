// Automatic extension (lib/core/PROTOCOL.md, rule 6).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

#include "engine_harness.h"
#include "event_log.h"
#include "seed.h"

namespace holdfast::core {
namespace {

using ::testing::ElementsAre;

constexpr AcquireOptions kKept = {.ttl = 9s, .auto_extend = true};

// Extensions that were sent to node 0.
int Extensions(EngineHarness& h) {
  const auto to_node_0 = [](const Sent& sent) { return sent.node == 0 && sent.script == "extend"; };
  return static_cast<int>(std::count_if(h.history().begin(), h.history().end(), to_node_0));
}

void ExtendAll(EngineHarness& h) {
  for (int node = 0; node < h.engine().node_count(); ++node) h.Extended(node);
}

TEST(KeeperTest, ExtendsAtAThirdOfTheTtlByTheWholeOfIt) {
  Connected h(3);
  h.Hold(kKept);
  h.Advance(2950ms);
  EXPECT_EQ(Extensions(h), 0);
  h.Advance(60ms);
  ASSERT_EQ(Extensions(h), 1);
  EXPECT_EQ(h.At(0).arguments.at(1), "9000");
  ExtendAll(h);
  EXPECT_GT(h.valid_until() - h.now(), 8800ms);
  h.Advance(3s);
  EXPECT_EQ(Extensions(h), 2);
  EXPECT_EQ(h.engine().GetStats().auto_extended, 1U);
}

TEST(KeeperTest, KeepsALockForAsLongAsItsHolderWants) {
  Connected h(3);
  h.Hold(kKept);
  for (const TimePoint end = h.now() + 300s; h.now() < end; h.Advance(10ms)) {
    if (h.Waiting(0) == "extend") ExtendAll(h);
  }
  EXPECT_EQ(h.losses(), 0);
  EXPECT_GE(Extensions(h), 98);
  EXPECT_LE(Extensions(h), 101);
}

TEST(KeeperTest, LocksTakenTogetherGoOutTogether) {
  Connected h(1);
  for (int i = 0; i < 20; ++i) {
    h.Acquire(kKept);
    h.Grant(0);
    h.Advance(2ms);
  }
  int instants = 0;
  for (int before = 0; h.now() < TimePoint(1003s + 100ms); h.Advance(1ms)) {
    instants += Extensions(h) > before ? 1 : 0;
    before = Extensions(h);
  }
  EXPECT_EQ(Extensions(h), 20);
  EXPECT_LE(instants, 2) << "on the beat of 45 ms";
}

TEST(KeeperTest, FailedOneIsTriedAgainWhileTheLockStaysValid) {
  EventLog log;
  EngineOptions options = EngineHarness::OptionsFor(3);
  options.observer = &log;
  Connected h(options);
  h.Hold(kKept);
  const TimePoint before = h.valid_until();
  log.Take();
  h.Advance(3s);
  h.Error(0, "OOM");
  h.Error(1, "OOM");
  h.Extended(2);
  EXPECT_THAT(log.Take(), ElementsAre("extend failed a/1: no quorum: 2 of 3 nodes cannot vote, and "
                                      "2 votes are needed, automatic"));
  EXPECT_EQ(h.valid_until(), before);
  EXPECT_EQ(h.losses(), 0);
  h.Advance(500ms);
  EXPECT_EQ(Extensions(h), 2);
  ExtendAll(h);
  EXPECT_GT(h.valid_until(), before);
  EXPECT_EQ(h.losses(), 0);
}

TEST(KeeperTest, GivesUpAtTheLoss) {
  Connected h(1);
  h.Hold(kKept);
  while (h.losses() == 0 && h.now() < TimePoint(1020s)) {
    h.Advance(10ms);
    if (h.Waiting(0) == "extend") h.Error(0, "OOM");
  }
  EXPECT_EQ(h.losses(), 1);
  EXPECT_LE(h.now(), h.lost_at() + 10ms);
  EXPECT_GE(Extensions(h), 10) << "it was tried until then";
  const int tries = Extensions(h);
  h.Advance(60s);
  EXPECT_EQ(Extensions(h), tries);
  EXPECT_EQ(h.engine().next_timer(), kNever);
}

TEST(KeeperTest, LockThatAnotherHoldsIsLostAtOnce) {
  Connected h(3);
  h.Hold(kKept);
  h.Advance(3s);
  h.AnswerText(0, "FOREIGN");
  EXPECT_EQ(h.losses(), 0);
  h.AnswerText(1, "FOREIGN");
  EXPECT_EQ(h.losses(), 1);
  h.Advance(60s);
  EXPECT_EQ(Extensions(h), 1);
}

TEST(KeeperTest, MaxHoldShortensTheLastExtensionAndThenTheLockRunsOut) {
  Connected h(1);
  const TimePoint start = h.now();
  AcquireOptions options = kKept;
  options.max_hold = 13s;
  h.Hold(options);
  std::string last_ttl;
  while (h.losses() == 0 && h.now() < start + 60s) {
    h.Advance(10ms);
    if (h.Waiting(0) != "extend") continue;
    last_ttl = h.At(0).arguments.at(1);
    h.Extended(0);
  }
  EXPECT_EQ(h.losses(), 1);
  EXPECT_LE(h.now(), start + 13s);
  EXPECT_GE(h.now(), start + 12s);
  EXPECT_LT(std::stoi(last_ttl), 9000);
  h.Advance(60s);
  EXPECT_EQ(h.engine().next_timer(), kNever);
}

TEST(KeeperTest, MaxHoldOfTheTtlIsNoExtensionToSpeakOf) {
  Connected h(1);
  const TimePoint start = h.now();
  AcquireOptions options = kKept;
  options.max_hold = 9s;
  h.Hold(options);
  h.Advance(4s);
  if (h.Waiting(0) == "extend") h.Extended(0);
  EXPECT_LE(h.valid_until(), start + 9s);
}

TEST(KeeperTest, StopsWhenTheLockEnds) {
  for (const bool release : {true, false}) {
    Connected h(1);
    const LeaseId id = h.Hold(kKept);
    if (release) {
      h.Release(id);
      h.Deleted(0);
    } else {
      h.engine().Forget(id);
    }
    EXPECT_EQ(h.engine().next_timer(), kNever);
    h.Advance(60s);
    EXPECT_EQ(Extensions(h), 0);
    EXPECT_EQ(h.engine().leases_in_use(), 0U);
  }
}

TEST(KeeperTest, ReleaseDuringAnExtensionEndsIt) {
  Connected h(1);
  const LeaseId id = h.Hold(kKept);
  h.Advance(3s);
  h.Release(id);
  h.Extended(0);
  h.Deleted(0);
  EXPECT_TRUE(h.released()->ok());
  h.Advance(60s);
  EXPECT_EQ(Extensions(h), 1);
  EXPECT_EQ(h.engine().next_timer(), kNever);
}

TEST(KeeperTest, LeavesLocksAloneThatDidNotAskForIt) {
  Connected h(1);
  h.Hold({.ttl = 9s});
  h.Advance(8s);
  EXPECT_EQ(Extensions(h), 0);
}

TEST(KeeperTest, TenThousandLocksCostNoMoreThanTheirCommands) {
  constexpr int kLocks = 10'000;
  constexpr int kRounds = 3;
  Connected h(3);
  for (int i = 0; i < kLocks; ++i) {
    h.Acquire({.ttl = 10s, .auto_extend = true});
    for (int node = 0; node < 3; ++node) h.Grant(node);
  }
  h.history().clear();
  // Answers come many at a time, as from a socket; each wake-up finds what is due then.
  int wakes = 0;
  const TimePoint end = h.now() + kRounds * 3400ms;
  for (; h.engine().next_timer() <= end; ++wakes) {
    h.Advance(h.engine().next_timer() - h.now());
    h.AnswerAll("EXTENDED");
  }
  EXPECT_EQ(h.engine().GetStats().auto_extended, static_cast<std::uint64_t>(kLocks) * kRounds);
  EXPECT_EQ(h.engine().GetStats().lost, 0U);
  EXPECT_EQ(h.history().size(), 3U * kLocks * kRounds);
  EXPECT_LE(wakes, 3 * kRounds) << "locks that are due together wake it once";
}

// A slot is used again; what was there before must not be kept on.
TEST(KeeperTest, NextLockInTheSameSlotIsNotKept) {
  Connected h(1);
  AcquireOptions options = kKept;
  options.max_hold = 9s;
  h.engine().Forget(h.Hold(options));
  const LeaseId second = h.Hold({.ttl = 9s});
  h.Advance(8s);
  EXPECT_EQ(Extensions(h), 0);
  h.engine().Forget(second);
  h.Advance(10s);
  h.Hold(kKept);
  h.Advance(3s);
  EXPECT_EQ(h.At(0).arguments.at(1), "9000") << "without the bound of the one before";
}

// Whatever the nodes do: the last extension neither goes beyond max_hold nor asks for less than a
// lock may have.
TEST(KeeperTest, AsksForNothingBeyondMaxHoldAndForNoLessThanTheLeastTtl) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(SeedText(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 300; ++i) {
    EngineOptions engine = EngineHarness::OptionsFor(1);
    engine.drift_factor = i % 2 == 0 ? 0 : 0.01;
    Connected h(engine);
    AcquireOptions options = kKept;
    options.ttl = milliseconds(20 + random() % 500);
    options.max_hold = options.ttl + milliseconds(random() % 1000);
    const TimePoint end = h.now() + options.max_hold;
    h.Hold(options);
    while (h.losses() == 0) {
      const TimePoint before = h.now();
      ASSERT_LT(before, end + 1s);
      h.Advance(milliseconds(1 + random() % 5));
      if (h.Waiting(0).empty()) continue;
      const milliseconds ttl(std::stoi(h.At(0).arguments.at(1)));
      ASSERT_GE(ttl, kMinTtl);
      ASSERT_LE(before + ttl, end);
      random() % 3 == 0 ? h.Extended(0) : h.Error(0, "LOADING");
    }
    ASSERT_EQ(h.engine().GetStats().held, 0U);
  }
}

}  // namespace
}  // namespace holdfast::core
