// What a node is asked on each connection, and where it stands by its answer (PROTOCOL.md,
// Admission).
#include "core/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admission_harness.h"

namespace holdfast::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The flags of an admit: trust, new, wiped, force.
std::string Flags(const AdmissionHarness& h, int node, Question question = Question::kAdmit) {
  std::string flags;
  const std::vector<std::string> arguments = h.ArgumentsOf(node, question);
  for (std::size_t i = 4; i < arguments.size(); ++i) flags += arguments[i];
  return flags;
}

TEST(AdmissionTest, AsksEachNewConnectionToAdmitIt) {
  AdmissionHarness h(3, 2);
  EXPECT_EQ(h.Next(0), Question::kNone);
  EXPECT_EQ(h.admission.standing(0), Standing::kDown);
  h.Connect(0);
  EXPECT_EQ(h.admission.standing(0), Standing::kUnknown);
  ASSERT_EQ(h.Next(0), Question::kAdmit);
  EXPECT_THAT(h.ArgumentsOf(0, Question::kAdmit),
              ElementsAre("run0", "ours", "30000", "99", "0", "0", "0", "0"));
  EXPECT_EQ(h.Next(0), Question::kNone) << "one question at a time";
  h.AnswerState(0);
  EXPECT_EQ(h.admission.standing(0), Standing::kVoting);
  EXPECT_EQ(h.admission.pass(0), "4711");
  EXPECT_EQ(h.admission.config(0), "42");
  EXPECT_EQ(h.Next(0), Question::kNone);
  EXPECT_EQ(h.admission.next_timer(), kNever);
}

TEST(AdmissionTest, ReconnectedNodeIsAskedAnew) {
  AdmissionHarness h(3, 2);
  h.Admit(0);
  h.admission.OnDisconnected(0);
  EXPECT_EQ(h.admission.standing(0), Standing::kDown);
  h.Connect(0);
  EXPECT_EQ(h.admission.standing(0), Standing::kUnknown);
  EXPECT_EQ(h.Next(0), Question::kAdmit);
}

TEST(AdmissionTest, TrustsAServerThatForgetsNothingIfToldTo) {
  Greeting durable = AdmissionHarness::GreetingOf(0);
  durable.durable = true;
  AdmissionOptions options = AdmissionHarness::OptionsFor(1, 1);
  AdmissionHarness trusting(options);
  trusting.Connect(0, durable);
  EXPECT_EQ(Flags(trusting, 0), "1000");
  options.trust_persistence = false;
  AdmissionHarness wary(options);
  wary.Connect(0, durable);
  EXPECT_EQ(Flags(wary, 0), "0000");
  options.new_installation = true;
  AdmissionHarness fresh(options);
  fresh.Connect(0);
  EXPECT_EQ(Flags(fresh, 0), "0100");
}

TEST(AdmissionTest, ServerThatWasToldToForgetIsSaidToBeWiped) {
  AdmissionHarness h(1, 1);
  Greeting flushed = AdmissionHarness::GreetingOf(0);
  flushed.info.flushed = true;
  h.Connect(0, flushed);
  EXPECT_EQ(Flags(h, 0), "0010");
}

TEST(AdmissionTest, NodeThatHadAGuardIsSaidToBeWipedShouldItHaveNone) {
  AdmissionHarness h(1, 1);
  h.Admit(0);
  EXPECT_EQ(Flags(h, 0), "0010");
  h.Connect(0);
  EXPECT_EQ(Flags(h, 0), "0010") << "also while we were away";
  EXPECT_EQ(h.Next(0), Question::kAdmit);
  h.Answer(0, {"MISMATCH", "theirs"});
  EXPECT_EQ(Flags(h, 0), "0010");
}

// A server that started at 10.9 s tells at 11.0 s that it is up for 1 s.
TEST(AdmissionTest, TakesAnUptimeForASecondLess) {
  for (const std::int64_t told : {0, 1, 2}) {
    AdmissionHarness h(3, 2);
    Greeting greeting = AdmissionHarness::GreetingOf(0);
    greeting.info.uptime_s = told;
    h.Connect(0, greeting);
    EXPECT_EQ(h.Next(0), Question::kAdmit);
    EXPECT_EQ(h.ArgumentsOf(0, Question::kAdmit).at(3), told == 2 ? "1" : "0");
  }
}

TEST(AdmissionTest, ShutNodeIsQuarantinedAndTellsForHowLong) {
  AdmissionHarness h(3, 2);
  Greeting young = AdmissionHarness::GreetingOf(0);
  young.info.uptime_s = 1;
  h.Connect(0, young);
  EXPECT_EQ(h.Next(0), Question::kAdmit);
  h.guards[0] = {.open = false, .till = h.now + 29s};
  h.AnswerState(0);
  EXPECT_EQ(h.admission.standing(0), Standing::kQuarantined);
  h.now += 2s;
  EXPECT_EQ(h.admission.VotesIn(0, h.now), 27s);
  const NodeProblem problem = h.admission.Problem(0, h.now);
  EXPECT_EQ(problem.vote, Vote::kQuarantined);
  EXPECT_EQ(problem.reason, "started 3 s ago without durable locks, votes in 27 s");
  EXPECT_EQ(h.admission.next_timer(), h.guards[0].till);
}

TEST(AdmissionTest, NodeThatStartedLongAgoMayHaveLostItsLocks) {
  AdmissionHarness h(3, 2);
  h.guards[0] = {.open = false, .till = h.now + 29s};
  h.Admit(0);
  EXPECT_THAT(h.admission.Problem(0, h.now).reason, HasSubstr("may have lost its locks"));
}

