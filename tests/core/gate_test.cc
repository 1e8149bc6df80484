// How long a client's first operations wait for its connections (lib/core/gate.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

using ::testing::HasSubstr;

TEST(GateTest, FirstAcquisitionWaitsForTheFirstConnections) {
  EngineHarness h(3);
  h.Acquire();
  EXPECT_TRUE(h.sent().empty());
  h.Up(0);
  h.Up(1);
  EXPECT_TRUE(h.sent().empty()) << "the third gets as long again";
  h.Up(2);
  EXPECT_EQ(h.sent().size(), 3U);
}

TEST(GateTest, SilentNodeIsNotWaitedForOnceAQuorumIsReady) {
  EngineHarness h(3);
  h.Acquire();
  h.Advance(20ms);
  h.Up(0);
  h.Up(1);
  h.Advance(19ms);
  EXPECT_TRUE(h.sent().empty());
  h.Advance(1ms);
  EXPECT_EQ(h.sent().size(), 2U);
}

TEST(GateTest, RefusedConnectionsEndTheCallAtOnce) {
  EngineHarness h(3);
  h.Acquire();
  h.Down(0);
  h.Down(1);
  h.Down(2);
  EXPECT_TRUE(IsNoQuorum(h.status())) << h.status();
}

TEST(GateTest, CallEndsAtItsDeadlineWhileAllAreConnecting) {
  EngineHarness h(3);
  h.Acquire();
  h.Advance(2s);
  EXPECT_TRUE(IsNoQuorum(h.status())) << h.status();
  EXPECT_THAT(std::string(h.status().message()), HasSubstr("still connecting"));
}

TEST(GateTest, AttemptThatEndsWhileOthersAreConnectingIsUndoneAtOnce) {
  EngineHarness h(3);
  h.Acquire({.wait = 100ms});
  h.Up(0);
  h.Advance(100ms);
  EXPECT_TRUE(IsNoQuorum(h.status())) << h.status();
  EXPECT_EQ(h.Waiting(0), "acquire release");
}

TEST(GateTest, CancelBeforeTheFirstConnectionLeavesNothing) {
  EngineHarness h(3);
  h.Acquire({.wait = 10s});
  h.Cancel();
  EXPECT_TRUE(absl::IsCancelled(h.status()));
  for (int node = 0; node < 3; ++node) h.Up(node);
  EXPECT_TRUE(h.sent().empty());
  EXPECT_EQ(h.engine().rounds_in_use(), 0U);
}

TEST(GateTest, WaitThatEndsBeforeTheFirstConnectionsSaysWhatIsMissing) {
  EngineHarness h(3);
  h.Acquire({.wait = 100ms});
  h.Advance(99ms);
  EXPECT_FALSE(h.done());
  h.Advance(1ms);
  ASSERT_TRUE(h.done());
  EXPECT_TRUE(IsNoQuorum(h.status())) << h.status();
  EXPECT_THAT(std::string(h.status().message()), HasSubstr("n2 down: still connecting"));
}

TEST(GateTest, WhoWaitsForTheFirstConnectionsIsToldWhatBecameOfThem) {
  EngineHarness h(3);
  std::vector<std::string> told;
  const auto wait = [&] {
    h.engine().WhenSettled(
        [&](std::vector<NodeStatus> statuses) {
          std::string& ready = told.emplace_back();
          for (const NodeStatus& status : statuses) ready += status.ready ? "+" : "-";
        },
        h.now());
  };
  wait();
  h.Up(0);
  h.Up(1);
  EXPECT_TRUE(told.empty());
  h.Down(2);
  EXPECT_EQ(told, std::vector<std::string>{"++-"});
  h.Up(2);
  wait();
  EXPECT_EQ(told, (std::vector<std::string>{"++-", "+++"}));
}

}  // namespace
}  // namespace holdfast::core
