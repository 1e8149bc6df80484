// What went wrong in other lock libraries while a lock was held, lost or given up: one test each.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "holdfast/atomize.h"
#include "holdfast/blocking.h"
#include "holdfast/errors.h"
#include "holdfast/observer.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::Gt;
using ::testing::Le;
using ::testing::Lt;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr AcquireOptions kContend{.wait = kPatience, .retry_delay = 20ms, .retry_jitter = 5ms};

class HeldTrap : public ::testing::Test {
 protected:
  bool Everywhere(const std::string& key = "lock:a") {
    return Eventually([&] { return nodes_.CountWith(key) == 3; });
  }
  bool Nowhere() {
    return Eventually([this] { return nodes_.CountWith("lock:a") == 0; });
  }
  static bool AwaitLoss(const BlockingLock& lock) {
    return Eventually([&] { return lock.lost().stop_requested(); });
  }

  Nodes nodes_{3};
  BlockingClient alice_ = NewClient(nodes_, "alice");
  BlockingClient bob_ = NewClient(nodes_, "bob");
};

using Trap08 = HeldTrap;
using Trap09 = HeldTrap;
using Trap10 = HeldTrap;
using Trap11 = HeldTrap;
using Trap12 = HeldTrap;
using Trap13 = HeldTrap;
using Trap14 = HeldTrap;
using Trap15 = HeldTrap;
using Trap16 = HeldTrap;
using Trap21 = HeldTrap;
using Trap22 = HeldTrap;
using Trap23 = HeldTrap;
using Trap24 = HeldTrap;

// Renewal gave up at the first error of a node, though a quorum still held.
TEST_F(Trap08, RenewalOutlivesADeadNode) {
  auto lock = alice_.Acquire("a", {.ttl = 1s, .auto_extend = true});
  ASSERT_THAT(lock, IsOk());
  nodes_[0].Kill();
  EXPECT_TRUE(Eventually([&] { return alice_.GetStats()->auto_extended >= 6; }));
  EXPECT_FALSE(lock->lost().stop_requested());
  EXPECT_THAT(bob_.Acquire("a"), FailsAs(IsHeld));
}

