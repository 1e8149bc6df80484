// Seats of a cluster: what their servers are asked, when they are trusted, and in which words they
// are refused (PROTOCOL.md, Clusters).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "seat_harness.h"

namespace holdfast::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

AdmissionOptions OneOfThreeVoters() {
  AdmissionOptions options = AdmissionHarness::OptionsFor(3, 2);
  options.tags = {"", "{fjl}", "{fjl}"};
  return options;
}

TEST(SeatAdmissionTest, HasAGuardOfItsOwn) {
  AdmissionHarness h(SeatOptions());
  EXPECT_EQ(h.admission.guard_key(0), "{54h}holdfast:guard");
  EXPECT_EQ(h.admission.guard_key(1), "{fjl}holdfast:guard");
  for (const Question question : {Question::kAdmit, Question::kOpen}) {
    ScriptCall call(question == Question::kOpen ? kOpenScript : kAdmitScript, false);
    h.admission.Write(1, question, call);
    EXPECT_THAT(call.keys(), ElementsAre("{fjl}holdfast:guard"));
  }
  AdmissionHarness voters(OneOfThreeVoters());
  EXPECT_EQ(voters.admission.guard_key(0), "holdfast:guard");
  EXPECT_EQ(voters.admission.guard_key(2), "{fjl}holdfast:guard");
}

// Neither its age nor its fsync tells where its data comes from.
TEST(SeatAdmissionTest, IsNeverTrustedAndAlwaysAsIfJustStarted) {
  AdmissionHarness h(SeatOptions());
  Greeting durable = SeatGreeting(1);
  durable.durable = true;
  h.Connect(1, durable);
  EXPECT_THAT(h.ArgumentsOf(1, Question::kAdmit),
              ElementsAre("run1", kSeats, "45000", "0", "0", "0", "0", "0"));
}

TEST(SeatAdmissionTest, FreshInstallationIsTakenForThat) {
  AdmissionOptions options = SeatOptions();
  options.new_installation = true;
  AdmissionHarness h(options);
  h.Connect(1, SeatGreeting(1));
  EXPECT_EQ(h.ArgumentsOf(1, Question::kAdmit).at(5), "1");
}

TEST(SeatAdmissionTest, QuarantineLastsForTheNodeTimeoutLonger) {
  AdmissionOptions options = SeatOptions();
  Greeting greeting = SeatGreeting(1);
  greeting.cluster_node_timeout = 5s;
  AdmissionHarness asked(options);
  asked.Connect(1, greeting);
  EXPECT_EQ(asked.ArgumentsOf(1, Question::kAdmit).at(2), "35000");
  EXPECT_EQ(asked.ArgumentsOf(1, Question::kOpen).at(4), "35000") << "young for as long";
  options.cluster_node_timeout = 2s;
  AdmissionHarness told(options);
  told.Connect(1, greeting);
  EXPECT_EQ(told.ArgumentsOf(1, Question::kAdmit).at(2), "35000") << "the longer one counts";
  told.Connect(1, SeatGreeting(1));
  EXPECT_EQ(told.ArgumentsOf(1, Question::kAdmit).at(2), "32000");
}

TEST(SeatAdmissionTest, NodesBesideASeatAreAskedAsEver) {
  AdmissionHarness h(OneOfThreeVoters());
  Greeting durable = AdmissionHarness::GreetingOf(0);
  durable.durable = true;
  durable.cluster_node_timeout = 5s;
  h.Connect(0, durable);
  EXPECT_THAT(h.ArgumentsOf(0, Question::kAdmit),
              ElementsAre("run0", "ours", "30000", "99", "1", "0", "0", "0"));
}

TEST(SeatAdmissionTest, SaysThatItsSlotIsWithAnotherServer) {
  AdmissionHarness h(SeatOptions());
  AdmitSeat(h, 1);
  h.admission.OnDisconnected(1);
  h.Connect(1, SeatGreeting(5));
  EXPECT_EQ(h.Next(1), Question::kAdmit);
  h.guards[1] = {.open = false, .till = h.now + 31s};
  h.AnswerState(1);
  EXPECT_EQ(h.admission.Problem(1, h.now).reason,
            "its slot is with another server than before, votes in 31 s");
  h.Connect(1, SeatGreeting(5));
  EXPECT_EQ(h.Next(1), Question::kAdmit);
  h.AnswerState(1);
  EXPECT_THAT(h.admission.Problem(1, h.now).reason, HasSubstr("another server than before"))
      << "also on the next connection to it";
}

