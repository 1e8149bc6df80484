// Fencing tokens that are final in one round trip (lib/core/PROTOCOL.md, rule 3).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

using ::testing::ElementsAre;

// The hint of the acquire that `node` was sent last.
std::string HintAt(EngineHarness& h, int node) {
  std::string hint;
  for (const Sent& command : h.history()) {
    if (command.node == node && command.script == "acquire") hint = command.arguments.at(4);
  }
  return hint;
}

TEST(FencingTest, CounterThatAQuorumAgreesOnIsTheTokenAtOnce) {
  Connected h(5);
  h.Acquire();
  h.Grant(0, ":70");
  h.Grant(1, ":70");
  h.Grant(2, ":70");
  ASSERT_TRUE(h.acquired());
  EXPECT_THAT(h.engine().fences(h.id()), ElementsAre(70));
  EXPECT_EQ(h.Waiting(0) + h.Waiting(1) + h.Waiting(2), "") << "no second round trip";
  EXPECT_EQ(h.engine().GetStats().final_in_one_round_trip, 1U);
  EXPECT_EQ(h.engine().GetStats().finalised, 0U);
}

TEST(FencingTest, LateGrantWithALargerCounterDoesNotChangeTheToken) {
  Connected h(3);
  h.Acquire();
  h.Grant(0, ":70");
  h.Grant(1, ":70");
  h.Grant(2, ":99");
  EXPECT_THAT(h.engine().fences(h.id()), ElementsAre(70));
  h.Release(h.id());
  EXPECT_EQ(h.At(2).arguments.at(2), "70");
}

TEST(FencingTest, ReleaseCarriesTheTokenToTheNodes) {
  Connected h(3);
  h.Acquire();
  for (int node = 0; node < 3; ++node) h.Grant(node, ":70");
  h.Release(h.id());
  for (int node = 0; node < 3; ++node) {
    EXPECT_THAT(h.At(node).keys, ElementsAre("holdfast:guard", "lock:a", "holdfast:fence:lock:a"));
    EXPECT_THAT(h.At(node).arguments, ElementsAre(h.At(0).nonce(), "604800000", "70"));
  }
}

TEST(FencingTest, AttemptThatGotNoTokenReleasesWithoutOne) {
  Connected h(3);
  h.Acquire();
  h.Grant(0, ":70");
  h.Busy(1);
  h.Busy(2);
  EXPECT_EQ(h.At(0).script, "release");
  EXPECT_EQ(h.At(0).arguments.at(2), "0");
}

TEST(FencingTest, HintIsTheClientsWallClock) {
  Connected h(3);
  h.SetUnixMicros(5'000);
  h.Acquire();
  for (int node = 0; node < 3; ++node) EXPECT_EQ(HintAt(h, node), "5000");
}

TEST(FencingTest, HintIsAboveTheLargestCounterSeen) {
  Connected h(1);
  h.SetUnixMicros(5'000);
  h.Acquire();
  h.Grant(0, ":8000");
  h.Release(h.id());
  h.Deleted(0);
  h.Acquire();
  EXPECT_EQ(HintAt(h, 0), "8001");
  h.Answer(0, {"BUSY", ":500", "other", ":9000", ":1"});
  h.Deleted(0);
  h.Acquire();
  EXPECT_EQ(HintAt(h, 0), "9001") << "counters of other holders count, too";
  h.SetUnixMicros(20'000);
  h.Cancel();
  h.Acquire();
  EXPECT_EQ(HintAt(h, 0), "20000");
}

TEST(FencingTest, CounterFarAheadOfTheClockDoesNotSpoilTheHints) {
  const std::int64_t day_us = 86'400'000'000;
  Connected h(1);
  h.SetUnixMicros(5'000);
  h.Acquire();
  h.Grant(0, ":" + std::to_string(day_us + 5'000));
  EXPECT_THAT(h.engine().fences(h.id()), ElementsAre(day_us + 5'000)) << "a token all the same";
  h.Release(h.id());
  h.Deleted(0);
  h.Acquire();
  EXPECT_EQ(HintAt(h, 0), "5000");
}

TEST(FencingTest, SwitchedOffAsksForNoTokens) {
  EngineOptions options = EngineHarness::OptionsFor(3);
  options.fencing = false;
  Connected h(options);
  h.SetUnixMicros(5'000);
  h.Acquire();
  EXPECT_EQ(HintAt(h, 0), "0");
  for (int node = 0; node < 3; ++node) h.Grant(node, ":0");
  ASSERT_TRUE(h.acquired());
  EXPECT_THAT(h.engine().fences(h.id()), ElementsAre(0));
  EXPECT_EQ(h.engine().GetStats().final_in_one_round_trip, 0U);
  h.Release(h.id());
  EXPECT_EQ(h.At(0).arguments.at(2), "0");
}

TEST(FencingTest, SwitchedOffNeverMakesCountersFinal) {
  EngineOptions options = EngineHarness::OptionsFor(3);
  options.fencing = false;
  Connected h(options);
  h.Acquire();
  h.Grant(0, ":0");
  h.Grant(1, ":7");
  EXPECT_TRUE(h.acquired()) << "whatever a node of another version answers";
}

TEST(FencingTest, AcquireShowsTheNodesPassAndTheRetention) {
  Connected h(1);
  h.Acquire();
  EXPECT_EQ(h.At(0).arguments.at(3), EngineHarness::kPass);
  EXPECT_EQ(h.At(0).arguments.at(5), "604800000") << "7 days";
}

TEST(FencingTest, TokenOfALockTakenOverIsUnknown) {
  Connected h(1);
  const LeaseId id = h.Attach(std::string(32, 'a'));
  EXPECT_THAT(h.engine().fences(id), ElementsAre(0));
  h.Release(id);
  EXPECT_EQ(h.At(0).arguments.at(2), "0");
}

}  // namespace
}  // namespace holdfast::core
