// Locks taken over by their token (lib/core/PROTOCOL.md, rule 6).
#include <gtest/gtest.h>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

TEST(AttachTest, ExtendsAndReleasesByTokenFromAnyProcess) {
  Connected h(3);
  const std::string token(32, 'a');
  const LeaseId id = h.Attach(token);
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
  const LeaseId id = h.Attach(std::string(32, 'a'));
  h.Extend(id, 1s);
  h.Release(id);
  ASSERT_TRUE(h.extended());
  EXPECT_TRUE(IsLost(*h.extended()));
  h.Acquire({}, {"b"});
  for (int node = 0; node < 3; ++node) h.Up(node);
  for (int node = 0; node < 3; ++node) EXPECT_EQ(h.Waiting(node), "release acquire");
  EXPECT_EQ(h.engine().leases_in_use(), 2U);
}

TEST(AttachTest, ConfirmationOfAnOlderExtensionDoesNotEndTheLock) {
  Connected h(3);
  const LeaseId id = h.Attach(std::string(32, 'a'));
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
  const LeaseId id = h.Attach(std::string(32, 'a'));
  h.Extend(id, 100ms);
  h.Freeze(100ms);
  h.Extended(0);
  EXPECT_TRUE(IsUndecided(*h.extended())) << *h.extended();
  EXPECT_EQ(h.losses(), 0);
}

TEST(AttachTest, LockThatIsGoneIsLost) {
  Connected h(3);
  const LeaseId id = h.Attach(std::string(32, 'a'));
  h.Extend(id, 1s);
  h.Absent(0);
  h.Absent(1);
  EXPECT_TRUE(IsLost(*h.extended())) << *h.extended();
}

TEST(AttachTest, TokenOfALockIsWhatItsNodesWereShown) {
  Connected h(3);
  const LeaseId id = h.Hold();
  const std::string token(h.engine().token(id));
  EXPECT_EQ(token, h.history().back().nonce());
  EXPECT_EQ(h.engine().token(h.Attach(token)), token);
}

}  // namespace
}  // namespace holdfast::core
