// Held locks: valid, extended, lost (lib/core/PROTOCOL.md, rules 1 and 6).
#include "core/lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

TEST(ValidityTest, IsTheQuorumthLargestOfTheNodesInstants) {
  Validity validity;
  validity.Reset(5);
  const TimePoint t{100s};
  validity.Confirm(0, t + 1s, 1, 4);
  validity.Confirm(1, t + 5s, 2, 4);
  EXPECT_EQ(validity.Until(3), kLongAgo) << "two of five are no quorum";
  validity.Confirm(2, t + 3s, 3, 4);
  EXPECT_EQ(validity.Until(3), t + 1s);
  validity.Confirm(3, t + 4s, 4, 4);
  EXPECT_EQ(validity.Until(3), t + 3s);
  validity.Confirm(1, t + 2s, 2, 4);
  EXPECT_EQ(validity.Until(3), t + 3s) << "a confirmation never shortens";
  validity.Deny(1);
  EXPECT_EQ(validity.Until(3), t + 1s);
}

TEST(ValidityTest, ServerCountsOnceWhateverNamesItHasHad) {
  Validity validity;
  validity.Reset(3);
  const TimePoint t{100s};
  validity.Confirm(1, t + 1s, 1, 3);
  validity.Confirm(2, t + 3s, 1, 3);
  EXPECT_EQ(validity.Until(1), t + 3s);
  EXPECT_EQ(validity.Until(2), kLongAgo);
  validity.Confirm(1, t + 3s, 1, 3);
  EXPECT_EQ(validity.Until(1), t + 3s);
  EXPECT_EQ(validity.Until(2), kLongAgo);
  validity.Confirm(0, t + 2s, 2, 3);
  EXPECT_EQ(validity.Until(2), t + 2s);
  EXPECT_EQ(validity.Until(3), kLongAgo);
  validity.Confirm(2, t + 4s, 3, 3);
  EXPECT_EQ(validity.Until(3), t + 2s) << "its second name leads elsewhere now";
}

// What runs 1 and 2 confirmed before run 3 was seen, may have been confirmed by what now is run 3.
TEST(ValidityTest, OnlyServersThatRanAtOneMomentCountTogether) {
  Validity validity;
  validity.Reset(3);
  const TimePoint t{100s};
  validity.Confirm(0, t + 2s, 1, 2);
  validity.Confirm(1, t + 3s, 3, 3);
  EXPECT_EQ(validity.Until(1), t + 3s);
  EXPECT_EQ(validity.Until(2), kLongAgo);
  validity.Confirm(2, t + 1s, 2, 2);
  EXPECT_EQ(validity.Until(2), t + 1s) << "the two older ones do";
  validity.Confirm(2, t + 4s, 2, 3);
  EXPECT_EQ(validity.Until(2), t + 3s) << "it was asked when the new one had been seen";
  EXPECT_EQ(validity.Until(3), kLongAgo);
}

TEST(ValidityTest, RestartShortensNothing) {
  Validity validity;
  validity.Reset(3);
  const TimePoint t{100s};
  validity.Confirm(0, t + 2s, 1, 2);
  validity.Confirm(1, t + 2s, 2, 2);
  validity.Confirm(1, t + 3s, 3, 3);
  EXPECT_EQ(validity.Until(2), t + 2s) << "by what it confirmed before";
  validity.Confirm(0, t + 1s, 1, 3);
  EXPECT_EQ(validity.Until(2), t + 2s) << "still there when it was asked again, for a short time";
  validity.Deny(1);
  EXPECT_EQ(validity.Until(2), kLongAgo) << "gone there, whenever it was confirmed";
}

