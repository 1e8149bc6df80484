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
    EXPECT_EQ(command.keys.at(1), "lock:a");
    EXPECT_EQ(command.arguments.at(1), "8000");
    EXPECT_EQ(command.arguments.at(6), "me:1");
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
  h.Error(0, "ERR The user executing the script can't run this command or subcommand script: f00");
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

TEST(AcquireTest, NodeWithTooManyUnansweredCommandsVotesNoAnswer) {
  Connected h(1);
  h.FullUp(true);
  h.Acquire();
  EXPECT_TRUE(IsNoQuorum(h.status())) << h.status();
}

TEST(AcquireTest, DeadlineIsWrittenInTheNodesTime) {
  Connected h(1);
  h.Acquire({.ttl = 10s});
  const std::int64_t now_ms = std::chrono::floor<milliseconds>(h.now().time_since_epoch()).count();
  EXPECT_EQ(h.sent().front().arguments.at(2),
            std::to_string(now_ms + 2000 + 1 + EngineHarness::kClockOffsetMs));
}

// A server that was slow in the handshake seemed to be ahead.
TEST(AcquireTest, NodesTimeIsBoundedAnewByWhatItsGuardSays) {
  EngineHarness h(1);
  Greeting greeting = EngineHarness::GreetingOf(0);
  greeting.clock_offset_ms += 4000;
  h.engine().OnNodeReady(0, greeting, h.now());
  h.Admit(0);
  h.Acquire({.ttl = 10s});
  const std::int64_t now_ms = std::chrono::floor<milliseconds>(h.now().time_since_epoch()).count();
  EXPECT_EQ(h.sent().front().arguments.at(2),
            std::to_string(now_ms + 2000 + 1 + EngineHarness::kClockOffsetMs + 1));
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

// It would be carried to the other nodes, as a token.
TEST(AcquireTest, GrantWithACounterThatIsNoneIsAnError) {
  for (const char* counter : {":0", ":-1", ":9007199254740992", ":9223372036854775807"}) {
    Connected h(1);
    h.Acquire();
    h.Grant(0, counter);
    EXPECT_FALSE(h.acquired()) << counter;
    EXPECT_EQ(GetFailure(h.status())->votes[0].vote, Vote::kError) << counter;
  }
}

TEST(AcquireTest, GrantWithoutItsCountersIsAnError) {
  Connected h(1);
  h.Acquire({}, {"a", "b"});
  h.Grant(0);
  EXPECT_FALSE(h.acquired());
}

TEST(AcquireTest, OwnGrantSeenTwiceIsAGrant) {
  Connected h(1);
  h.Acquire();
  h.Answer(0, {"OWN", ":1"});
  EXPECT_TRUE(h.acquired());
}

TEST(AcquireTest, LateAnswerBehindTheDeadlineTellsNothingOfTheNodesClock) {
  Connected h(1);
  h.Acquire({.ttl = 10s});
  h.Advance(2001ms);
  EXPECT_TRUE(h.done());
  const std::int64_t node_ms = FloorMs(h.now()) + EngineHarness::kClockOffsetMs;
  h.Answer(0, {"LATE", ":" + std::to_string(node_ms + 60'000)});
  h.Absent(0);
  h.Acquire({.ttl = 10s});
  EXPECT_EQ(h.sent().front().arguments.at(2), std::to_string(node_ms + 2000 + 1));
}

TEST(AcquireTest, RefusalSaysAllThatTheNodeKnows) {
  const auto refusal = [](std::initializer_list<std::string_view> answer) {
    Connected h(1);
    h.Acquire({}, {"a", "b"});
    h.Answer(0, answer);
    return GetFailure(h.status()).value_or(Failure{}).votes.at(0).reason;
  };
  EXPECT_EQ(refusal({"BUSY", ":5000", "me:7", ":1", ":2"}), "b by me:7, 5 s left");
  EXPECT_EQ(refusal({"BUSY", ":5000", "", ":1", ":2"}), "b, 5 s left");
  EXPECT_EQ(refusal({"BUSY", ":-1", "me:7", ":1", ":1"}), "a by me:7");
  EXPECT_EQ(refusal({"BUSY", ":-1", "", ":1", ":1"}), "a");
  EXPECT_EQ(refusal({"BUSY", ":5000", "", ":1", ":0"}), "5 s left") << "which one is not said";
}

}  // namespace
}  // namespace holdfast::core
