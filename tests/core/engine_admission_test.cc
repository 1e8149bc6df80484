// Which nodes the engine asks for their votes (lib/core/PROTOCOL.md, Admission).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kTheirs = "theirs";

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(EngineAdmissionTest, NodeIsAskedForItsGuardBeforeItVotes) {
  EngineHarness h(3);
  for (const int node : {0, 1}) h.Up(node);
  h.Connect(2);
  EXPECT_EQ(h.Waiting(2), "admit");
  h.Advance(300ms);
  h.Acquire();
  EXPECT_EQ(h.Waiting(0) + h.Waiting(1), "acquireacquire");
  EXPECT_EQ(h.Waiting(2), "admit");
  h.Busy(0);
  h.Busy(1);
  EXPECT_THAT(Message(h.status()), HasSubstr("n2 quarantined: connected, but not admitted yet"));
}

TEST(EngineAdmissionTest, QuarantinedNodesVoteAtOnceWithTheTimeLeft) {
  EngineHarness h(3);
  h.Up(0);
  for (const int node : {1, 2}) {
    h.Connect(node);
    h.AnswerState(node, "", ":27000");
  }
  h.Acquire();
  ASSERT_TRUE(h.done());
  EXPECT_TRUE(IsNoQuorum(h.status())) << h.status();
  EXPECT_EQ(GetFailure(h.status())->votes.at(1).vote, Vote::kQuarantined);
  EXPECT_THAT(Message(h.status()), HasSubstr("ago without durable locks, votes in 27 s"));
  EXPECT_EQ(h.Waiting(1), "");
}

TEST(EngineAdmissionTest, QuarantinedNodeStillExtendsAndReleases) {
  Connected h(3);
  const LeaseId id = h.Hold();
  for (const int node : {0, 1}) {
    h.Down(node);
    h.Connect(node);
    h.AnswerState(node, "", ":27000");
  }
  h.Extend(id, 10s);
  EXPECT_EQ(h.Waiting(0), "extend");
  h.Extended(0);
  h.Extended(1);
  ASSERT_TRUE(h.extended());
  EXPECT_TRUE(h.extended()->ok()) << *h.extended();
  h.Release(id);
  EXPECT_EQ(h.Waiting(0), "release");
}

TEST(EngineAdmissionTest, QuarantineEndsAndTheNodeVotes) {
  EngineHarness h(1);
  h.Connect(0);
  h.AnswerState(0, "", ":5000", ":70");
  h.Advance(5s);
  for (int i = 0; i < 3 && h.Waiting(0) == "admit"; ++i) {
    h.AnswerState(0, "", ":0", ":80");
    h.Advance(500ms);
  }
  ASSERT_EQ(h.Waiting(0), "open");
  EXPECT_THAT(h.At(0).arguments, ElementsAre("run0", "fingerprint", "0", "80", "30000"));
  h.AnswerState(0, "4712");
  h.Acquire();
  ASSERT_EQ(h.Waiting(0), "acquire");
  EXPECT_EQ(h.At(0).arguments.at(3), "4712");
}

TEST(EngineAdmissionTest, NodeThatLostItsDataIsAskedAgainWhileAttemptsFail) {
  Connected h(3);
  h.Acquire();
  for (const int node : {0, 1}) h.Answer(node, {"SHUT"});
  ASSERT_TRUE(h.done());
  EXPECT_TRUE(IsNoQuorum(h.status())) << h.status();
  EXPECT_THAT(Message(h.status()), HasSubstr("n0 quarantined: it lost its data, or was set up"));
  EXPECT_EQ(h.Waiting(0), "admit release");
  EXPECT_EQ(h.At(0).arguments.at(6), "1") << "wiped";
  h.Acquire();
  EXPECT_TRUE(h.done());
  h.AnswerState(0, "4712");
  h.AnswerState(1, "4712");
  h.Deleted(0);
  h.Acquire();
  EXPECT_EQ(h.Waiting(0), "acquire");
}

TEST(EngineAdmissionTest, ExtensionNoticesANodeThatLostItsDataToo) {
  Connected h(1);
  const LeaseId id = h.Hold();
  h.Extend(id, 10s);
  h.Answer(0, {"SHUT"});
  EXPECT_TRUE(IsNoQuorum(*h.extended())) << *h.extended();
  EXPECT_EQ(h.losses(), 0) << "whether the lock went, too, the next extension will tell";
  ASSERT_EQ(h.Waiting(0), "admit");
  EXPECT_EQ(h.At(0).arguments.at(6), "1");
  h.AnswerState(0, "", ":30000");
  h.Extend(id, 10s);
  h.Absent(0);
  EXPECT_EQ(h.losses(), 1);
}

