// Held locks: extended, lost, released (lib/core/PROTOCOL.md, rules 1, 6 and 7).
#include "core/lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

TEST(ValidityTest, IsTheQuorumthLargestOfTheNodesInstants) {
  Validity validity;
  validity.Reset(5);
  const TimePoint t{100s};
  validity.Confirm(0, t + 1s);
  validity.Confirm(1, t + 5s);
  EXPECT_EQ(validity.Until(3), kLongAgo) << "two of five are no quorum";
  validity.Confirm(2, t + 3s);
  EXPECT_EQ(validity.Until(3), t + 1s);
  validity.Confirm(3, t + 4s);
  EXPECT_EQ(validity.Until(3), t + 3s);
  validity.Confirm(1, t + 2s);
  EXPECT_EQ(validity.Until(3), t + 3s) << "a confirmation never shortens";
  validity.Deny(1);
  EXPECT_EQ(validity.Until(3), t + 1s);
}

TEST(ValidityTest, NodeIsCertainUntilItsFastestClockWouldExpireTheKey) {
  const TimePoint t{100s};
  EXPECT_EQ(CertainUntil(t, 10s, 0.01), t + 10s - 100ms - 2ms);
  EXPECT_EQ(CertainUntil(t, 10s, 0), t + 10s - 2ms);
}

TEST(LossTest, IsToldAMarginBeforeTheEnd) {
  Connected h(3);
  h.Hold({.ttl = 2s});
  const TimePoint until = h.valid_until();
  h.Advance(until - h.now() - 101ms);
  EXPECT_EQ(h.losses(), 0);
  h.Advance(1ms);
  EXPECT_EQ(h.losses(), 1);
  h.Advance(10s);
  EXPECT_EQ(h.losses(), 1) << "once, and for good";
}

TEST(ExtendTest, ProlongsFromItsOwnSendingTime) {
  Connected h(3);
  const LeaseId id = h.Hold({.ttl = 2s});
  h.Advance(500ms);
  const TimePoint sent = h.now();
  h.Extend(id, 2s);
  h.Advance(100ms);
  h.Extended(0);
  EXPECT_FALSE(h.extended());
  h.Extended(1);
  ASSERT_TRUE(h.extended());
  EXPECT_TRUE(h.extended()->ok());
  EXPECT_EQ(h.valid_until(), sent + 2s - 20ms - 2ms);
  h.Advance(1700ms);
  EXPECT_EQ(h.losses(), 0);
}

TEST(ExtendTest, CountsConfirmedNodesOnly) {
  Connected h(3);
  const LeaseId id = h.Hold({.ttl = 4s});
  const TimePoint before = h.valid_until();
  h.Extend(id, 4s);
  h.Extended(0);
  h.Down(1);
  h.Error(2, "OOM command not allowed");
  ASSERT_TRUE(h.extended());
  EXPECT_TRUE(IsNoQuorum(*h.extended())) << *h.extended();
  EXPECT_EQ(h.valid_until(), before) << "a failed extension does not shorten";
  EXPECT_EQ(h.losses(), 0);
  for (const Sent& command : h.history()) EXPECT_NE(command.script, "release");
}

TEST(ExtendTest, MayBeTriedAgainAfterAFailure) {
  Connected h(3);
  const LeaseId id = h.Hold({.ttl = 4s});
  h.Extend(id, 4s);
  h.Down(0);
  h.Down(1);
  EXPECT_TRUE(IsNoQuorum(*h.extended()));
  h.Extended(2);
  h.Up(0);
  h.Advance(1s);
  h.Extend(id, 4s);
  h.Extended(0);
  h.Extended(2);
  EXPECT_TRUE(h.extended()->ok());
}

TEST(ExtendTest, SilenceEndsAtTheCommandTimeout) {
  Connected h(3);
  const LeaseId id = h.Hold({.ttl = 10s});
  h.Extend(id, 10s);
  h.Advance(2s);
  ASSERT_TRUE(h.extended());
  EXPECT_TRUE(IsNoQuorum(*h.extended())) << *h.extended();
}

TEST(ExtendTest, LossEndsItAndNamesWhoDidNotAnswer) {
  Connected h(3);
  const LeaseId id = h.Hold({.ttl = 1s});
  h.Extend(id, 1s);
  h.Extended(0);
  h.Advance(940ms);
  ASSERT_TRUE(h.extended()) << "before the command timeout";
  EXPECT_TRUE(IsLost(*h.extended())) << *h.extended();
  EXPECT_EQ(GetFailure(*h.extended())->votes.at(2).vote, Vote::kNoAnswer);
  EXPECT_EQ(h.losses(), 1);
}

