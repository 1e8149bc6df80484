// Acquisitions, rule by rule (lib/core/PROTOCOL.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(AcquireTest, AsksAllNodesAtOnceUnderOneNonce) {
  Connected h(5);
  h.Acquire({.ttl = 8s});
  ASSERT_EQ(h.sent().size(), 5U);
  std::set<std::string> nonces;
  for (const Sent& command : h.sent()) {
    EXPECT_EQ(command.script, "acquire");
    EXPECT_EQ(command.key, "lock:a");
    EXPECT_EQ(command.arguments.at(1), "8000");
    EXPECT_EQ(command.arguments.at(3), "me:1");
    nonces.insert(command.nonce());
  }
  EXPECT_EQ(nonces.size(), 1U);
  EXPECT_EQ(nonces.begin()->size(), 32U);
}

TEST(AcquireTest, IsWonAtTheQuorumsGrantWithoutWaitingForTheRest) {
  Connected h(5);
  h.Acquire();
  h.Grant(0);
  h.Grant(1);
  EXPECT_FALSE(h.done());
  h.Grant(2);
  EXPECT_TRUE(h.acquired());
}

TEST(AcquireTest, IsLostAsSoonAsAQuorumIsImpossible) {
  Connected h(5);
  h.Acquire();
  h.Busy(0);
  h.Down(1);
  EXPECT_FALSE(h.done());
  h.Busy(2, "host:7");
  ASSERT_TRUE(h.done());
  EXPECT_TRUE(IsHeld(h.status())) << h.status();
}

TEST(AcquireTest, TieOnAnEvenNumberOfNodesEndsAtOnce) {
  for (const int nodes : {2, 4}) {
    Connected h(nodes);
    h.Acquire();
    for (int node = 0; node < nodes / 2; ++node) h.Grant(node);
    EXPECT_FALSE(h.done());
    for (int node = nodes / 2; node < nodes && !h.done(); ++node) h.Busy(node);
    EXPECT_TRUE(IsHeld(h.status())) << nodes << " nodes: " << h.status();
    EXPECT_EQ(h.Waiting(0), "release");
  }
}

TEST(AcquireTest, RefusalNamesTheHolderAndWhenAQuorumIsFree) {
  Connected h(3);
  h.Acquire();
  h.Busy(0, "host:7", ":8000");
  h.Grant(2);
  h.Busy(1, "host:7", ":8200");
  const auto failure = GetFailure(h.status());
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->holder, "host:7");
  EXPECT_EQ(failure->remaining, 8000ms);
  EXPECT_EQ(failure->votes.at(1).vote, Vote::kHeld);
  EXPECT_EQ(failure->votes.at(2).vote, Vote::kGranted);
}

TEST(AcquireTest, HolderThatNeverExpiresHasNoRemainingTime) {
  Connected h(1);
  h.Acquire();
  h.Busy(0, "", ":-1");
  EXPECT_TRUE(IsHeld(h.status()));
  EXPECT_FALSE(GetFailure(h.status())->remaining);
}

TEST(AcquireTest, RefusalsBeforeTheRestAnsweredAreNoLackOfNodes) {
  Connected h(5);
  h.Down(4);
  h.Acquire();
  h.Busy(0);
  h.Busy(1);
  ASSERT_TRUE(h.done());
  EXPECT_TRUE(IsHeld(h.status())) << h.status();
}

TEST(AcquireTest, NodesThatAreNotConnectedVoteAtOnce) {
  Connected h(3);
  h.Down(1);
  h.Down(2);
  h.Acquire();
  ASSERT_TRUE(h.done());
  EXPECT_TRUE(IsNoQuorum(h.status())) << h.status();
  EXPECT_THAT(std::string(h.status().message()), HasSubstr("n1 down: cannot connect"));
}

TEST(AcquireTest, SilentMajorityEndsAtTheCommandTimeoutNamingEachNode) {
  Connected h(5);
  h.Acquire();
  h.Grant(0);
  h.Grant(1);
  h.Advance(1999ms);
  EXPECT_FALSE(h.done());
  h.Advance(1ms);
  EXPECT_TRUE(IsNoQuorum(h.status())) << h.status();
  EXPECT_THAT(std::string(h.status().message()), HasSubstr("n4 no answer"));
}