TEST(ValidityTest, NameHasOneVoteWhereverItLed) {
  Validity validity;
  validity.Reset(3);
  const TimePoint t{100s};
  validity.Confirm(0, t + 2s, 1, 2);
  validity.Confirm(0, t + 3s, 2, 2);
  EXPECT_EQ(validity.Until(1), t + 3s);
  EXPECT_EQ(validity.Until(2), kLongAgo);
  validity.Confirm(0, t + 1s, 1, 2);
  EXPECT_EQ(validity.Until(1), t + 3s) << "never shortened";
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

TEST(LossTest, HolderWhoWasToldByItsOwnClockHasLostTheLock) {
  Connected h(3);
  const LeaseId id = h.Hold({.ttl = 2s});
  h.TellOtherwise();
  h.Advance(100ms);
  h.Extend(id, 2s);
  h.Extended(0);
  h.Advance(1ms);
  h.Extended(1);
  EXPECT_EQ(h.losses(), 1);
  ASSERT_TRUE(h.extended());
  EXPECT_TRUE(IsLost(*h.extended())) << *h.extended();
  h.Release(id);
  EXPECT_TRUE(IsLost(*h.released())) << *h.released();
}

TEST(LossTest, HolderWhoIsLateToObserveHasLostTheLock) {
  Connected h(1);
  h.Acquire({.ttl = 2s});
  h.Grant(0);
  h.TellOtherwise();
  h.engine().Observe(h.id(), &h);
  EXPECT_EQ(h.losses(), 1);
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

// Its validity stays what it was, so that only the margin is new.
TEST(LossTest, HolderWhoWasToldOtherwiseWhileTheMarginChangesHasLostTheLock) {
  Connected h(3);
  const LeaseId id = h.Hold({.ttl = 10s});
  const TimePoint valid_until = h.valid_until();
  h.Advance(8910ms);
  h.TellOtherwise();
  h.Extend(id, 1s);
  h.Extended(0);
  EXPECT_EQ(h.losses(), 0);
  h.Extended(1);
  EXPECT_EQ(h.valid_until(), valid_until);
  EXPECT_EQ(h.losses(), 1);
  EXPECT_TRUE(IsLost(h.extended().value())) << *h.extended();
}

// Several extensions of several locks under way.
class ExtensionsTest : public ::testing::Test {
 protected:
  LeaseId Hold(const std::string& name) { return h_.Hold({}, {name}); }
  void Extend(LeaseId id, std::optional<absl::Status>& result) {
    h_.engine().Extend(
        id, 10s, [&result](absl::Status status) { result = std::move(status); }, h_.now());
  }

  Connected h_{3};
};

TEST_F(ExtensionsTest, AreAllEndedByARelease) {
  const LeaseId id = Hold("a");
  std::optional<absl::Status> first;
  std::optional<absl::Status> second;
  Extend(id, first);
  Extend(id, second);
  h_.Release(id);
  EXPECT_TRUE(IsLost(first.value())) << *first;
  EXPECT_TRUE(IsLost(second.value())) << *second;
  EXPECT_EQ(h_.Waiting(0), "extend extend release");
  h_.AnswerAll("DELETED");
  EXPECT_TRUE(h_.released().value().ok()) << "what the extensions are answered says nothing of it";
}

TEST_F(ExtensionsTest, OnlyThoseOfTheReleasedLockAreEnded) {
  const LeaseId other = Hold("other");
  const LeaseId let_go = Hold("let go");
  const LeaseId id = Hold("a");
  std::optional<absl::Status> of_other;
  std::optional<absl::Status> done;
  std::optional<absl::Status> older;
  std::optional<absl::Status> newer;
  Extend(other, done);
  h_.engine().Release(let_go, nullptr, h_.now());
  Extend(other, of_other);
  Extend(id, older);
  std::vector<Sent> silent = std::exchange(h_.sent(), {});
  Extend(id, newer);
  h_.AnswerAll("EXTENDED");
  ASSERT_TRUE(newer.value().ok()) << *newer;
  for (int node = 0; node < 3; ++node) {
    h_.sent().assign({silent.at(node)});
    h_.Extended(node);
  }
  ASSERT_TRUE(done.value().ok()) << *done;
  h_.Release(id);
  EXPECT_TRUE(IsLost(older.value())) << *older;
  EXPECT_FALSE(of_other);
}

}  // namespace
}  // namespace holdfast::core