TEST(EngineAdmissionTest, NodesOfAnotherConfigurationMakeTheClientMisconfigured) {
  EngineHarness h(3);
  h.Up(0);
  for (const int node : {1, 2}) {
    h.Connect(node);
    h.Answer(node, {"MISMATCH", kTheirs});
  }
  h.Acquire({.wait = 10s});
  ASSERT_TRUE(h.done()) << "waiting does not mend it";
  EXPECT_TRUE(IsMisconfigured(h.status())) << h.status();
  EXPECT_EQ(h.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetFailure(h.status())->votes.at(1).vote, Vote::kRefused);
  h.Advance(5s);
  EXPECT_EQ(h.Waiting(1), "admit");
}

TEST(EngineAdmissionTest, MinorityOfAnotherConfigurationIsAVoteLost) {
  Connected h(3);
  h.Down(2);
  h.Connect(2);
  h.Answer(2, {"MISMATCH", kTheirs});
  h.Acquire();
  h.Grant(0);
  h.Grant(1);
  EXPECT_TRUE(h.acquired());
}

TEST(EngineAdmissionTest, ReplicaAmongTheNodesHoldsUpNobody) {
  EngineHarness h(3);
  Greeting replica = EngineHarness::GreetingOf(2);
  replica.info.replica = true;
  h.engine().OnNodeReady(2, replica, h.now());
  h.Up(0);
  h.Up(1);
  h.Acquire();
  EXPECT_EQ(h.Waiting(0), "acquire");
  EXPECT_EQ(h.Waiting(2), "");
  h.Grant(0);
  h.Grant(1);
  EXPECT_TRUE(h.acquired());
  h.Advance(60s);
}

TEST(EngineAdmissionTest, ReconnectedNodeIsAdmittedAgain) {
  Connected h(1);
  h.Down(0);
  h.Connect(0);
  h.Acquire({.wait = 5s});
  EXPECT_EQ(h.Waiting(0), "admit");
  h.AnswerState(0, "4712");
  h.Advance(300ms);
  EXPECT_EQ(h.At(0).arguments.at(3), "4712");
}

TEST(EngineAdmissionTest, DeniedQuestionIsADenialUntilItIsAnswered) {
  EngineHarness h(1);
  h.Connect(0);
  h.Error(0, "NOPERM this user has no permissions to access one of the keys");
  h.Acquire();
  EXPECT_EQ(h.status().code(), absl::StatusCode::kPermissionDenied) << h.status();
  EXPECT_THAT(Message(h.status()), HasSubstr("n0 denied: NOPERM"));
  h.Advance(500ms);
  ASSERT_EQ(h.Waiting(0), "admit");
  h.AnswerState(0, "4711");
  h.Acquire();
  EXPECT_EQ(h.Waiting(0), "acquire");
}

TEST(EngineAdmissionTest, ServerThatForgotTheScriptIsGivenItsTextOnce) {
  EngineHarness h(1);
  h.Connect(0);
  h.Error(0, "NOSCRIPT No matching script.");
  ASSERT_EQ(h.Waiting(0), "admit");
  EXPECT_TRUE(h.At(0).with_text);
  h.Error(0, "NOSCRIPT No matching script.");
  EXPECT_EQ(h.Waiting(0), "");
  h.Advance(500ms);
  EXPECT_EQ(h.Waiting(0), "admit");
}

TEST(EngineAdmissionTest, InspectionTellsWhyANodeThatAnswersDoesNotVote) {
  EngineHarness h(1);
  h.Connect(0);
  h.AnswerState(0, "", ":27000");
  std::optional<Inspection> seen;
  h.engine().Inspect(
      "a", [&](Inspection inspection) { seen = std::move(inspection); }, h.now());
  h.Answer(0, {"FREE", ":70"});
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->nodes.at(0).state, NodeView::State::kFree);
  EXPECT_EQ(seen->nodes.at(0).counter, 70U);
  EXPECT_THAT(seen->nodes.at(0).admission, HasSubstr("votes in 27 s"));
}

TEST(EngineAdmissionTest, WhoWasShutSinceItWasAskedIsNotAskedForAGrantAgainForWantOfTheScript) {
  Connected h(3);
  h.engine().Reconfigure([](const std::vector<NodeStatus>&) {}, h.now());
  h.Acquire();
  ASSERT_EQ(h.Waiting(0), "admit acquire");
  h.AnswerState(0, "", ":3000");
  h.Error(0, "NOSCRIPT No matching script.");
  EXPECT_EQ(h.Waiting(0), "");
}

}  // namespace
}  // namespace holdfast::core