TEST(SeatAdmissionTest, SaysNoMoreThanItKnowsOfWhyItIsShut) {
  AdmissionHarness h(SeatOptions());
  h.guards[1] = {.open = false, .till = h.now + 31s};
  AdmitSeat(h, 1);
  EXPECT_EQ(h.admission.Problem(1, h.now).reason, "it may have lost its locks, votes in 31 s");
  Greeting promoted = SeatGreeting(1);
  promoted.info.promoted = "672";
  h.Connect(1, promoted);
  EXPECT_EQ(h.Next(1), Question::kAdmit);
  h.AnswerState(1);
  EXPECT_THAT(h.admission.Problem(1, h.now).reason, HasSubstr("it was a replica"));
  Greeting restarted = SeatGreeting(1);
  restarted.info.run_id = "anew";
  h.Connect(1, restarted);
  EXPECT_EQ(h.Next(1), Question::kAdmit);
  h.AnswerState(1);
  EXPECT_THAT(h.admission.Problem(1, h.now).reason, HasSubstr("its server was started again"));
}

TEST(SeatAdmissionTest, ForgetsWhyItWasShutOnceItVotes) {
  AdmissionHarness h(SeatOptions());
  AdmitSeat(h, 1);
  h.Connect(1, SeatGreeting(5));
  EXPECT_EQ(h.Next(1), Question::kAdmit);
  h.AnswerState(1);
  ASSERT_EQ(h.admission.standing(1), Standing::kVoting);
  h.admission.OnShut(1);
  EXPECT_EQ(h.Next(1), Question::kAdmit);
  h.guards[1] = {.open = false, .till = h.now + 31s};
  h.AnswerState(1);
  EXPECT_THAT(h.admission.Problem(1, h.now).reason, HasSubstr("it may have lost its locks"));
}

TEST(SeatAdmissionTest, SeatsOfOneClusterMayShareAServer) {
  AdmissionHarness h(SeatOptions());
  AdmitSeat(h, 1);
  for (const int node : {0, 2}) {
    h.Connect(node, SeatGreeting(0));
    EXPECT_EQ(h.Next(node), Question::kAdmit);
    h.AnswerState(node);
    EXPECT_EQ(h.admission.standing(node), Standing::kVoting);
  }
  EXPECT_EQ(h.admission.Warning(0), "it shares its master 127.0.0.1:7000 with {1x3}");
  EXPECT_EQ(h.admission.Warning(2), "it shares its master 127.0.0.1:7000 with {54h}");
  EXPECT_EQ(h.admission.Warning(1), "");
  h.admission.OnDisconnected(2);
  EXPECT_EQ(h.admission.Warning(0), "");
}

TEST(SeatAdmissionTest, WarnsOfEvictionAndOfASharedServer) {
  AdmissionHarness h(SeatOptions());
  Greeting evicting = SeatGreeting(0);
  evicting.info.maxmemory_policy = "allkeys-lru";
  for (const int node : {0, 1, 2}) h.Connect(node, evicting);
  EXPECT_THAT(h.admission.Warning(0), HasSubstr("allkeys-lru"));
  EXPECT_THAT(h.admission.Warning(0),
              HasSubstr("noeviction; it shares its master 127.0.0.1:7000 with {fjl}, {1x3}"));
}

TEST(SeatAdmissionTest, ServerOfTwoVotersHasOneVote) {
  AdmissionHarness h(OneOfThreeVoters());
  AdmitSeat(h, 1);
  h.Connect(2, SeatGreeting(1));
  EXPECT_EQ(h.admission.standing(2), Standing::kRefused);
  EXPECT_THAT(h.admission.Problem(2, h.now).reason, HasSubstr("the same server as n1"));
}

TEST(SeatAdmissionTest, NodeOfAClusterIsNoIndependentNode) {
  AdmissionHarness h(3, 2);
  h.Connect(0, SeatGreeting(0));
  EXPECT_EQ(h.admission.standing(0), Standing::kRefused);
  EXPECT_THAT(h.admission.Problem(0, h.now).reason, HasSubstr("name its cluster in `clusters`"));
  EXPECT_EQ(h.Next(0), Question::kNone);
}

TEST(SeatAdmissionTest, IndependentNodeIsNoSeat) {
  AdmissionHarness h(SeatOptions());
  h.Connect(1, AdmissionHarness::GreetingOf(1));
  EXPECT_EQ(h.admission.standing(1), Standing::kRefused);
  EXPECT_THAT(h.admission.Problem(1, h.now).reason, HasSubstr("name it in `nodes`"));
  EXPECT_EQ(h.Next(1), Question::kNone);
}

TEST(SeatAdmissionTest, NamesTheServerThatHasTheSeat) {
  AdmissionHarness h(SeatOptions());
  EXPECT_EQ(h.admission.server(1), "");
  h.Connect(1, SeatGreeting(1));
  EXPECT_EQ(h.admission.server(1), "127.0.0.1:7001");
  h.admission.OnDisconnected(1);
  EXPECT_EQ(h.admission.server(1), "");
  AdmissionHarness node(1, 1);
  EXPECT_EQ(node.admission.server(0), "n0");
  node.Connect(0);
  EXPECT_EQ(node.admission.server(0), "n0");
}

}  // namespace
}  // namespace holdfast::core