// "Extended", it said of a lock that was somebody else's by then.
TEST_F(Trap09, LockOfAnotherIsNotExtended) {
  auto lock = alice_.Acquire("a", {.ttl = 20s});
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(Everywhere());
  for (const auto& node : nodes_) node->Command({"DEL", "lock:a"});
  auto next = bob_.Acquire("a", {.ttl = 10s});
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(lock->Extend(30s), FailsAs(IsLost));
  EXPECT_THAT(std::stoi(nodes_[0].Command({"PTTL", "lock:a"})), Le(10'000));
}

// The process was aborted when a lock was destroyed during its renewal.
TEST_F(Trap10, LockMayBeDestroyedDuringItsRenewal) {
  for (std::uint64_t i = 1; i <= 5; ++i) {
    auto lock = alice_.Acquire("a", {.ttl = 500ms, .wait = kPatience, .auto_extend = true});
    ASSERT_THAT(lock, IsOk());
    ASSERT_TRUE(Eventually([&] { return alice_.GetStats()->auto_extended >= i; }));
  }
  std::optional<BlockingLock> held;
  auto lock = alice_.Acquire("a", {.ttl = 1s, .wait = kPatience, .auto_extend = true});
  ASSERT_THAT(lock, IsOk());
  held.emplace(*std::move(lock));
  for (const auto& node : nodes_) node->Stop();  // The renewal is under way now, or soon.
  Eventually([&] { return held->valid_for() < 500ms; });
  held.reset();
  for (const auto& node : nodes_) node->Continue();
  EXPECT_TRUE(Nowhere());
}

// A callback that used the lock waited for the mutex under which it was called.
TEST_F(Trap11, CallbackMayUseTheLock) {
  auto lock = alice_.Acquire("a", {.ttl = 300ms});
  ASSERT_THAT(lock, IsOk());
  std::atomic<bool> done = false;
  const std::stop_callback on_loss(lock->lost(), [&] {
    EXPECT_EQ(lock->valid_for(), 0s);
    EXPECT_TRUE(lock->lost().stop_requested());
    EXPECT_EQ(lock->name(), "a");
    lock->Release().IgnoreError();
    done = true;
  });
  EXPECT_TRUE(Eventually([&] { return done.load(); }));
}

// The lock expired after 988 ms; its holder was told after 2493.
TEST_F(Trap12, HolderIsToldBeforeTheEnd) {
  using Clock = std::chrono::steady_clock;
  std::atomic<Clock::time_point> told = Clock::time_point::max();
  const Clock::time_point start = Clock::now();
  auto lock = alice_.Acquire("a", {.ttl = 3s});
  ASSERT_THAT(lock, IsOk());
  const std::stop_callback on_loss(lock->lost(), [&] { told = Clock::now(); });
  ASSERT_TRUE(Eventually([&] { return told.load() != Clock::time_point::max(); }));
  EXPECT_THAT(told.load() - start, Lt(3s));
}

// What the work returned was replaced by the error of the release.
TEST_F(Trap13, FailedReleaseDoesNotReplaceTheResult) {
  const auto kill_majority = [this] {
    for (const int node : {0, 1}) nodes_[node].Kill();
  };
  const auto work = Atomize(alice_, {.channel = "a", .ttl = 20s}, [&]() -> absl::StatusOr<int> {
    kill_majority();
    return absl::DataLossError("mine");
  });
  EXPECT_THAT(work(), StatusIs(absl::StatusCode::kDataLoss, "mine"));
}

// Two seconds of retries and a quorum error, for a lock that was long gone.
TEST_F(Trap14, ReleasingAnExpiredLockAnswersAtOnce) {
  auto lock = alice_.Acquire("a", {.ttl = 300ms});
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(AwaitLoss(*lock));
  for (const auto& node : nodes_) node->Stop();
  EXPECT_THAT(TimeOf([&] { EXPECT_THAT(lock->Release(), FailsAs(IsLost)); }), Lt(1s));
}

// Releasing a lock on two names always failed.
TEST_F(Trap15, LockOnTwoNamesIsReleased) {
  auto lock = alice_.Acquire({"a", "b"});
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(Everywhere("lock:b"));
  EXPECT_THAT(lock->Release(), IsOk());
  EXPECT_TRUE(Nowhere());
  EXPECT_THAT(bob_.Acquire({"a", "b"}), IsOk());
}

// The release of an expired lock freed the next holder's.
TEST_F(Trap16, ReleaseSparesTheLockOfAnother) {
  auto lock = alice_.Acquire("a", {.ttl = 300ms});
  ASSERT_THAT(lock, IsOk());
  auto next = bob_.Acquire("a", kContend);
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(lock->Release(), FailsAs(IsLost));
  EXPECT_THAT(next->Extend(20s), IsOk());
}

// An extension put back the key that was missing, where others had been granted the lock.
TEST_F(Trap21, ExtensionCreatesNoKey) {
  auto lock = alice_.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(Everywhere());
  nodes_[0].Command({"DEL", "lock:a"});
  EXPECT_THAT(lock->Extend(20s), IsOk());
  EXPECT_EQ(nodes_.CountWith("lock:a"), 2);
}

// Counters of names nobody uses stayed for ever, and a token was read that was the next holder's.
TEST_F(Trap22, CountersExpireAndATokenIsThatOfItsHolder) {
  auto lock = alice_.Acquire("a", {.ttl = 300ms});
  ASSERT_THAT(lock, IsOk());
  const std::uint64_t token = lock->fence();
  const auto next = bob_.Acquire("a", kContend);
  ASSERT_THAT(next, IsOk());
  EXPECT_EQ(lock->fence(), token);
  EXPECT_THAT(next->fence(), Gt(token));
  for (const auto& node : nodes_) {
    const std::string left = node->Command({"PTTL", "holdfast:fence:lock:a"});
    EXPECT_THAT(std::stoll(left), AllOf(Gt(0), Le(7 * 86'400'000LL)));
  }
}

// Who was cancelled while he held the lock could not release it: it stayed until it expired.
TEST_F(Trap23, CancelledHolderCanRelease) {
  std::stop_source stop;
  auto lock = alice_.Acquire("a", {.ttl = 30s}, stop.get_token());
  ASSERT_THAT(lock, IsOk());
  stop.request_stop();
  EXPECT_THAT(lock->Release(), IsOk());
  EXPECT_TRUE(Nowhere());
}

struct Log final : Observer {
  void OnExtendFailed(const LockEvent&, const absl::Status&, bool automatic) override {
    failed += automatic ? 1 : 0;
  }
  void OnLost(const LockEvent&, std::string_view) override { ++lost; }

  std::atomic<int> failed = 0;
  std::atomic<int> lost = 0;
};

// The renewal ended, and nobody was told.
TEST_F(Trap24, RenewalDoesNotEndSilently) {
  const auto log = std::make_shared<Log>();
  const BlockingClient client = NewClient({.nodes = nodes_.urls(), .observer = log});
  AwaitNodes(client, 3);
  auto lock = client.Acquire("a", {.ttl = 2s, .auto_extend = true});
  ASSERT_THAT(lock, IsOk());
  for (const int node : {0, 1}) nodes_[node].Kill();
  EXPECT_TRUE(AwaitLoss(*lock));
  EXPECT_TRUE(Eventually([&] { return log->lost == 1; }));
  EXPECT_THAT(log->failed, Gt(0));
}

}  // namespace
}  // namespace holdfast::testing