TEST(AcquireTest, UndecidedAtTheDeadlineIsNeitherHeldNorUnreachable) {
  Connected h(5);
  h.Acquire();
  h.Grant(0);
  h.Grant(1);
  h.Busy(2);
  h.Busy(3);
  h.Advance(2s);
  EXPECT_TRUE(IsUndecided(h.status())) << h.status();
}

TEST(AcquireTest, DeniedByTheServersIsAPermissionError) {
  Connected h(3);
  h.Acquire({.wait = 10s});
  h.Error(0, "NOPERM this user has no permissions");
  h.Error(1, "NOAUTH Authentication required.");
  ASSERT_TRUE(h.done()) << "trying again cannot help";
  EXPECT_EQ(h.status().code(), absl::StatusCode::kPermissionDenied);
}

TEST(AcquireTest, ErrorRepliesAreVotesWithTheirText) {
  Connected h(3);
  h.Acquire();
  h.Error(0, "LOADING Redis is loading the dataset in memory");
  h.Error(1, "READONLY You can't write against a read only replica.");
  EXPECT_TRUE(IsNoQuorum(h.status()));
  EXPECT_THAT(std::string(h.status().message()), HasSubstr("n1 error: READONLY You can't write"));
}

// Rule 1.

TEST(AcquireTest, ValidityCountsFromTheSendingAndIsTheQuorumsWorst) {
  Connected h(3);
  const TimePoint sent = h.now();
  h.Acquire({.ttl = 10s});
  h.Advance(300ms);
  h.Grant(0);
  h.Grant(1);
  h.engine().Observe(h.id(), &h);
  EXPECT_EQ(h.valid_until(), sent + 10s - 100ms - 2ms);
}

TEST(AcquireTest, LockWhoseValidityRanOutOnTheWayIsNotReturned) {
  Connected h(3);
  h.Acquire({.ttl = 100ms});
  h.Freeze(100ms);
  h.Grant(0);
  h.Grant(1);
  ASSERT_TRUE(h.done());
  EXPECT_FALSE(h.acquired());
  EXPECT_TRUE(IsUndecided(h.status())) << h.status();
  EXPECT_EQ(h.Waiting(0), "release");
}

TEST(AcquireTest, AttemptEndsWhenNoValidityCouldBeLeft) {
  Connected h(3);
  h.Acquire({.ttl = 100ms});
  h.Advance(97ms);
  EXPECT_TRUE(h.done());
}

// Rule 4.

