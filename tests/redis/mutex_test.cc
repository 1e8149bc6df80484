// Named locks as C++ mutexes.
#include "holdfast/mutex.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::Ge;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Lt;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

static_assert(!std::is_copy_constructible_v<Mutex> && !std::is_move_constructible_v<Mutex>);

constexpr MutexOptions kLong{.ttl = 30s};

class MutexTest : public ::testing::Test {
 protected:
  bool Present(const std::string& key) {
    return Eventually([&] { return nodes_.CountWith(key) == 3; });
  }
  // By a release: sooner than the ttl of kLong is over.
  bool Freed(const std::string& key = "lock:a") {
    return Eventually([&] { return nodes_.CountWith(key) == 0; }, kLong.ttl / 2);
  }
  void Delete(const std::string& key) {
    ASSERT_TRUE(Present(key));
    for (const auto& node : nodes_) node->Command({"DEL", key});
  }

  Nodes nodes_{3};
  BlockingClient client_ = NewClient(nodes_, "alice");
  BlockingClient other_ = NewClient(nodes_, "bob");
};

// Raises a counter that only the lock protects: one that lost an update shows two holders.
void RaiseUnderLock(Mutex& mutex, std::atomic<int>& counter, int times) {
  for (int i = 0; i < times; ++i) {
    const std::lock_guard guard(mutex);
    const int seen = counter.load(std::memory_order_relaxed);
    std::this_thread::yield();
    counter.store(seen + 1, std::memory_order_relaxed);
  }
}

TEST_F(MutexTest, ExcludesThreadsOfOneObjectAndOtherClients) {
  Mutex ours(client_, "a"), theirs(other_, "a");
  std::atomic<int> counter = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { RaiseUnderLock(ours, counter, 25); });
  for (int i = 0; i < 2; ++i) threads.emplace_back([&] { RaiseUnderLock(theirs, counter, 25); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter, 150);
}

TEST_F(MutexTest, LocksAndUnlocks) {
  Mutex mutex(client_, "a", kLong);
  mutex.lock();
  EXPECT_THAT(mutex.status(), IsOk());
  EXPECT_THAT(mutex.valid_for(), Gt(0s));
  EXPECT_FALSE(mutex.lost().stop_requested());
  const std::stop_token lost = mutex.lost();
  EXPECT_TRUE(Present("lock:a"));
  mutex.unlock();
  EXPECT_THAT(mutex.status(), IsOk());
  EXPECT_TRUE(lost.stop_requested());
  EXPECT_TRUE(Freed());
}

TEST_F(MutexTest, SaysThatItIsNotHeld) {
  Mutex mutex(client_, "a");
  EXPECT_TRUE(mutex.lost().stop_requested());
  EXPECT_EQ(mutex.fence(), 0U);
  EXPECT_EQ(mutex.valid_for(), 0s);
  mutex.unlock();
  EXPECT_TRUE(mutex.try_lock());
}

TEST_F(MutexTest, FenceRisesFromHolderToHolder) {
  Mutex ours(client_, "a"), theirs(other_, "a");
  ours.lock();
  const std::uint64_t first = ours.fence();
  ours.unlock();
  theirs.lock();
  EXPECT_THAT(first, Gt(0U));
  EXPECT_THAT(theirs.fence(), Gt(first));
}

TEST_F(MutexTest, TryLockOfAHeldLockSaysWhoHasIt) {
  Mutex ours(client_, "a"), theirs(other_, "a");
  ours.lock();
  EXPECT_FALSE(theirs.try_lock());
  ASSERT_THAT(theirs.status(), FailsAs(IsHeld));
  EXPECT_EQ(GetFailure(theirs.status())->holder, "alice");
  ours.unlock();
  EXPECT_TRUE(theirs.try_lock());
  EXPECT_THAT(theirs.status(), IsOk());
}

TEST_F(MutexTest, ThreadsOfOneProcessQueueWithoutAskingTheNodes) {
  Mutex mutex(client_, "a");
  mutex.lock();
  ASSERT_TRUE(Present("lock:a"));
  std::vector<int> calls;
  for (const auto& node : nodes_) calls.push_back(ScriptCalls(*node));
  std::thread other([&] {
    EXPECT_FALSE(mutex.try_lock());
    EXPECT_FALSE(mutex.try_lock_for(100ms));
    EXPECT_THAT(mutex.status(), StatusIs(absl::StatusCode::kAborted, HasSubstr("thread")));
  });
  other.join();
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(ScriptCalls(nodes_[i]), calls[i]);
  EXPECT_TRUE(mutex.valid_for() > 0s);
}

TEST_F(MutexTest, WaiterOfTheSameProcessGetsItNext) {
  Mutex mutex(client_, "a");
  mutex.lock();
  std::atomic<bool> got = false;
  std::thread waiter([&] {
    got = mutex.try_lock_for(kPatience);
    if (got) mutex.unlock();
  });
  EXPECT_FALSE(got);
  mutex.unlock();
  waiter.join();
  EXPECT_TRUE(got);
}

