// Attempt after attempt: each undone before the next, none sent twice (lib/core/PROTOCOL.md, rules
// 4 and 5).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

TEST(AttemptsTest, FailedAttemptIsReleasedOnEveryNodeThatWasAsked) {
  Connected h(5);
  h.Acquire();
  const std::string nonce = h.sent().front().nonce();
  h.Grant(0);
  h.Busy(1);
  h.Error(2, "OOM command not allowed when used memory > 'maxmemory'.");
  h.Busy(3);  // Decided; node 4 never answered.
  ASSERT_TRUE(h.done());
  for (int node = 0; node < 4; ++node) EXPECT_EQ(h.Waiting(node), "release") << node;
  EXPECT_EQ(h.Waiting(4), "acquire release");
  EXPECT_EQ(h.sent().back().nonce(), nonce);
}

TEST(AttemptsTest, ReleaseIsSentAgainOnTheNextConnection) {
  Connected h(3);
  h.Acquire();
  h.Busy(0);
  h.Down(2);
  h.Busy(1);
  ASSERT_TRUE(h.done());
  h.Deleted(0);
  h.Deleted(1);
  h.Up(2);
  EXPECT_EQ(h.Waiting(2), "release");
  h.Down(2);
  h.Up(2);
  EXPECT_EQ(h.Waiting(2), "release") << "until it is confirmed";
  h.Absent(2);
  h.Advance(3s);
  EXPECT_EQ(h.Waiting(2), "release") << "the acquire may have been carried out after the first";
  h.Deleted(2);
  h.Advance(3s);
  EXPECT_EQ(h.Waiting(2), "release") << "and after the second, which was sent too early, too";
  h.Absent(2);
  h.Down(2);
  h.Up(2);
  EXPECT_EQ(h.Waiting(2), "");
  EXPECT_EQ(h.engine().rounds_in_use(), 0U);
  EXPECT_EQ(h.engine().leases_in_use(), 0U);
}

TEST(AttemptsTest, ReleaseIsForgottenWhenNoKeyCanBeLeft) {
  Connected h(3);
  h.Acquire({.ttl = 1s});
  h.Down(0);
  h.Down(1);
  h.Down(2);
  h.Advance(3s);
  EXPECT_EQ(h.engine().rounds_in_use(), 0U);
  EXPECT_EQ(h.engine().leases_in_use(), 0U);
  h.Up(0);
  EXPECT_EQ(h.Waiting(0), "");
}

TEST(AttemptsTest, CancelledAttemptIsUndone) {
  Connected h(3);
  h.Acquire({.wait = 10s});
  h.Grant(0);
  h.Cancel();
  EXPECT_TRUE(absl::IsCancelled(h.status()));
  EXPECT_EQ(h.Waiting(0), "release");
  EXPECT_EQ(h.Waiting(1), "acquire release");
}

TEST(AttemptsTest, CancelBetweenTwoAttemptsEndsTheCall) {
  Connected h(1);
  h.Acquire({.wait = 10s});
  h.Busy(0);
  h.Deleted(0);
  h.Cancel();
  EXPECT_TRUE(absl::IsCancelled(h.status()));
  h.Advance(10s);
  EXPECT_TRUE(h.sent().empty());
  h.Cancel();  // Also after the end.
}

TEST(AttemptsTest, LateGrantAfterAWinIsKeptAndReleasedLater) {
  Connected h(3);
  h.Acquire();
  h.Grant(0);
  h.Grant(1);
  ASSERT_TRUE(h.acquired());
  h.Advance(100ms);
  h.Grant(2);
  EXPECT_EQ(h.Waiting(2), "");
  h.Release(h.id());
  EXPECT_EQ(h.Waiting(2), "release");
}

TEST(AttemptsTest, IsNeverSentAgainByAReconnect) {
  Connected h(3);
  h.Acquire();
  h.Down(0);
  h.Up(0);
  EXPECT_EQ(h.Waiting(0), "");
}

TEST(AttemptsTest, RetryIsANewAttemptBehindTheOldOnesRelease) {
  Connected h(1);
  h.Acquire({.wait = 1s, .retry_delay = 200ms, .retry_jitter = 100ms});
  const std::string first = h.sent().front().nonce();
  h.Busy(0);
  EXPECT_EQ(h.Waiting(0), "release");
  h.Advance(99ms);
  EXPECT_EQ(h.Waiting(0), "release");
  h.Advance(201ms);
  EXPECT_EQ(h.Waiting(0), "release acquire");
  EXPECT_NE(h.sent().back().nonce(), first);
}

TEST(AttemptsTest, WaitEndsInTimeAndTellsTheHolder) {
  Connected h(1);
  const TimePoint start = h.now();
  h.Acquire({.wait = 1s});
  while (!h.done() && h.now() < start + 5s) {
    if (h.Waiting(0) == "acquire") h.Busy(0, "host:9");
    if (h.Waiting(0) == "release") h.Absent(0);
    h.Advance(1ms);
  }
  EXPECT_LE(h.now(), start + 1001ms);
  EXPECT_GE(h.now(), start + 900ms) << "the end of the wait is worth a try, too";
  EXPECT_TRUE(IsHeld(h.status())) << h.status();
}

TEST(AttemptsTest, WaitCutShortStillTellsTheHolderSeenBefore) {
  Connected h(1);
  h.Acquire({.wait = 300ms});
  h.Busy(0, "host:9");
  h.Absent(0);
  h.Advance(1s);  // The second attempt gets no answer.
  EXPECT_TRUE(IsHeld(h.status())) << h.status();
}

