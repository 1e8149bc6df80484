// Nodes that must not vote, those that lost their data, and how a configuration is replaced
// (PROTOCOL.md, Admission).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admission_harness.h"
#include "core/fingerprint.h"

namespace holdfast::core {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kTheirs = "schema=1 nodes=3 quorum=3 max_ttl=30000 membership=m";

AdmissionHarness WithFingerprint() {
  AdmissionOptions options = AdmissionHarness::OptionsFor(3, 2);
  options.fingerprint = MakeFingerprint(3, 2, 30s, "m");
  return AdmissionHarness(options);
}

void Mismatch(AdmissionHarness& h, int node) {
  h.Connect(node);
  ASSERT_EQ(h.Next(node), Question::kAdmit);
  h.Answer(node, {"MISMATCH", kTheirs});
}

TEST(RefusalTest, NodeOfAnotherConfigurationSaysHowItDiffers) {
  AdmissionHarness h = WithFingerprint();
  Mismatch(h, 0);
  EXPECT_EQ(h.admission.standing(0), Standing::kRefused);
  EXPECT_EQ(h.admission.Problem(0, h.now).vote, Vote::kRefused);
  EXPECT_THAT(h.admission.Problem(0, h.now).reason, HasSubstr("for quorum 3, not 2"));
}

TEST(RefusalTest, NodeOfAnotherConfigurationIsAskedAgainAfterFiveSeconds) {
  AdmissionHarness h = WithFingerprint();
  Mismatch(h, 0);
  h.now += 4999ms;
  EXPECT_EQ(h.Next(0), Question::kNone);
  EXPECT_EQ(h.admission.next_timer(), h.now + 1ms);
  h.now += 1ms;
  EXPECT_EQ(h.Next(0), Question::kAdmit);
  EXPECT_EQ(h.admission.standing(0), Standing::kRefused) << "until it answers otherwise";
  h.AnswerState(0);
  EXPECT_EQ(h.admission.standing(0), Standing::kVoting);
}

TEST(RefusalTest, ReplicaIsNeverAsked) {
  AdmissionHarness h(3, 2);
  Greeting replica = AdmissionHarness::GreetingOf(0);
  replica.info.replica = true;
  h.Connect(0, replica);
  EXPECT_EQ(h.admission.standing(0), Standing::kRefused);
  EXPECT_THAT(h.admission.Problem(0, h.now).reason, HasSubstr("replica"));
  EXPECT_EQ(h.Next(0), Question::kNone);
  EXPECT_EQ(h.admission.next_timer(), kNever) << "nothing of it changes with time";
}

TEST(RefusalTest, ServerBehindTwoAddressesHasOneVote) {
  AdmissionHarness h(3, 2);
  h.Admit(2);
  h.Admit(1);
  EXPECT_EQ(h.admission.standing(2), Standing::kVoting);
  h.Connect(1, AdmissionHarness::GreetingOf(2));
  EXPECT_EQ(h.Next(1), Question::kAdmit);
  h.AnswerState(1);
  EXPECT_EQ(h.admission.standing(1), Standing::kVoting);
  EXPECT_EQ(h.admission.standing(2), Standing::kRefused);
  EXPECT_THAT(h.admission.Problem(2, h.now).reason, HasSubstr("the same server as n1"));
  EXPECT_EQ(h.Next(2), Question::kNone);
  EXPECT_EQ(h.admission.next_timer(), kNever);
}

TEST(RefusalTest, SecondAddressVotesWhileTheFirstIsAwayOrLeadsElsewhere) {
  AdmissionHarness h(3, 2);
  h.Admit(0);
  h.Connect(1, AdmissionHarness::GreetingOf(0));
  EXPECT_EQ(h.admission.standing(1), Standing::kRefused);
  h.admission.OnDisconnected(0);
  EXPECT_EQ(h.Next(1), Question::kAdmit);
  h.AnswerState(1);
  EXPECT_EQ(h.admission.standing(1), Standing::kVoting);
  h.Connect(0, AdmissionHarness::GreetingOf(0));
  EXPECT_EQ(h.admission.standing(1), Standing::kRefused);
  h.Connect(0, {.info = {.run_id = "another"}});
  EXPECT_EQ(h.admission.standing(1), Standing::kVoting);
}

TEST(RefusalTest, RunsAreNumberedAsTheyAreSeen) {
  AdmissionHarness h(3, 2);
  EXPECT_EQ(h.admission.runs_seen(), 0);
  h.Connect(2);
  h.Connect(0);
  EXPECT_EQ(h.admission.run(2), 1);
  EXPECT_EQ(h.admission.run(0), 2);
  h.Connect(1, AdmissionHarness::GreetingOf(0));
  EXPECT_EQ(h.admission.run(1), 2) << "one server under two names";
  h.admission.OnDisconnected(0);
  EXPECT_EQ(h.admission.run(0), 2) << "where it led last";
  h.Connect(0);
  EXPECT_EQ(h.admission.run(0), 2);
  EXPECT_EQ(h.admission.runs_seen(), 2);
  h.Connect(1);
  EXPECT_EQ(h.admission.run(1), 3);
  EXPECT_EQ(h.admission.runs_seen(), 3);
}

TEST(WipedTest, NodeIsAskedAgainAndSaidToBeWiped) {
  AdmissionHarness h(3, 2);
  h.Admit(0);
  h.admission.OnShut(0);
  EXPECT_EQ(h.admission.standing(0), Standing::kUnknown);
  EXPECT_EQ(h.Next(0), Question::kAdmit);
  EXPECT_EQ(h.ArgumentsOf(0, Question::kAdmit).at(6), "1");
  h.guards[0] = {.open = false, .till = h.now + 30s};
  h.AnswerState(0);
  EXPECT_EQ(h.admission.standing(0), Standing::kQuarantined);
  EXPECT_EQ(h.admission.pass(0), "");
}

TEST(WipedTest, AnswerThatWasUnderWayIsNotBelieved) {
  AdmissionHarness h(3, 2);
  h.Connect(0);
  EXPECT_EQ(h.Next(0), Question::kAdmit);
  h.admission.OnShut(0);
  EXPECT_EQ(h.Next(0), Question::kNone);
  h.AnswerState(0);
  EXPECT_EQ(h.admission.standing(0), Standing::kUnknown);
  EXPECT_EQ(h.Next(0), Question::kAdmit);
  EXPECT_EQ(h.ArgumentsOf(0, Question::kAdmit).at(6), "1");
}

TEST(InstallTest, AsksAllConnectedNodesToTakeOurConfiguration) {
  AdmissionHarness h = WithFingerprint();
  h.Admit(0);
  Mismatch(h, 1);
  EXPECT_FALSE(h.admission.installing());
  h.admission.Install();
  EXPECT_EQ(h.Next(0), Question::kInstall);
  EXPECT_EQ(h.Next(1), Question::kInstall) << "without waiting for the next look at it";
  EXPECT_EQ(h.Next(2), Question::kNone) << "down";
  EXPECT_EQ(h.ArgumentsOf(1, Question::kInstall).at(7), "1");
  h.AnswerState(0);
  EXPECT_TRUE(h.admission.installing());
  h.AnswerState(1);
  EXPECT_FALSE(h.admission.installing());
  EXPECT_EQ(h.admission.standing(1), Standing::kVoting);
}

TEST(InstallTest, ComesBehindAQuestionThatIsUnderWay) {
  AdmissionHarness h(1, 1);
  h.Connect(0);
  EXPECT_EQ(h.Next(0), Question::kAdmit);
  h.admission.Install();
  EXPECT_EQ(h.Next(0), Question::kNone);
  h.AnswerState(0);
  EXPECT_TRUE(h.admission.installing());
  EXPECT_EQ(h.Next(0), Question::kInstall);
}

TEST(InstallTest, EndsWithErrorsAndLostConnections) {
  AdmissionHarness h(2, 2);
  h.Admit(0);
  h.Admit(1);
  h.admission.Install();
  EXPECT_EQ(h.Next(0), Question::kInstall);
  EXPECT_EQ(h.Next(1), Question::kInstall);
  h.admission.OnNoAnswer(0, {Vote::kError, "OOM"}, h.now);
  EXPECT_TRUE(h.admission.installing());
  h.admission.OnDisconnected(1);
  EXPECT_FALSE(h.admission.installing());
}

TEST(InstallTest, DoesNotWaitForNodesThatAreNeverAsked) {
  AdmissionHarness h(2, 2);
  Greeting replica = AdmissionHarness::GreetingOf(0);
  replica.info.replica = true;
  h.Connect(0, replica);
  h.admission.Install();
  EXPECT_EQ(h.Next(0), Question::kNone);
  EXPECT_FALSE(h.admission.installing());
}

}  // namespace
}  // namespace holdfast::core