TEST(ExtendTest, DenialByAMajorityIsLossAtOnce) {
  Connected h(3);
  const LeaseId id = h.Hold();
  h.Extend(id, 10s);
  h.Absent(0);
  EXPECT_EQ(h.losses(), 0);
  h.Absent(1);
  EXPECT_EQ(h.losses(), 1);
  ASSERT_TRUE(h.extended());
  EXPECT_TRUE(IsLost(*h.extended())) << *h.extended();
  EXPECT_EQ(GetFailure(*h.extended())->votes.at(1).vote, Vote::kAbsent);
}

TEST(ExtendTest, DeniedNodeDoesNotCountAnyMore) {
  Connected h(3);
  const LeaseId id = h.Hold();
  h.Extend(id, 10s);
  h.AnswerText(0, "FOREIGN");
  h.Extended(1);
  h.Extended(2);
  EXPECT_TRUE(h.extended()->ok());
  h.Extend(id, 10s);
  h.AnswerText(1, "FOREIGN");
  EXPECT_EQ(h.losses(), 1);
}

TEST(ExtendTest, ConfirmationAfterTheEndDoesNotBringTheLockBack) {
  Connected h(3);
  const LeaseId id = h.Hold({.ttl = 1s});
  h.Extend(id, 1s);
  h.Freeze(1100ms);
  h.Extended(0);
  h.Extended(1);
  ASSERT_TRUE(h.extended());
  EXPECT_TRUE(IsLost(*h.extended())) << *h.extended();
  EXPECT_EQ(h.losses(), 1);
}

TEST(ExtendTest, OfAnExpiredLockAsksNobody) {
  Connected h(3);
  const LeaseId id = h.Hold({.ttl = 1s});
  h.Freeze(2s);
  h.history().clear();
  h.Extend(id, 1s);
  EXPECT_TRUE(IsLost(*h.extended()));
  EXPECT_TRUE(h.history().empty());
}

TEST(ExtendTest, IsEndedByARelease) {
  Connected h(3);
  const LeaseId id = h.Hold();
  h.Extend(id, 10s);
  h.Release(id);
  ASSERT_TRUE(h.extended());
  EXPECT_TRUE(IsLost(*h.extended())) << *h.extended();
  EXPECT_EQ(h.Waiting(0), "extend release");
}

TEST(ReleaseTest, IsDoneWhenAQuorumIsFree) {
  Connected h(5);
  const LeaseId id = h.Hold();
  h.Release(id);
  h.Deleted(0);
  h.Deleted(1);
  EXPECT_FALSE(h.released());
  h.Deleted(2);
  ASSERT_TRUE(h.released());
  EXPECT_TRUE(h.released()->ok());
  h.Deleted(3);
  h.Deleted(4);
  EXPECT_EQ(h.engine().rounds_in_use(), 0U);
  EXPECT_EQ(h.engine().leases_in_use(), 0U);
}

TEST(ReleaseTest, OfALockHeldByTheLeastQuorumWorksWhenOneNodeDies) {
  Connected h(5);
  h.Down(3);
  h.Down(4);
  h.Acquire();
  for (const int node : {0, 1, 2}) h.Grant(node);
  h.Down(2);
  h.Release(h.id());
  h.Deleted(0);
  h.Deleted(1);
  ASSERT_TRUE(h.released());
  EXPECT_TRUE(h.released()->ok()) << *h.released();
}

TEST(ReleaseTest, WithoutAQuorumTellsWhoIsMissing) {
  Connected h(3);
  const LeaseId id = h.Hold();
  h.Down(0);
  h.Down(1);
  h.Release(id);
  h.Deleted(2);
  ASSERT_TRUE(h.released());
  EXPECT_TRUE(IsNoQuorum(*h.released())) << *h.released();
  h.Up(0);
  EXPECT_EQ(h.Waiting(0), "release") << "told when it is back";
}

TEST(ReleaseTest, OfALockThatWasTakenAwayIsLost) {
  Connected h(3);
  const LeaseId id = h.Hold();
  h.Release(id);
  h.Deleted(0);
  h.Absent(1);
  h.AnswerText(2, "FOREIGN");
  ASSERT_TRUE(h.released());
  EXPECT_TRUE(IsLost(*h.released())) << *h.released();
}

