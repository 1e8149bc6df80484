// Locks that end before their holder gives them up.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "holdfast/blocking.h"
#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::Gt;
using ::testing::Lt;
using namespace std::chrono_literals;

class LossTest : public ::testing::Test {
 protected:
  bool Freed() {
    return Eventually([this] { return nodes_.CountWith("lock:a") == 0; });
  }

  static bool Expired(const BlockingLock& lock) {
    return Eventually([&] { return lock.valid_for() == 0s; });
  }

  Nodes nodes_{3};
  BlockingClient client_ = NewClient(nodes_, "alice");
  BlockingClient other_ = NewClient(nodes_, "bob");
};

// The signal of others comes when the lock is long gone: expiry at 988 ms, signal at 2493.
TEST_F(LossTest, IsToldBeforeTheLockExpires) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  auto lock = client_.Acquire("a", {.ttl = 4s});
  ASSERT_THAT(lock, IsOk());
  std::atomic<Clock::time_point> told = Clock::time_point::max();
  const std::stop_callback on_loss(lock->lost(), [&] {
    lock->valid_for();  // May be called here: nothing is locked around a callback.
    told = Clock::now();
  });
  ASSERT_TRUE(Eventually([&] { return told.load() != Clock::time_point::max(); }));
  EXPECT_LT(told.load() - start, 4s) << "no node's key can have expired before that";
  EXPECT_GT(told.load() - start, 3s) << "a margin of ttl/20 is enough";
  EXPECT_THAT(lock->Extend(2s), FailsAs(IsLost)) << "the loss is final";
}

TEST_F(LossTest, IsToldInTimeWithEveryNodeStopped) {
  auto lock = client_.Acquire("a", {.ttl = 1s});
  ASSERT_THAT(lock, IsOk());
  for (const auto& node : nodes_) node->Stop();
  EXPECT_TRUE(Eventually([&] { return lock->lost().stop_requested(); }));
  EXPECT_THAT(lock->Release(), FailsAs(IsLost));
  for (const auto& node : nodes_) node->Continue();
  EXPECT_TRUE(Freed());
}

// Others retry for two seconds and end with a quorum error: their users' most frequent complaint.
TEST_F(LossTest, ReleaseOfAnExpiredLockAsksNobody) {
  auto lock = client_.Acquire("a", {.ttl = 100ms});
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(Freed());
  ASSERT_THAT(client_.Inspect("a"), IsOk());
  const int calls = ScriptCalls(nodes_[0]);
  EXPECT_THAT(TimeOf([&] { EXPECT_THAT(lock->Release(), FailsAs(IsLost)); }), Lt(1s));
  ASSERT_THAT(client_.Inspect("a"), IsOk());  // Behind all that the release may have sent.
  EXPECT_EQ(ScriptCalls(nodes_[0]), calls + 1);
}

TEST_F(LossTest, ReleaseOfAnExpiredLockSparesTheNextHolder) {
  auto lock = client_.Acquire("a", {.ttl = 100ms});
  ASSERT_THAT(lock, IsOk());
  auto next = other_.Acquire("a", {.wait = kPatience, .retry_delay = 20ms, .retry_jitter = 5ms});
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(lock->Release(), FailsAs(IsLost));
  EXPECT_THAT(lock->Extend(10s), FailsAs(IsLost));
  lock = absl::CancelledError();  // Destroys the old lock.
  EXPECT_THAT(next->Extend(20s), IsOk());
}

// A token is not taken for that of the present holder, and no missing key is made anew.
TEST_F(LossTest, OldTokenNeitherExtendsNorReleases) {
  auto lock = client_.Acquire("a", {.ttl = 100ms});
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(Expired(*lock));
  ASSERT_TRUE(Freed());
  auto old = other_.Attach("a", lock->token());
  ASSERT_THAT(old, IsOk());
  EXPECT_THAT(old->Extend(10s), FailsAs(IsLost));
  EXPECT_EQ(nodes_.CountWith("lock:a"), 0);

  auto next = client_.Acquire("a");
  ASSERT_THAT(next, IsOk());
  auto older = other_.Attach("a", lock->token());
  ASSERT_THAT(older, IsOk());
  EXPECT_THAT(older->Release(), FailsAs(IsLost));
  EXPECT_THAT(next->Extend(20s), IsOk());
}