// Others overshoot: a bound of 1000 ms became 1857 ms.
TEST_F(MutexTest, TimedLocksEndInTime) {
  constexpr auto kWait = 2000ms;
  Mutex ours(client_, "a"), theirs(other_, "a");
  ours.lock();
  const auto took = TimeOf([&] { EXPECT_FALSE(theirs.try_lock_for(kWait)); });
  EXPECT_THAT(took, Ge(kWait - 100ms));
  EXPECT_THAT(took, Lt(kWait * 1857 / 1000));
  EXPECT_THAT(theirs.status(), FailsAs(IsHeld));
  EXPECT_THAT(TimeOf([&] { EXPECT_FALSE(theirs.try_lock_until(Clock::now() + kWait)); }),
              Lt(kWait * 1857 / 1000));
}

TEST_F(MutexTest, TimedLocksTakeAnyTime) {
  Mutex mutex(client_, "a");
  std::unique_lock guard(mutex, std::chrono::system_clock::time_point::max());
  EXPECT_TRUE(guard.owns_lock());
  guard.unlock();
  EXPECT_TRUE(guard.try_lock_for(std::chrono::hours::max()));
  guard.unlock();
  EXPECT_TRUE(guard.try_lock_for(0.5s));
  guard.unlock();
  EXPECT_TRUE(guard.try_lock_for(-1h)) << "no time is one attempt";
  guard.unlock();
  EXPECT_TRUE(guard.try_lock_until(Clock::time_point::min()));
}

void LockBothOften(Mutex& first, Mutex& second, int& counter, int times) {
  for (int i = 0; i < times; ++i) {
    const std::scoped_lock both(first, second);
    ++counter;
  }
}

TEST_F(MutexTest, ScopedLocksInOppositeOrdersDoNotDeadlock) {
  Mutex from(client_, "account:1"), to(client_, "account:2");
  int counter = 0;
  std::thread other([&] { LockBothOften(to, from, counter, 30); });
  LockBothOften(from, to, counter, 30);
  other.join();
  EXPECT_EQ(counter, 60);
}

TEST_F(MutexTest, ScopedLocksOfTwoClientsDoNotDeadlock) {
  Mutex from(client_, "account:1"), to(client_, "account:2");
  Mutex their_from(other_, "account:1"), their_to(other_, "account:2");
  int ours = 0, theirs = 0;
  std::thread other([&] { LockBothOften(their_to, their_from, theirs, 5); });
  LockBothOften(from, to, ours, 5);
  other.join();
  EXPECT_EQ(ours + theirs, 10);
}

TEST_F(MutexTest, SeveralNamesAreOneLock) {
  Mutex both(client_, {"b", "a"});
  Mutex one(other_, "b");
  both.lock();
  EXPECT_TRUE(Present("lock:a"));
  EXPECT_TRUE(Present("lock:b"));
  EXPECT_FALSE(one.try_lock());
  both.unlock();
  EXPECT_TRUE(one.try_lock());
  EXPECT_FALSE(both.try_lock());
}

TEST_F(MutexTest, IsExtendedForAsLongAsItIsHeld) {
  Mutex ours(client_, "a", {.ttl = 1s}), theirs(other_, "a");
  ours.lock();
  const Clock::time_point start = Clock::now();
  ASSERT_TRUE(Eventually([&] { return Clock::now() > start + 3s; }));
  EXPECT_FALSE(ours.lost().stop_requested());
  EXPECT_THAT(ours.valid_for(), Gt(0s));
  EXPECT_FALSE(theirs.try_lock());
}

TEST_F(MutexTest, MaxHoldEndsIt) {
  Mutex ours(client_, "a", {.ttl = 500ms, .max_hold = 1s}), theirs(other_, "a");
  ours.lock();
  EXPECT_TRUE(theirs.try_lock_for(kPatience));
  EXPECT_TRUE(ours.lost().stop_requested());
}

TEST_F(MutexTest, UnlockAfterALossIsFine) {
  Mutex mutex(client_, "a");
  mutex.lock();
  Delete("lock:a");
  mutex.unlock();
  EXPECT_THAT(mutex.status(), FailsAs(IsLost));
  mutex.lock();
  EXPECT_THAT(mutex.valid_for(), Gt(0s));
}

TEST_F(MutexTest, UnlockEndsWithNoNodeLeft) {
  Mutex mutex(client_, "a");
  mutex.lock();
  for (const auto& node : nodes_) node->Kill();
  EXPECT_THAT(TimeOf([&] { mutex.unlock(); }), Lt(10s));
  EXPECT_THAT(mutex.status(), FailsAs(IsNoQuorum));
}