TEST(ReleaseTest, OfAnExpiredLockAnswersAtOnceAndAsksNobody) {
  Connected h(3);
  const LeaseId id = h.Hold({.ttl = 1s});
  h.Freeze(1s);
  h.history().clear();
  h.Release(id);
  ASSERT_TRUE(h.released());
  EXPECT_TRUE(IsLost(*h.released()));
  EXPECT_TRUE(h.history().empty());
  EXPECT_EQ(h.engine().leases_in_use(), 0U);
}

TEST(ReleaseTest, OfALockLostBeforeItExpiredSweepsTheRest) {
  Connected h(3);
  const LeaseId id = h.Hold();
  h.Extend(id, 10s);
  h.Absent(0);
  h.Absent(1);
  h.Extended(2);
  h.Release(id);
  EXPECT_TRUE(IsLost(*h.released()));
  EXPECT_EQ(h.Waiting(2), "release");
}

TEST(ReleaseTest, OfALostLockSweepsWhatALateExtensionMayHaveProlonged) {
  Connected h(3);
  const LeaseId id = h.Hold({.ttl = 1s});
  h.Advance(900ms);
  h.Extend(id, 30s);
  h.Advance(150ms);
  h.Release(id);
  EXPECT_TRUE(IsLost(*h.released()));
  for (int node = 0; node < 3; ++node) EXPECT_EQ(h.Waiting(node), "extend release");
}

TEST(ReleaseTest, EndsWithAServerThatKnowsNoScriptEvenWithItsText) {
  Connected h(1);
  h.Acquire();
  h.Cancel();
  h.Error(0, "NOSCRIPT No matching script.");  // The acquire.
  h.Error(0, "NOSCRIPT No matching script.");
  EXPECT_EQ(h.Waiting(0), "release") << "with the text";
  h.Error(0, "NOSCRIPT No matching script.");
  EXPECT_EQ(h.Waiting(0), "");
}

TEST(LossTest, MarginFollowsTheLastExtension) {
  Connected h(1);
  const LeaseId id = h.Hold({.ttl = 100ms});
  h.Extend(id, 10s);
  h.Extended(0);
  h.Advance(h.valid_until() - h.now() - 251ms);
  EXPECT_EQ(h.losses(), 0);
  h.Advance(1ms);
  EXPECT_EQ(h.losses(), 1);
}

TEST(ReleaseTest, IsTriedAgainWhereItWasAnsweredWithAnError) {
  Connected h(3);
  const LeaseId id = h.Hold();
  h.Release(id);
  h.Error(0, "LOADING Redis is loading the dataset in memory");
  h.Deleted(1);
  h.Deleted(2);
  EXPECT_EQ(h.Waiting(0), "");
  h.Advance(1s);
  EXPECT_EQ(h.Waiting(0), "release");
  h.Answer(0, {"?"});
  h.Advance(1s);
  EXPECT_EQ(h.Waiting(0), "release") << "an answer of unknown form confirms nothing";
  h.Deleted(0);
  EXPECT_EQ(h.engine().rounds_in_use(), 0U);
}

TEST(ReleaseTest, IsOwedAsLongAsALateExtensionCouldProlong) {
  Connected h(1);
  const LeaseId id = h.Hold({.ttl = 10s});
  const TimePoint sent = h.now();
  h.Extend(id, 10s);
  EXPECT_EQ(h.sent().back().arguments.size(), 3U) << "with a deadline, like an acquire";
  h.Down(0);
  h.Release(id);
  h.Advance(sent + 11s - h.now());
  h.Up(0);
  EXPECT_EQ(h.Waiting(0), "release");
}

TEST(ExtendTest, AnswerOfUnknownFormDeniesNothing) {
  Connected h(1);
  const LeaseId id = h.Hold();
  h.Extend(id, 10s);
  h.AnswerText(0, "PERHAPS");
  EXPECT_TRUE(IsNoQuorum(*h.extended())) << *h.extended();
  EXPECT_EQ(h.losses(), 0);
}

TEST(ExtendTest, LateAnswerCorrectsTheNodesClock) {
  Connected h(1);
  const LeaseId id = h.Hold();
  h.Extend(id, 10s);
  const std::int64_t now_ms = std::chrono::floor<milliseconds>(h.now().time_since_epoch()).count();
  const std::int64_t node_ms = now_ms + EngineHarness::kClockOffsetMs + 60'000;
  h.Answer(0, {"LATE", ":" + std::to_string(node_ms)});
  EXPECT_TRUE(IsUndecided(*h.extended())) << *h.extended();
  h.Extend(id, 10s);
  h.Extended(0);
  EXPECT_TRUE(h.extended()->ok());
}

