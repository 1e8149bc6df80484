// The three seats of which two say how their cluster is set up (PROTOCOL.md, Clusters).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "seat_harness.h"

namespace holdfast::core {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

AdmissionHarness TheWitnesses() { return AdmissionHarness(SeatOptions(Witnesses::kHere)); }
AdmissionHarness Others() { return AdmissionHarness(SeatOptions(Witnesses::kElsewhere)); }

TEST(WitnessesTest, TwoOfThemAgree) {
  AdmissionHarness h = TheWitnesses();
  AdmitSeat(h, 0);
  EXPECT_FALSE(h.admission.witnesses().agreed);
  AdmitSeat(h, 2);
  EXPECT_TRUE(h.admission.witnesses().agreed);
  EXPECT_TRUE(h.admission.witnesses().tried);
}

TEST(WitnessesTest, MayBeInQuarantine) {
  AdmissionHarness h = TheWitnesses();
  for (const int node : {0, 1}) {
    h.guards[node] = {.open = false, .till = h.now + 31s};
    AdmitSeat(h, node);
  }
  EXPECT_TRUE(h.admission.witnesses().agreed);
}

TEST(WitnessesTest, OneThatDiffersIsOutvoted) {
  AdmissionHarness h = TheWitnesses();
  RefuseSeat(h, 0, kFiveSeats);
  for (const int node : {1, 2}) AdmitSeat(h, node);
  EXPECT_TRUE(h.admission.witnesses().agreed);
  EXPECT_EQ(h.admission.witnesses().refusal, "");
  EXPECT_EQ(h.admission.standing(0), Standing::kRefused);
  EXPECT_EQ(h.admission.standing(1), Standing::kVoting);
}

TEST(WitnessesTest, TwoThatDifferRefuse) {
  AdmissionHarness h = TheWitnesses();
  RefuseSeat(h, 0, kFiveSeats);
  EXPECT_EQ(h.admission.witnesses().refusal, "");
  AdmitSeat(h, 1);
  RefuseSeat(h, 2, kFiveSeats);
  EXPECT_FALSE(h.admission.witnesses().agreed);
  EXPECT_THAT(h.admission.witnesses().refusal, StartsWith("it is configured for 5 seats, not 3"));
  EXPECT_THAT(h.admission.witnesses().refusal,
              HasSubstr("stop all clients and delete {54h}holdfast:guard, "
                        "{fjl}holdfast:guard, "
                        "{1x3}holdfast:guard"));
}

TEST(WitnessesTest, WhatTheySaidStandsWhileTheyAreAway) {
  AdmissionHarness h = TheWitnesses();
  for (const int node : {0, 1}) AdmitSeat(h, node);
  for (const int node : {0, 1}) h.admission.OnDisconnected(node);
  h.admission.OnTried(0);
  EXPECT_TRUE(h.admission.witnesses().agreed);
}

TEST(WitnessesTest, AreReadAgainFromTimeToTime) {
  AdmissionHarness h = TheWitnesses();
  for (const int node : {0, 1}) AdmitSeat(h, node);
  EXPECT_EQ(h.Next(0), Question::kNone);
  EXPECT_EQ(h.admission.next_timer(), h.now + 5s);
  h.now += 5s;
  for (const int node : {0, 1}) {
    EXPECT_EQ(h.Next(node), Question::kAdmit);
    h.Answer(node, {"MISMATCH", kFiveSeats});
  }
  EXPECT_FALSE(h.admission.witnesses().agreed);
  EXPECT_NE(h.admission.witnesses().refusal, "");
  h.now += 5s;
  for (const int node : {0, 1}) {
    EXPECT_EQ(h.Next(node), Question::kAdmit);
    h.AnswerState(node);
  }
  EXPECT_TRUE(h.admission.witnesses().agreed);
  EXPECT_EQ(h.admission.witnesses().refusal, "");
}

// The answer came a while after the question: the next one is due by the later of the two.
TEST(WitnessesTest, ThatDifferAreAskedAgainWhenTheTimerSays) {
  AdmissionHarness h = TheWitnesses();
  h.Connect(0, SeatGreeting(0));
  EXPECT_EQ(h.Next(0), Question::kAdmit);
  h.now += 10ms;
  h.Answer(0, {"MISMATCH", kFiveSeats});
  h.now = h.admission.next_timer();
  EXPECT_EQ(h.Next(0), Question::kAdmit);
}

TEST(WitnessesTest, ThatAgreedDoSoUntilTwoDiffer) {
  AdmissionHarness h = TheWitnesses();
  for (const int node : {0, 1}) AdmitSeat(h, node);
  RefuseSeat(h, 0, kFiveSeats);
  EXPECT_TRUE(h.admission.witnesses().agreed) << "of the third nothing is known";
  RefuseSeat(h, 2, kFiveSeats);
  EXPECT_FALSE(h.admission.witnesses().agreed);
}

// Their counters are not those of the locks that may be there.
TEST(WitnessesTest, WithoutLocksAreNotOpened) {
  for (const Witnesses witnesses : {Witnesses::kHere, Witnesses::kOnly}) {
    AdmissionHarness h(SeatOptions(witnesses));
    for (const int node : {0, 1, 2}) {
      h.guards[node] = {.open = false, .till = h.now};
      AdmitSeat(h, node);
    }
    h.RunUntil(h.now + 20s);
    EXPECT_EQ(h.admission.standing(0),
              witnesses == Witnesses::kOnly ? Standing::kQuarantined : Standing::kVoting);
  }
}

TEST(WitnessesTest, OnlyWitnessesAreReadAgain) {
  AdmissionHarness h(SeatOptions());
  AdmitSeat(h, 0);
  h.now += 5s;
  EXPECT_EQ(h.Next(0), Question::kNone);
  EXPECT_EQ(h.admission.next_timer(), kNever);
}

TEST(WitnessesTest, HaveBeenTriedOnceAllHave) {
  AdmissionHarness h = TheWitnesses();
  for (const int node : {0, 1}) h.admission.OnTried(node);
  EXPECT_FALSE(h.admission.witnesses().tried);
  h.admission.OnTried(2);
  EXPECT_TRUE(h.admission.witnesses().tried);
  EXPECT_FALSE(h.admission.witnesses().agreed);
}

TEST(WitnessesTest, AreAskedBeforeAllOtherSeats) {
  AdmissionHarness h = Others();
  for (const int node : {0, 1, 2}) h.Connect(node, SeatGreeting(node));
  EXPECT_EQ(h.Next(1), Question::kNone);
  EXPECT_EQ(h.admission.standing(1), Standing::kUnknown);
  EXPECT_EQ(h.admission.Problem(1, h.now).vote, Vote::kQuarantined);
  EXPECT_THAT(h.admission.Problem(1, h.now).reason, HasSubstr("waits for two of"));
  EXPECT_EQ(h.admission.next_timer(), kNever);
  EXPECT_FALSE(h.admission.settled(1));
  h.admission.SetWitnesses({.tried = true});
  EXPECT_TRUE(h.admission.settled(1));
  EXPECT_EQ(h.Next(1), Question::kNone);
  h.admission.SetWitnesses({.tried = true, .agreed = true});
  EXPECT_FALSE(h.admission.settled(1));
  for (const int node : {0, 1, 2}) EXPECT_EQ(h.Next(node), Question::kAdmit);
}

TEST(WitnessesTest, RefusalIsThatOfAllSeats) {
  AdmissionHarness h = Others();
  h.admission.SetWitnesses({.tried = true, .agreed = true});
  for (const int node : {0, 1}) AdmitSeat(h, node);
  h.Connect(2, SeatGreeting(2));
  h.admission.SetWitnesses({.tried = true, .refusal = "it is configured for 5 seats, not 3"});
  for (const int node : {0, 1, 2}) {
    EXPECT_EQ(h.admission.standing(node), Standing::kRefused) << node;
    EXPECT_EQ(h.admission.Problem(node, h.now).vote, Vote::kRefused);
    EXPECT_EQ(h.admission.Problem(node, h.now).reason,
              "by its witnesses, it is configured for 5 seats, not 3");
    EXPECT_EQ(h.Next(node), Question::kNone);
  }
}

TEST(WitnessesTest, ThatAgreeAgainHaveAllAskedAnew) {
  AdmissionHarness h = Others();
  h.admission.SetWitnesses({.tried = true, .agreed = true});
  for (const int node : {0, 1}) AdmitSeat(h, node);
  h.admission.SetWitnesses({.tried = true});
  EXPECT_EQ(h.admission.standing(0), Standing::kUnknown);
  h.admission.SetWitnesses({.tried = true, .agreed = true});
  EXPECT_EQ(h.admission.standing(0), Standing::kUnknown) << "what it said before may be over";
  EXPECT_EQ(h.Next(0), Question::kAdmit);
  h.AnswerState(0);
  EXPECT_EQ(h.admission.standing(0), Standing::kVoting);
}

TEST(WitnessesTest, AnswerFromBeforeTheyRefusedIsNotBelieved) {
  AdmissionHarness h = Others();
  h.admission.SetWitnesses({.tried = true, .agreed = true});
  h.Connect(0, SeatGreeting(0));
  EXPECT_EQ(h.Next(0), Question::kAdmit);
  h.admission.SetWitnesses({.tried = true, .refusal = "theirs"});
  h.admission.SetWitnesses({.tried = true, .agreed = true});
  h.AnswerState(0);
  EXPECT_EQ(h.admission.standing(0), Standing::kUnknown);
  EXPECT_EQ(h.Next(0), Question::kAdmit);
}

TEST(WitnessesTest, SeatThatIsNoneNamesItsOwnGuard) {
  AdmissionOptions options = SeatOptions();
  options.nodes = options.tags = {"{736}", "{5o1}", "{fjl}"};
  AdmissionHarness h(options);
  RefuseSeat(h, 0, kFiveSeats);
  EXPECT_THAT(h.admission.Problem(0, h.now).reason, HasSubstr("delete {736}holdfast:guard"));
}

TEST(WitnessesTest, MustHaveTakenAConfigurationBeforeOtherSeats) {
  AdmissionHarness h = Others();
  for (const int node : {0, 1, 2}) h.Connect(node, SeatGreeting(node));
  h.admission.Install();
  EXPECT_FALSE(h.admission.installing());
  h.admission.SetWitnesses({.tried = true, .agreed = true});
  h.admission.Install();
  EXPECT_TRUE(h.admission.installing());
  EXPECT_EQ(h.Next(0), Question::kInstall);
  h.admission.SetWitnesses({.tried = true});
  EXPECT_EQ(h.Next(1), Question::kNone) << "not any more";
}

TEST(WitnessesTest, ThatStillAgreeHaveNobodyAskedAnew) {
  AdmissionHarness h = Others();
  h.admission.SetWitnesses({.tried = true, .agreed = true});
  for (const int node : {0, 1}) AdmitSeat(h, node);
  h.admission.SetWitnesses({.tried = true, .agreed = true});
  EXPECT_EQ(h.admission.standing(0), Standing::kVoting);
  EXPECT_EQ(h.Next(0), Question::kNone);
}

}  // namespace
}  // namespace holdfast::core