TEST(AdmissionTest, NodeAskedForNothingButTimeSaysWhatItWaitsFor) {
  AdmissionHarness h(3, 2);
  h.guards[0].open = false;
  h.Admit(0);
  EXPECT_EQ(h.admission.VotesIn(0, h.now), std::nullopt);
  EXPECT_THAT(h.admission.Problem(0, h.now).reason, HasSubstr("waits for the other nodes"));
}

TEST(AdmissionTest, ErrorIsShownAndAskedAgainAfterAWhile) {
  AdmissionHarness h(3, 2);
  h.Connect(0);
  EXPECT_EQ(h.Next(0), Question::kAdmit);
  h.admission.OnNoAnswer(0, {Vote::kDenied, "NOPERM no permission"}, h.now);
  EXPECT_EQ(h.admission.standing(0), Standing::kUnknown);
  EXPECT_EQ(h.admission.Problem(0, h.now).vote, Vote::kDenied);
  EXPECT_EQ(h.admission.Problem(0, h.now).reason, "NOPERM no permission");
  EXPECT_EQ(h.Next(0), Question::kNone);
  EXPECT_EQ(h.admission.next_timer(), h.now + 500ms);
  h.now += 500ms;
  EXPECT_EQ(h.Next(0), Question::kAdmit);
  h.AnswerState(0);
  EXPECT_EQ(h.admission.standing(0), Standing::kVoting);
}

TEST(AdmissionTest, AnswerOfUnknownFormIsAnError) {
  AdmissionHarness h(1, 1);
  for (const auto& answer : {std::initializer_list<std::string_view>{"STATE", "4711", ":0"},
                             {"OPEN", "4711", ":0", ":0", "0", ":0", "42", "0"},
                             {}}) {
    h.Connect(0);
    EXPECT_EQ(h.Next(0), Question::kAdmit);
    h.Answer(0, answer);
    EXPECT_EQ(h.admission.standing(0), Standing::kUnknown);
    EXPECT_EQ(h.admission.Problem(0, h.now).vote, Vote::kError);
  }
}

TEST(AdmissionTest, TimeBeyondAllMeasureIsALongOne) {
  AdmissionHarness h(1, 1);
  for (const char* left : {":9223372036854775807", ":-9223372036854775808"}) {
    h.Connect(0);
    EXPECT_EQ(h.Next(0), Question::kAdmit);
    h.Answer(0, {"STATE", "", left, ":5", "0", ":0", "42", "0"});
    EXPECT_EQ(h.admission.standing(0), Standing::kQuarantined);
    EXPECT_GE(h.admission.next_timer(), h.now);
  }
}

TEST(AdmissionTest, CounterMarkThatIsNoneIsAnError) {
  AdmissionHarness h(1, 1);
  for (const char* mark : {":-5", ":9007199254740992"}) {
    h.Connect(0);
    EXPECT_EQ(h.Next(0), Question::kAdmit);
    h.Answer(0, {"STATE", "", ":0", mark, "0", ":0", "42", "0"});
    EXPECT_EQ(h.admission.Problem(0, h.now).vote, Vote::kError) << mark;
  }
}

// How the server started explains nothing of a guard that was changed while we looked.
TEST(AdmissionTest, ServerWhoseDataWasReplacedIsNotTrusted) {
  AdmissionHarness h(1, 1);
  Greeting durable = AdmissionHarness::GreetingOf(0);
  durable.durable = true;
  durable.info.uptime_s = 1000;
  h.Connect(0, durable);
  EXPECT_EQ(h.ArgumentsOf(0, Question::kAdmit).at(3), "999");
  EXPECT_EQ(h.ArgumentsOf(0, Question::kAdmit).at(4), "1");
  h.Admit(0);
  h.admission.OnShut(0);
  EXPECT_EQ(h.ArgumentsOf(0, Question::kAdmit).at(3), "0");
  EXPECT_EQ(h.ArgumentsOf(0, Question::kAdmit).at(4), "0");
}

// Its run_id stays the same when it becomes a replica and a master again, but its data does not.
TEST(AdmissionTest, ServerThatWasAReplicaIsAnother) {
  AdmissionHarness h(1, 1);
  Greeting promoted = AdmissionHarness::GreetingOf(0);
  promoted.durable = true;
  promoted.info.uptime_s = 1000;
  const std::string run_id = promoted.info.run_id;
  promoted.info.promoted = "672";
  h.Connect(0, promoted);
  EXPECT_EQ(h.ArgumentsOf(0, Question::kAdmit).at(0), run_id + ":672");
  EXPECT_EQ(h.ArgumentsOf(0, Question::kAdmit).at(3), "0");
  EXPECT_EQ(h.ArgumentsOf(0, Question::kAdmit).at(4), "0");
}

TEST(AdmissionTest, EvictionPolicyIsAWarning) {
  AdmissionHarness h(1, 1);
  Greeting evicting = AdmissionHarness::GreetingOf(0);
  evicting.info.maxmemory_policy = "allkeys-lru";
  h.Connect(0, evicting);
  EXPECT_THAT(h.admission.Warning(0), HasSubstr("allkeys-lru"));
  evicting.info.maxmemory_policy = "noeviction";
  h.Connect(0, evicting);
  EXPECT_EQ(h.admission.Warning(0), "");
}

TEST(AdmissionTest, NodeThatForgetsNothingWasSetUpAnew) {
  AdmissionHarness h(3, 2);
  Greeting greeting = AdmissionHarness::GreetingOf(0);
  greeting.durable = true;
  h.guards[0] = {.open = false, .till = h.now + 29s};
  h.Connect(0, greeting);
  EXPECT_EQ(h.Next(0), Question::kAdmit);
  h.AnswerState(0);
  EXPECT_EQ(h.admission.Problem(0, h.now).reason,
            "it was set up anew, or lost its data, votes in 29 s");
}

}  // namespace
}  // namespace holdfast::core