TEST_F(MutexTest, DestructionOfAHeldOneReleases) {
  {
    Mutex mutex(client_, "a", kLong);
    mutex.lock();
    EXPECT_TRUE(Present("lock:a"));
  }
  EXPECT_TRUE(Freed());
}

TEST_F(MutexTest, LockWaitsForAQuorum) {
  nodes_[0].Kill();
  nodes_[1].Kill();
  AwaitNodes(client_, 1);
  Mutex mutex(client_, "a");
  EXPECT_FALSE(mutex.try_lock());
  EXPECT_THAT(mutex.status(), FailsAs(IsNoQuorum));
  const int calls = ScriptCalls(nodes_[2]);
  std::atomic<bool> got = false;
  std::thread waiter([&] {
    mutex.lock();
    got = true;
  });
  EXPECT_TRUE(Eventually([&] { return ScriptCalls(nodes_[2]) > calls + 2; })) << "it tries again";
  EXPECT_FALSE(got);
  nodes_[0].Restart();
  waiter.join();
  EXPECT_THAT(mutex.valid_for(), Gt(0s));
}

// What lock() throws for `mutex`; OK if it gets it.
absl::Status ThrownBy(Mutex& mutex) {
  try {
    mutex.lock();
    return absl::OkStatus();
  } catch (const LockError& error) {
    EXPECT_EQ(error.what(), std::string(error.status().message()));
    return error.status();
  }
}

void ExpectHopeless(Mutex& mutex, absl::StatusCode code) {
  EXPECT_THAT(ThrownBy(mutex), StatusIs(code));
  EXPECT_FALSE(mutex.try_lock());
  EXPECT_THAT(mutex.status(), StatusIs(code));
  EXPECT_THAT(TimeOf([&] { EXPECT_FALSE(mutex.try_lock_for(kPatience)); }), Lt(kPatience));
}

TEST_F(MutexTest, LockThrowsWhereWaitingIsNoUse) {
  Mutex nameless(client_, "");
  ExpectHopeless(nameless, absl::StatusCode::kInvalidArgument);
  Mutex brief(client_, "a", {.ttl = 1ms});
  ExpectHopeless(brief, absl::StatusCode::kInvalidArgument);
  Mutex elsewhere(NewClient({.nodes = nodes_.urls(), .membership = "another"}), "a");
  ExpectHopeless(elsewhere, absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(elsewhere.status(), FailsAs(IsMisconfigured));
  for (const auto& node : nodes_) node->Command({"CONFIG", "SET", "requirepass", "s3cr3t"});
  Mutex stranger(NewClient({.nodes = nodes_.urls()}), "a");
  ExpectHopeless(stranger, absl::StatusCode::kPermissionDenied);
}

TEST_F(MutexTest, ScopedLockThatThrowsKeepsNothing) {
  Mutex good(client_, "a", kLong), bad(client_, "", kLong);
  EXPECT_THROW(std::scoped_lock(good, bad), LockError);
  EXPECT_THROW(std::scoped_lock(bad, good), LockError);
  EXPECT_TRUE(Freed());
  EXPECT_TRUE(good.try_lock());
}

// Runs `use` in a callback of `lost()`, on the client's own thread: that is where the nodes'
// answers arrive that it is gone. (A loss by the clock may be told on another one, where the
// machine is busy.)
void UseInACallback(const BlockingClient& client, Nodes& nodes, const std::function<void()>& use) {
  Mutex lost(client, "a", {.ttl = 6s});
  lost.lock();
  for (const auto& node : nodes) node->Command({"DEL", "lock:a"});
  std::atomic<bool> called = false;
  const std::stop_callback on_loss(lost.lost(), [&] {
    use();
    called = true;
  });
  EXPECT_TRUE(Eventually([&] { return called.load(); }));
}

TEST_F(MutexTest, CallbackOnTheClientsThreadCannotWait) {
  Mutex free(client_, "b"), taken(client_, "c", kLong);
  taken.lock();
  UseInACallback(client_, nodes_, [&] {
    EXPECT_THAT(ThrownBy(free), StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(ThrownBy(taken), StatusIs(absl::StatusCode::kFailedPrecondition));
    taken.unlock();
  });
  EXPECT_TRUE(Freed("lock:c")) << "in the background";
}

TEST_F(MutexTest, ForkedChildIsToldInsteadOfWaiting) {
  Mutex free(client_, "b"), taken(client_, "c");
  taken.lock();
  const pid_t child = fork();
  if (child == 0) {
    const bool told =
        absl::IsFailedPrecondition(ThrownBy(free)) && absl::IsFailedPrecondition(ThrownBy(taken));
    taken.unlock();
    _exit(told ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(nodes_.CountWith("lock:c"), 3) << "it is the parent's";
}

}  // namespace
}  // namespace holdfast::testing