TEST(AcquireTest, FailedAttemptIsReleasedOnEveryNodeThatWasAsked) {
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

TEST(AcquireTest, ReleaseIsSentAgainOnTheNextConnection) {
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
  h.Down(2);
  h.Up(2);
  EXPECT_EQ(h.Waiting(2), "");
  EXPECT_EQ(h.engine().rounds_in_use(), 0U);
  EXPECT_EQ(h.engine().leases_in_use(), 0U);
}

TEST(AcquireTest, ReleaseIsForgottenWhenNoKeyCanBeLeft) {
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

TEST(AcquireTest, CancelledAttemptIsUndone) {
  Connected h(3);
  h.Acquire({.wait = 10s});
  h.Grant(0);
  h.Cancel();
  EXPECT_TRUE(absl::IsCancelled(h.status()));
  EXPECT_EQ(h.Waiting(0), "release");
  EXPECT_EQ(h.Waiting(1), "acquire release");
}

TEST(AcquireTest, CancelBetweenTwoAttemptsEndsTheCall) {
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

TEST(AcquireTest, LateGrantAfterAWinIsKeptAndReleasedLater) {
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

// Rule 5.

TEST(AcquireTest, IsNeverSentAgainByAReconnect) {
  Connected h(3);
  h.Acquire();
  h.Down(0);
  h.Up(0);
  EXPECT_EQ(h.Waiting(0), "");
}

TEST(AcquireTest, RetryIsANewAttemptBehindTheOldOnesRelease) {
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

TEST(AcquireTest, WaitEndsInTimeAndTellsTheHolder) {
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

TEST(AcquireTest, WaitCutShortStillTellsTheHolderSeenBefore) {
  Connected h(1);
  h.Acquire({.wait = 300ms});
  h.Busy(0, "host:9");
  h.Absent(0);
  h.Advance(1s);  // The second attempt gets no answer.
  EXPECT_TRUE(IsHeld(h.status())) << h.status();
}

TEST(AcquireTest, NodesThatComeBackDuringTheWaitAreUsed) {
  Connected h(1);
  h.Down(0);
  h.Acquire({.wait = 5s});
  EXPECT_FALSE(h.done());
  h.Up(0);
  h.Advance(300ms);
  h.Grant(0);
  EXPECT_TRUE(h.acquired());
}

TEST(AcquireTest, ServerThatForgotItsScriptsIsGivenTheTextWhileWanted) {
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

TEST(AcquireTest, NodeWithTooManyUnansweredCommandsVotesNoAnswer) {
  Connected h(1);
  h.FullUp(true);
  h.Acquire();
  EXPECT_TRUE(IsNoQuorum(h.status())) << h.status();
}

// The deadline in the script.

TEST(AcquireTest, DeadlineIsWrittenInTheNodesTime) {
  Connected h(1);
  h.Acquire({.ttl = 10s});
  const std::int64_t now_ms = std::chrono::floor<milliseconds>(h.now().time_since_epoch()).count();
  EXPECT_EQ(h.sent().front().arguments.at(2),
            std::to_string(now_ms + 2000 + 1 + EngineHarness::kClockOffsetMs));
}

TEST(AcquireTest, LateAnswerInTimeCorrectsTheNodesClock) {
  Connected h(1);
  h.Acquire();
  const std::int64_t now_ms = std::chrono::floor<milliseconds>(h.now().time_since_epoch()).count();
  const std::int64_t node_ms = now_ms + EngineHarness::kClockOffsetMs + 60'000;
  h.Answer(0, {"LATE", ":" + std::to_string(node_ms)});
  EXPECT_TRUE(IsUndecided(h.status())) << h.status();
  h.Absent(0);
  h.Acquire();
  EXPECT_EQ(h.sent().front().arguments.at(2), std::to_string(node_ms + 1 + 2000 + 1));
}

TEST(AcquireTest, LateAnswerWithAnImpossibleTimeIsAnError) {
  for (const char* time : {":-5", ":9223372036854775807"}) {
    Connected h(1);
    h.Acquire();
    h.Answer(0, {"LATE", time});
    EXPECT_TRUE(IsNoQuorum(h.status())) << h.status();
    h.Acquire();  // Computes with the offset.
  }
}

TEST(AcquireTest, ExpiryBeyondAllMeasureIsShownAsALongOne) {
  Connected h(1);
  h.Acquire();
  h.Busy(0, "other:1", ":9000000000000000");
  EXPECT_GT(GetFailure(h.status())->remaining, 1s);
  EXPECT_THAT(std::string(h.status().message()), Not(HasSubstr("-")));
}

TEST(AcquireTest, OwnGrantSeenTwiceIsAGrant) {
  Connected h(1);
  h.Acquire();
  h.Answer(0, {"OWN", ":0"});
  EXPECT_TRUE(h.acquired());
}

// The first connections.

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

TEST(GateTest, CancelBeforeTheFirstConnectionLeavesNothing) {
  EngineHarness h(3);
  h.Acquire({.wait = 10s});
  h.Cancel();
  EXPECT_TRUE(absl::IsCancelled(h.status()));
  for (int node = 0; node < 3; ++node) h.Up(node);
  EXPECT_TRUE(h.sent().empty());
  EXPECT_EQ(h.engine().rounds_in_use(), 0U);
}

}  // namespace
}  // namespace holdfast::core
