// When a quarantine ends, and above which counter the node then grants (PROTOCOL.md, Admission).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admission_harness.h"

namespace holdfast::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Nodes of which the first is quarantined for another 30 s.
class OpeningTest : public ::testing::Test {
 protected:
  OpeningTest() {
    five_.guards[0] = {.open = false, .till = till_, .mark = 50};
    three_.guards[0] = {.open = false, .till = till_, .mark = 50};
  }

  const TimePoint till_{1030s};
  AdmissionHarness five_{5, 3};  // Three grown ones must be asked.
  AdmissionHarness three_{3, 2};
};

TEST_F(OpeningTest, ComesAfterTheQuarantineOnTheWordOfGrownNodes) {
  five_.ConnectAll();
  five_.RunUntil(till_ - 1ms);
  EXPECT_THAT(five_.opened, IsEmpty());
  five_.guards[3].mark = 900;
  five_.RunUntil(till_ + 5s);
  EXPECT_THAT(five_.opened, ElementsAre("0 900 0")) << "by counters read after the end";
  EXPECT_EQ(five_.admission.standing(0), Standing::kVoting);
  EXPECT_EQ(five_.admission.next_timer(), kNever);
}

TEST_F(OpeningTest, ShowsTheEndOfTheQuarantineThatItWaitedFor) {
  three_.ConnectAll();
  three_.RunUntil(till_ - 1ms);
  EXPECT_EQ(three_.ArgumentsOf(0, Question::kOpen).at(2),
            std::to_string(till_.time_since_epoch().count()));
}

TEST_F(OpeningTest, TakesTheNodesOwnCounterIntoAccount) {
  five_.guards[0].mark = 2000;
  five_.ConnectAll();
  five_.RunUntil(till_ + 5s);
  EXPECT_THAT(five_.opened, ElementsAre("0 2000 0"));
}

TEST_F(OpeningTest, WorksWithNodesThatAreFarAway) {
  five_.ConnectAll();
  five_.RunUntil(till_ + 10s, 150ms);
  EXPECT_THAT(five_.opened, ElementsAre("0 50 0"));
}

TEST_F(OpeningTest, WorksWithNodesThatAnswerSlowerThanTheyAreAsked) {
  five_.ConnectAll();
  five_.RunUntil(till_ + 30s, 700ms);
  EXPECT_THAT(five_.opened, ElementsAre("0 50 0"));
}

TEST_F(OpeningTest, WaitsForTheSlowestNodeInsteadOfAskingAllAnew) {
  five_.ConnectAll();
  five_.RunUntil(till_ - 1ms);
  five_.guards[4].silent = true;  // Its answers are given here.
  for (int i = 1; i <= 70 && five_.opened.empty(); ++i) {
    five_.RunUntil(five_.now + 100ms);
    if (i % 7 == 0) five_.AnswerState(4);
  }
  EXPECT_THAT(five_.opened, ElementsAre("0 50 0"));
}

TEST_F(OpeningTest, WaitsUntilEnoughGrownNodesAnswer) {
  for (const int node : {0, 1, 2}) five_.Connect(node);
  five_.RunUntil(till_ + 20s);
  EXPECT_THAT(five_.opened, IsEmpty());
  five_.Connect(3);
  five_.RunUntil(till_ + 25s);
  EXPECT_THAT(five_.opened, ElementsAre("0 50 0"));
}

TEST_F(OpeningTest, OnTheWordOfAllOthersMakesANewNode) {
  five_.guards[1].open = false;
  five_.guards[2].young = true;
  five_.ConnectAll();
  five_.RunUntil(till_ + 5s);
  EXPECT_THAT(five_.opened, UnorderedElementsAre("1 50 30000", "0 50 30000"));
}

TEST_F(OpeningTest, QuorumOfNodesThatAreAllNewIsEnough) {
  three_.guards[1] = {.open = false, .till = till_, .mark = 70};
  three_.Connect(0);
  three_.Connect(1);
  three_.RunUntil(till_ - 1ms);
  EXPECT_THAT(three_.opened, IsEmpty());
  three_.RunUntil(till_ + 5s);
  EXPECT_THAT(three_.opened, UnorderedElementsAre("0 70 30000", "1 70 30000"));
}

TEST_F(OpeningTest, YoungNodeIsAsGoodAsAShutOne) {
  three_.guards[1].young = true;
  three_.Connect(0);
  three_.Connect(1);
  three_.RunUntil(till_ + 5s);
  EXPECT_THAT(three_.opened, ElementsAre("0 50 30000"));
}

TEST_F(OpeningTest, OneGrownNodeOfTheQuorumMayNotBeTheOneThatKnows) {
  three_.Connect(0);
  three_.Connect(1);
  three_.RunUntil(till_ + 20s);
  EXPECT_THAT(three_.opened, IsEmpty());
}

TEST_F(OpeningTest, NodeThatIsStillQuarantinedIsNoNewOne) {
  three_.guards[1] = {.open = false, .till = till_ + 10s};
  three_.Connect(0);
  three_.Connect(1);
  three_.RunUntil(till_ + 9s);
  EXPECT_THAT(three_.opened, IsEmpty());
  three_.RunUntil(till_ + 15s);
  EXPECT_THAT(three_.opened, UnorderedElementsAre("0 50 30000", "1 50 30000"));
}

TEST_F(OpeningTest, SingleNewNodeIsNoQuorum) {
  three_.Connect(0);
  three_.RunUntil(till_ + 20s);
  EXPECT_THAT(three_.opened, IsEmpty());
}