TEST(AttemptsTest, AreBoundedByMaxAttemptsToo) {
  Connected h(1);
  h.Acquire({.wait = 10s, .max_attempts = 2});
  h.Busy(0, "host:9");
  h.Absent(0);
  EXPECT_FALSE(h.done());
  h.Advance(300ms);
  h.Busy(0, "host:9");
  ASSERT_TRUE(h.done());
  EXPECT_TRUE(IsHeld(h.status())) << h.status();
  h.Absent(0);
  h.Advance(10s);
  EXPECT_TRUE(h.sent().empty());
}

TEST(AttemptsTest, MaxAttemptsOfOneIsOneEvenWithAWait) {
  Connected h(1);
  h.Acquire({.wait = 10s, .max_attempts = 1});
  h.Busy(0);
  EXPECT_TRUE(IsHeld(h.status())) << h.status();
}

TEST(AttemptsTest, NodesThatComeBackDuringTheWaitAreUsed) {
  Connected h(1);
  h.Down(0);
  h.Acquire({.wait = 5s});
  EXPECT_FALSE(h.done());
  h.Up(0);
  h.Advance(300ms);
  h.Grant(0);
  EXPECT_TRUE(h.acquired());
}

TEST(AttemptsTest, ServerThatForgotItsScriptsIsGivenTheTextWhileWanted) {
  Connected h(3);
  h.Acquire();
  h.Error(0, "NOSCRIPT No matching script.");
  ASSERT_EQ(h.Waiting(0), "acquire");
  EXPECT_TRUE(h.sent().back().with_text);
  h.Busy(1);
  h.Busy(2);
  ASSERT_TRUE(h.done());
  h.Error(0, "NOSCRIPT No matching script.");
  EXPECT_EQ(h.Waiting(0), "release") << "an acquire behind its release would leave a lock";
}

TEST(AttemptsTest, ServerThatForgotItsScriptsButTakesNothingMoreIsAnError) {
  Connected h(1);
  h.Acquire();
  h.FullUp(true);
  h.Error(0, "NOSCRIPT No matching script.");
  ASSERT_TRUE(h.done());
  const NodeVote vote = GetFailure(h.status()).value_or(Failure{}).votes.at(0);
  EXPECT_EQ(vote.vote, Vote::kError);
  EXPECT_EQ(vote.reason, "NOSCRIPT No matching script.");
}

// It may have been another call's key, that it was joined with.
TEST(AttemptsTest, ForbiddenCallIsAskedAgainAloneWhileWanted) {
  constexpr std::string_view kForbidden = "NOPERM No permissions to access a key";
  Connected h(3);
  h.Acquire();
  EXPECT_FALSE(h.At(0).alone);
  h.Error(0, kForbidden);
  ASSERT_EQ(h.Waiting(0), "acquire");
  EXPECT_TRUE(h.At(0).alone);
  EXPECT_FALSE(h.At(0).with_text);
  EXPECT_FALSE(h.At(1).alone);
  h.Error(0, "NOSCRIPT No matching script.");
  ASSERT_EQ(h.Waiting(0), "acquire");
  EXPECT_TRUE(h.At(0).alone) << "also with the text";
  h.Error(1, kForbidden);
  h.Error(0, kForbidden);
  h.Busy(2);
  ASSERT_TRUE(h.done());
  h.Error(1, kForbidden);
  EXPECT_EQ(h.Waiting(0), "release");
  EXPECT_EQ(h.Waiting(1), "release");
}

// Part of what it does may have been done.
TEST(AttemptsTest, CallThatWasForbiddenSomethingWhileItRanIsNotAskedAgain) {
  Connected h(1);
  h.Acquire();
  h.Error(0,
          "NOPERM this user has no permissions to run the 'hset' command script: f00, on "
          "@user_script:30.");
  ASSERT_TRUE(h.done());
  EXPECT_EQ(h.status().code(), absl::StatusCode::kPermissionDenied);
}

// Released with others again and again, they would never get away.
TEST(AttemptsTest, ForbiddenReleaseStaysAlone) {
  Connected h(1);
  const LeaseId id = h.Hold();
  h.Release(id);
  h.Error(0, "NOPERM No permissions to access a key");
  EXPECT_TRUE(h.At(0).alone);
  h.Error(0, "NOPERM No permissions to access a key");
  h.Advance(500ms);
  ASSERT_EQ(h.Waiting(0), "release");
  EXPECT_TRUE(h.At(0).alone);
}

TEST(AttemptsTest, CancelEndsTheCallThatItNames) {
  Connected h(3);
  std::vector<std::string> ended;
  const auto acquire = [&](std::uint64_t ticket, const std::string& name) {
    const auto done = [&ended, name](Engine&, absl::StatusOr<LeaseId> result) {
      ended.push_back(name + (absl::IsCancelled(result.status()) ? " cancelled" : ""));
    };
    h.engine().Acquire(ticket, std::vector<std::string>{name}, {.wait = 10s}, done, h.now());
  };
  acquire(71, "a");
  acquire(72, "b");
  h.engine().Cancel(73, h.now());
  EXPECT_EQ(ended, std::vector<std::string>{});
  h.engine().Cancel(72, h.now());
  EXPECT_EQ(ended, std::vector<std::string>{"b cancelled"});
}

}  // namespace
}  // namespace holdfast::core
