// Fencing tokens that the nodes do not agree on at once (lib/core/PROTOCOL.md, rule 3).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Five nodes, of which three granted with other counters: 5, 9, 7.
class FinaliseTest : public ::testing::Test {
 protected:
  void Split(AcquireOptions options = {}) {
    h_.Acquire(options);
    nonce_ = h_.At(0).nonce();
    h_.Grant(0, ":5");
    h_.Grant(1, ":9");
    h_.Grant(2, ":7");
  }
  void ExpectUndone() {
    EXPECT_FALSE(h_.acquired());
    for (int node = 0; node < 5; ++node) {
      if (node == down_) continue;
      const auto last = std::find_if(h_.sent().rbegin(), h_.sent().rend(),
                                     [&](const Sent& sent) { return sent.node == node; });
      ASSERT_NE(last, h_.sent().rend()) << node;
      EXPECT_EQ(last->script, "release") << node;
      EXPECT_EQ(last->nonce(), nonce_) << node;
    }
    EXPECT_EQ(h_.engine().GetStats().finalise_failed, 1U);
  }

  Connected h_{5};
  std::string nonce_;
  int down_ = -1;
};

TEST_F(FinaliseTest, AsksTheNodesOfTheQuorumThatAreBelowTheToken) {
  Split();
  EXPECT_EQ(h_.Waiting(0), "finalise");
  EXPECT_EQ(h_.Waiting(1), "");
  EXPECT_EQ(h_.Waiting(2), "finalise");
  EXPECT_EQ(h_.Waiting(3), "acquire") << "none that has not granted";
  EXPECT_THAT(h_.At(0).keys, ElementsAre("holdfast:guard", "lock:a", "holdfast:fence:lock:a"));
  EXPECT_THAT(h_.At(0).arguments, ElementsAre(nonce_, "604800000", "5", "9"));
  EXPECT_THAT(h_.At(2).arguments, ElementsAre(nonce_, "604800000", "7", "9"));
}

TEST_F(FinaliseTest, SucceedsOnlyWhenAllOfThemHave) {
  Split();
  h_.Final(0);
  EXPECT_FALSE(h_.done());
  h_.Final(2);
  ASSERT_TRUE(h_.acquired());
  EXPECT_THAT(h_.engine().fences(h_.id()), ElementsAre(9));
  EXPECT_EQ(h_.engine().GetStats().finalised, 1U);
  EXPECT_EQ(h_.engine().GetStats().final_in_one_round_trip, 0U);
}

TEST_F(FinaliseTest, GrantsThatComeMeanwhileChangeNeitherTokenNorQuorum) {
  Split();
  h_.Grant(3, ":99");
  h_.Grant(4, ":99");
  EXPECT_FALSE(h_.done()) << "another quorum could give two holders one token";
  h_.Final(0);
  h_.Final(2);
  EXPECT_THAT(h_.engine().fences(h_.id()), ElementsAre(9));
  EXPECT_EQ(h_.Waiting(3) + h_.Waiting(4), "");
}

TEST_F(FinaliseTest, NodeThatHasTheGrantNoMoreFailsTheAttempt) {
  Split();
  h_.Final(0);
  h_.AnswerText(2, "GONE");
  ASSERT_TRUE(h_.done());
  EXPECT_TRUE(IsUndecided(h_.status())) << h_.status();
  EXPECT_THAT(std::string(h_.status().message()), HasSubstr("n2 absent"));
  ExpectUndone();
}

TEST_F(FinaliseTest, ErrorFailsTheAttempt) {
  Split();
  h_.Error(0, "OOM command not allowed when used memory > 'maxmemory'.");
  EXPECT_TRUE(h_.done());
  ExpectUndone();
}

TEST_F(FinaliseTest, AnswerOfUnknownFormFailsTheAttempt) {
  Split();
  h_.AnswerText(0, "PERHAPS");
  EXPECT_TRUE(h_.done());
  ExpectUndone();
}

TEST_F(FinaliseTest, LostConnectionFailsTheAttempt) {
  Split();
  h_.Down(2);
  down_ = 2;
  EXPECT_TRUE(h_.done());
  ExpectUndone();
  h_.Up(2);
  EXPECT_EQ(h_.Waiting(2), "release");
}

TEST_F(FinaliseTest, SilenceFailsTheAttemptAtTheDeadline) {
  Split();
  h_.Final(0);
  h_.Advance(1999ms);
  EXPECT_FALSE(h_.done());
  h_.Advance(1ms);
  ASSERT_TRUE(h_.done());
  EXPECT_THAT(std::string(h_.status().message()), HasSubstr("n2 no answer"));
  ExpectUndone();
}

TEST_F(FinaliseTest, IsNotWaitedForLongerThanTheLockWouldBeValid) {
  Split({.ttl = 200ms});
  h_.Advance(188ms);
  EXPECT_TRUE(h_.done());
  ExpectUndone();
}

TEST_F(FinaliseTest, LockWhoseValidityRanOutMeanwhileIsNotReturned) {
  Split({.ttl = 200ms});
  h_.Freeze(190ms);
  h_.Final(0);
  h_.Final(2);
  ASSERT_TRUE(h_.done());
  EXPECT_FALSE(h_.acquired());
  EXPECT_THAT(std::string(h_.status().message()), HasSubstr("ran out"));
  EXPECT_EQ(h_.Waiting(0), "release");
}

TEST_F(FinaliseTest, NextAttemptIsANewOneAboveTheTokenThatFailed) {
  Split({.wait = 10s});
  h_.AnswerText(2, "GONE");
  EXPECT_FALSE(h_.done());
  h_.Advance(300ms);
  const Sent& retry = h_.sent().back();
  EXPECT_EQ(retry.script, "acquire");
  EXPECT_NE(retry.nonce(), nonce_);
  EXPECT_EQ(retry.arguments.at(4), "10");
}

TEST_F(FinaliseTest, ReleaseOfTheFailedAttemptCarriesItsToken) {
  Split();
  h_.AnswerText(2, "GONE");
  EXPECT_EQ(h_.sent().back().script, "release");
  EXPECT_EQ(h_.sent().back().arguments.at(2), "9");
}

TEST_F(FinaliseTest, CancelledMeanwhileIsUndone) {
  Split();
  h_.Cancel();
  EXPECT_TRUE(absl::IsCancelled(h_.status()));
  for (const int node : {0, 2}) EXPECT_EQ(h_.Waiting(node), "finalise release");
  EXPECT_EQ(h_.Waiting(1), "release");
  EXPECT_EQ(h_.Waiting(4), "acquire release");
}

TEST_F(FinaliseTest, ServerThatForgotTheScriptIsGivenItsText) {
  Split();
  h_.Final(0);
  h_.Error(2, "NOSCRIPT No matching script.");
  ASSERT_EQ(h_.Waiting(2), "finalise");
  EXPECT_TRUE(h_.At(2).with_text);
  EXPECT_EQ(h_.At(2).arguments.at(2), "7");
  h_.Final(2);
  EXPECT_TRUE(h_.acquired());
}

TEST_F(FinaliseTest, NothingIsLeftInUseAfterAll) {
  Split();
  h_.Grant(3, ":9");
  h_.AnswerText(0, "GONE");
  h_.Final(2);
  h_.Grant(4, ":9");
  for (int node = 0; node < 5; ++node) h_.Deleted(node);
  EXPECT_EQ(h_.engine().rounds_in_use(), 0U);
  EXPECT_EQ(h_.engine().leases_in_use(), 0U);
}

}  // namespace
}  // namespace holdfast::core