TEST_F(OpeningTest, WaitsForAConnectedNodeThatIsSilent) {
  five_.ConnectAll();
  five_.guards[4].silent = true;
  five_.RunUntil(till_ + 10s);
  EXPECT_THAT(five_.opened, IsEmpty());
  five_.admission.OnDisconnected(4);
  five_.RunUntil(till_ + 15s);
  EXPECT_THAT(five_.opened, ElementsAre("0 50 0"));
}

TEST_F(OpeningTest, NodeThatFailsToAnswerIsAsGoodAsDown) {
  five_.ConnectAll();
  five_.RunUntil(till_ - 1ms);
  five_.guards[4].failing = true;
  five_.RunUntil(till_ + 10s);
  EXPECT_THAT(five_.opened, ElementsAre("0 50 0")) << "the other three are enough";
}

TEST_F(OpeningTest, WhatANodeSaidBeforeItFailedToAnswerIsNotUsed) {
  three_.ConnectAll();
  three_.RunUntil(till_ - 1ms);
  three_.guards[2].failing = true;
  three_.guards[2].mark = 900;
  three_.RunUntil(till_ + 10s);
  EXPECT_THAT(three_.opened, IsEmpty()) << "the other one is not enough";
  three_.guards[2].failing = false;
  three_.RunUntil(till_ + 15s);
  EXPECT_THAT(three_.opened, ElementsAre("0 900 0"));
}

TEST_F(OpeningTest, RefusedNodesAreNeitherAskedNorWaitedFor) {
  Greeting replica = AdmissionHarness::GreetingOf(4);
  replica.info.replica = true;
  five_.ConnectAll();
  five_.Connect(4, replica);
  five_.guards[4].mark = 900;
  five_.RunUntil(till_ + 5s);
  EXPECT_THAT(five_.opened, ElementsAre("0 50 0"));
}

TEST_F(OpeningTest, NodeThatLostItsGuardOverItIsSaidToBeWiped) {
  five_.ConnectAll();
  five_.RunUntil(till_ - 1ms);
  ASSERT_EQ(five_.admission.standing(0), Standing::kQuarantined);
  five_.guards[0].silent = true;  // Its answers are given here.
  while (five_.opened.empty() && five_.now < till_ + 5s) {
    five_.RunUntil(five_.now + 10ms);
    if (five_.opened.empty()) five_.AnswerState(0);
  }
  ASSERT_THAT(five_.opened, ElementsAre("0 50 0"));
  five_.Answer(0, {"SHUT"});
  EXPECT_EQ(five_.admission.standing(0), Standing::kUnknown);
  EXPECT_EQ(five_.Next(0), Question::kNone)
      << "a node that says so again and again is no reason to spin";
  five_.now += 500ms;
  EXPECT_EQ(five_.Next(0), Question::kAdmit);
  EXPECT_EQ(five_.ArgumentsOf(0, Question::kAdmit).at(6), "1");
}

TEST_F(OpeningTest, WaitsForANodeThatIsAskedForTheFirstTime) {
  for (const int node : {0, 1, 2, 3}) five_.Admit(node);
  five_.now = till_;
  for (const int node : {0, 1, 2, 3}) EXPECT_EQ(five_.Next(node), Question::kAdmit);
  five_.Connect(4);
  EXPECT_EQ(five_.Next(4), Question::kAdmit);
  for (const int node : {0, 1, 2, 3}) five_.AnswerState(node);
  EXPECT_EQ(five_.Next(0), Question::kNone) << "it may know the largest counter";
  five_.AnswerState(4);
  EXPECT_EQ(five_.Next(0), Question::kOpen);
}

// The server of n1 was started again, and another name leads to it before n1 has noticed.
TEST_F(OpeningTest, WhatWasSaidBeforeAServerWasSeenMayHaveBeenSaidByIt) {
  for (const int node : {0, 1}) three_.Connect(node);
  three_.RunUntil(till_ + 600ms);
  three_.guards[1].silent = true;
  three_.Connect(2, {.info = {.run_id = "started again", .uptime_s = 100}});
  three_.RunUntil(till_ + 5s);
  EXPECT_THAT(three_.opened, IsEmpty()) << "one grown node, not two";
  three_.AnswerState(1);
  three_.RunUntil(till_ + 10s);
  EXPECT_THAT(three_.opened, ElementsAre("0 50 0")) << "it is another server";
}

TEST_F(OpeningTest, WaitsForANodeThatFailedToAnswerWhileItIsAskedAgain) {
  const NodeProblem loading = {Vote::kError, "LOADING"};
  for (const int node : {0, 1, 2, 3}) five_.Admit(node);
  five_.Connect(4);
  EXPECT_EQ(five_.Next(4), Question::kAdmit);
  five_.admission.OnNoAnswer(4, loading, five_.now);
  five_.now = till_;
  for (const int node : {0, 1, 2, 3, 4}) EXPECT_EQ(five_.Next(node), Question::kAdmit);
  for (const int node : {0, 1, 2, 3}) five_.AnswerState(node);
  EXPECT_EQ(five_.Next(0), Question::kNone);
  five_.admission.OnNoAnswer(4, loading, five_.now);
  EXPECT_EQ(five_.Next(0), Question::kOpen);
}

TEST_F(OpeningTest, WaitsUntilAllOthersWereReadAfterTheEnd) {
  for (const int node : {0, 1, 2}) three_.Admit(node);
  three_.now = till_;
  for (const int node : {0, 1}) {
    EXPECT_EQ(three_.Next(node), Question::kAdmit);
    three_.AnswerState(node);
    EXPECT_EQ(three_.Next(0), Question::kNone) << "the last was read before";
  }
  EXPECT_EQ(three_.Next(2), Question::kAdmit);
  three_.AnswerState(2);
  EXPECT_EQ(three_.Next(0), Question::kOpen);
}

}  // namespace
}  // namespace holdfast::core