TEST(AttachTest, ExtendsAndReleasesByTokenFromAnyProcess) {
  Connected h(3);
  const std::string token(32, 'a');
  const LeaseId id = h.engine().Attach("lock:a", token, h.now());
  h.engine().Observe(id, &h);
  EXPECT_EQ(h.valid_until(), kLongAgo) << "nothing is known before an answer";
  const TimePoint sent = h.now();
  h.Extend(id, 500ms);
  EXPECT_EQ(h.sent().front().nonce(), token);
  h.Extended(0);
  h.Extended(1);
  h.Extended(2);
  EXPECT_TRUE(h.extended()->ok());
  EXPECT_EQ(h.valid_until(), sent + 500ms - 5ms - 2ms);
  EXPECT_EQ(h.losses(), 0);
  h.Release(id);
  h.Deleted(0);
  h.Deleted(1);
  EXPECT_TRUE(h.released()->ok());
}

TEST(AttachTest, ReleaseDuringAnExtensionBeforeTheFirstConnectionIsSentAll) {
  EngineHarness h(3);
  const LeaseId id = h.engine().Attach("lock:a", std::string(32, 'a'), h.now());
  h.Extend(id, 1s);
  h.Release(id);
  ASSERT_TRUE(h.extended());
  EXPECT_TRUE(IsLost(*h.extended()));
  h.Acquire({}, "lock:b");
  for (int node = 0; node < 3; ++node) h.Up(node);
  for (int node = 0; node < 3; ++node) EXPECT_EQ(h.Waiting(node), "release acquire");
  EXPECT_EQ(h.engine().leases_in_use(), 2U);
}

TEST(AttachTest, ConfirmationOfAnOlderExtensionDoesNotEndTheLock) {
  Connected h(3);
  const LeaseId id = h.engine().Attach("lock:a", std::string(32, 'a'), h.now());
  h.engine().Observe(id, &h);
  h.Extend(id, 1s);
  h.Extended(0);
  h.Error(1, "LOADING");
  h.Error(2, "LOADING");
  EXPECT_TRUE(IsNoQuorum(*h.extended())) << *h.extended();
  h.Advance(2s);
  h.Extend(id, 10s);
  h.Extended(1);
  h.Extended(0);
  ASSERT_TRUE(h.extended());
  EXPECT_TRUE(h.extended()->ok()) << *h.extended();
  EXPECT_EQ(h.losses(), 0);
}

TEST(AttachTest, ExtensionConfirmedTooLateIsNoSuccess) {
  Connected h(1);
  const LeaseId id = h.engine().Attach("lock:a", std::string(32, 'a'), h.now());
  h.Extend(id, 100ms);
  h.Freeze(100ms);
  h.Extended(0);
  EXPECT_TRUE(IsUndecided(*h.extended())) << *h.extended();
  EXPECT_EQ(h.losses(), 0);
}

TEST(AttachTest, LockThatIsGoneIsLost) {
  Connected h(3);
  const LeaseId id = h.engine().Attach("lock:a", std::string(32, 'a'), h.now());
  h.Extend(id, 1s);
  h.Absent(0);
  h.Absent(1);
  EXPECT_TRUE(IsLost(*h.extended())) << *h.extended();
}

TEST(ForgetTest, LeavesTheKeysAlone) {
  Connected h(3);
  const LeaseId id = h.Hold();
  h.history().clear();
  h.engine().Forget(id);
  h.Advance(60s);
  EXPECT_TRUE(h.history().empty());
  EXPECT_EQ(h.losses(), 0);
  EXPECT_EQ(h.engine().leases_in_use(), 0U);
}

TEST(CloseTest, EndsWhatIsWaitedForAndKeepsReleasing) {
  Connected h(3);
  h.Acquire({.wait = 10s});
  h.engine().CancelAll(h.now());
  EXPECT_TRUE(absl::IsCancelled(h.status())) << h.status();
  EXPECT_TRUE(h.engine().releasing());
  for (int node = 0; node < 3; ++node) {
    h.Grant(node);
    h.Deleted(node);
  }
  EXPECT_FALSE(h.engine().releasing());
}

}  // namespace
}  // namespace holdfast::core
