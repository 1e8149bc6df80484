// The end of a lock (lib/core/PROTOCOL.md, rules 4 and 7).
#include <gtest/gtest.h>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

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

// Where the loop is late, the holder has been told of the loss by somebody else by then.
TEST(ReleaseTest, OfALockWhoseLossIsDueIsLostAndSweepsTheRest) {
  Connected h(3);
  const LeaseId id = h.Hold({.ttl = 1s});
  h.Freeze(h.lost_at() - h.now());
  h.Release(id);
  ASSERT_TRUE(h.released());
  EXPECT_TRUE(IsLost(*h.released())) << *h.released();
  for (int node = 0; node < 3; ++node) EXPECT_EQ(h.Waiting(node), "release");
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
  EXPECT_EQ(h.sent().back().arguments.size(), 4U) << "with a deadline, like an acquire";
  h.Down(0);
  h.Release(id);
  h.Advance(sent + 11s - h.now());
  h.Up(0);
  EXPECT_EQ(h.Waiting(0), "release");
}

// The process slept before it heard: the answer may be from before what was adrift.
TEST(ReleaseTest, IsOwedAgainIfItWasSentWhileARequestWasAdrift) {
  Connected h(3);
  h.Acquire({.ttl = 10s});
  for (const int node : {1, 2}) h.Busy(node);
  ASSERT_TRUE(h.done());
  for (const int node : {1, 2}) h.AnswerText(node, "FOREIGN");
  h.Down(0);
  h.Up(0);
  ASSERT_EQ(h.Waiting(0), "release");
  h.Freeze(5s);
  h.Absent(0);
  h.Advance(5s);
  ASSERT_EQ(h.Waiting(0), "release");
  h.Absent(0);
  h.Advance(5s);
  EXPECT_EQ(h.Waiting(0), "") << "that one was sent when nothing could follow it";
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

TEST(CloseTest, LeavesLocksToTheirHolders) {
  Connected h(3);
  const LeaseId id = h.Hold();
  h.engine().CancelAll(h.now());
  EXPECT_TRUE(h.sent().empty());
  h.Extend(id, 10s);
  h.AnswerAll("EXTENDED");
  EXPECT_TRUE(h.extended().value().ok()) << *h.extended();
  EXPECT_EQ(h.losses(), 0);
}

TEST(ReleaseTest, OfALostLockInTheBackgroundSweepsTheRest) {
  Connected h(3);
  const LeaseId id = h.Hold();
  h.Extend(id, 10s);
  h.Absent(0);
  h.Absent(1);
  ASSERT_EQ(h.losses(), 1);
  h.engine().Release(id, nullptr, h.now());
  EXPECT_EQ(h.Waiting(0), "release");
  h.AnswerAll("ABSENT");
  EXPECT_EQ(h.engine().leases_in_use(), 0U);
}

}  // namespace
}  // namespace holdfast::core