TEST_F(LossTest, DeletionOnAMajorityIsNoticedByTheExtension) {
  auto lock = client_.Acquire("a", {.ttl = 20s});
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(Eventually([this] { return nodes_.CountWith("lock:a") == 3; }));
  EXPECT_FALSE(lock->lost().stop_requested());
  for (int i = 0; i < 2; ++i) nodes_[i].Command({"DEL", "lock:a"});
  EXPECT_THAT(lock->Extend(20s), FailsAs(IsLost));
  EXPECT_TRUE(lock->lost().stop_requested());
  EXPECT_EQ(lock->valid_for(), 0s);
}

TEST_F(LossTest, DeletionOnAMinorityIsSurvived) {
  auto lock = client_.Acquire("a", {.ttl = 20s});
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(Eventually([this] { return nodes_.CountWith("lock:a") == 3; }));
  nodes_[0].Command({"DEL", "lock:a"});
  EXPECT_THAT(lock->Extend(20s), IsOk());
  EXPECT_FALSE(lock->lost().stop_requested());
}

TEST_F(LossTest, DestructionFreesTheNameOnEveryNode) {
  ASSERT_THAT(client_.Acquire("a", {.ttl = 30s}), IsOk());
  EXPECT_TRUE(Freed());
}

TEST_F(LossTest, DestructionOfTheLastClientFreesTheNameToo) {
  { ASSERT_THAT(NewClient(nodes_).Acquire("a", {.ttl = 30s}), IsOk()); }
  EXPECT_TRUE(Freed());
}

TEST_F(LossTest, LockOutlivesItsClient) {
  std::optional<BlockingLock> lock;
  {
    auto acquired = NewClient(nodes_).Acquire("a", {.ttl = 10s});
    ASSERT_THAT(acquired, IsOk());
    lock.emplace(*std::move(acquired));
  }
  EXPECT_THAT(lock->Extend(20s), IsOk());
  EXPECT_THAT(lock->valid_for(), Gt(10s));
  EXPECT_THAT(lock->Release(), IsOk());
}

TEST_F(LossTest, MoveAssignmentReleasesTheOldLock) {
  auto lock = client_.Acquire("a", {.ttl = 30s});
  ASSERT_THAT(lock, IsOk());
  auto replacement = client_.Acquire("b");
  ASSERT_THAT(replacement, IsOk());
  *lock = *std::move(replacement);
  EXPECT_TRUE(Freed());
  EXPECT_THAT(lock->Extend(20s), IsOk());
}

// Waits for the lock in a thread, and cancels that.
void ExpectCancelEndsTheWait(const BlockingClient& waiter, const std::function<bool()>& waits) {
  std::stop_source stop;
  absl::Status status;
  std::thread thread(
      [&] { status = waiter.Acquire("a", {.wait = kWaitForever}, stop.get_token()).status(); });
  EXPECT_TRUE(Eventually(waits));
  EXPECT_THAT(TimeOf([&] {
                stop.request_stop();
                thread.join();
              }),
              Lt(5s));
  EXPECT_THAT(status, FailsAs(absl::IsCancelled));
}

// Users of others found the lock taken for ever when the context of an attempt was cancelled.
TEST_F(LossTest, CancelOfAWaitLeavesNoKey) {
  auto lock = other_.Acquire("a", {.ttl = 30s});
  ASSERT_THAT(lock, IsOk());
  const int calls = ScriptCalls(nodes_[0]);
  ExpectCancelEndsTheWait(client_, [&] { return ScriptCalls(nodes_[0]) > calls + 2; });
  ASSERT_THAT(lock->Release(), IsOk());
  EXPECT_TRUE(Freed());
  EXPECT_THAT(other_.Acquire("a"), IsOk());
}

TEST_F(LossTest, CancelWithRequestsUnderWayLeavesNoKey) {
  const BlockingClient patient = NewClient({.nodes = nodes_.urls(), .command_timeout = 60s});
  AwaitNodes(patient, 3);
  const int calls = ScriptCalls(nodes_[0]);
  for (int i = 1; i < 3; ++i) nodes_[i].Stop();
  ExpectCancelEndsTheWait(patient, [&] { return ScriptCalls(nodes_[0]) > calls; });
  for (int i = 1; i < 3; ++i) nodes_[i].Continue();
  for (int i = 1; i < 3; ++i) {
    EXPECT_TRUE(Eventually([&] { return ScriptCalls(nodes_[i]) > 0; }));
  }
  EXPECT_TRUE(Freed());
}

TEST_F(LossTest, CancelBeforeTheStartTakesNothing) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(client_.Acquire("a", {}, stop.get_token()), FailsAs(absl::IsCancelled));
  EXPECT_TRUE(Freed());
}

}  // namespace
}  // namespace holdfast::testing
