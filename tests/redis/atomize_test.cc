// Functions that run under a lock.
#include "holdfast/atomize.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"
#include "support/temp_dir.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Lt;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr AtomizeLimits kContend{
    .ttl = 10s, .wait = 60s, .retry_delay = 10ms, .retry_jitter = 10ms};

constexpr std::chrono::milliseconds kLong = 30s;

std::string ChannelOf(int order) { return "order:" + std::to_string(order); }

class AtomizeTest : public ::testing::Test {
 protected:
  bool Present(const std::string& key) {
    return Eventually([&] { return nodes_.CountWith(key) == 3; });
  }
  // By a release: sooner than a ttl of kLong is over.
  bool Freed(const std::string& key = "lock:default") {
    return Eventually([&] { return nodes_.CountWith(key) == 0; }, kLong / 2);
  }
  void DeleteOnMajority(const std::string& key = "lock:default") {
    EXPECT_TRUE(Present(key)) << "a grant that comes later would not be deleted";
    for (int i = 0; i < 2; ++i) nodes_[i].Command({"DEL", key});
  }
  void KillAll() {
    for (const auto& node : nodes_) node->Kill();
  }

  Nodes nodes_{3};
  BlockingClient client_ = NewClient(nodes_, "alice");
  BlockingClient other_ = NewClient(nodes_, "bob");
};

TEST_F(AtomizeTest, ResultsAreNotNested) {
  const auto nothing = Atomize(client_, {}, [] {});
  static_assert(std::is_same_v<decltype(nothing()), absl::Status>);
  EXPECT_THAT(nothing(), IsOk());

  const auto number = Atomize(client_, {}, [](int a, int b) { return a + b; });
  static_assert(std::is_same_v<decltype(number(1, 2)), absl::StatusOr<int>>);
  EXPECT_EQ(number(40, 2).value(), 42);

  const auto status = Atomize(client_, {}, [] { return absl::NotFoundError("mine"); });
  static_assert(std::is_same_v<decltype(status()), absl::Status>);
  EXPECT_THAT(status(), StatusIs(absl::StatusCode::kNotFound, "mine"));

  const auto either = Atomize(client_, {}, [](bool good) -> absl::StatusOr<std::string> {
    if (!good) return absl::DataLossError("mine");
    return "text";
  });
  static_assert(std::is_same_v<decltype(either(true)), absl::StatusOr<std::string>>);
  EXPECT_EQ(either(true).value(), "text");
  EXPECT_THAT(either(false), StatusIs(absl::StatusCode::kDataLoss, "mine"));
}

TEST_F(AtomizeTest, ArgumentsAndResultsAreMovedOrReferredTo) {
  const auto pass = Atomize(client_, {}, [](std::unique_ptr<int> value) { return value; });
  EXPECT_EQ(**pass(std::make_unique<int>(7)), 7);

  const auto raise = Atomize(client_, {}, [](int& value) -> int& { return ++value; });
  static_assert(std::is_same_v<decltype(raise(std::declval<int&>())), absl::StatusOr<int>>);
  int value = 1;
  EXPECT_EQ(raise(value).value(), 2);
  EXPECT_EQ(value, 2);
}

TEST_F(AtomizeTest, FunctionGetsTheHeldLock) {
  const auto look =
      Atomize(client_, {.ttl = kLong}, [this](const Held& held, std::string_view word) {
        EXPECT_EQ(word, "word");
        EXPECT_THAT(held.names(), ElementsAre("default"));
        EXPECT_EQ(held.fences().size(), 1U);
        EXPECT_EQ(held.fences().front(), held.fence());
        EXPECT_THAT(held.valid_for(), Gt(0s));
        EXPECT_TRUE(Present("lock:default"));
        return held.lost();
      });
  const auto lost = look("word");
  ASSERT_THAT(lost, IsOk());
  EXPECT_TRUE(lost->stop_requested()) << "it is released";
  EXPECT_TRUE(Freed());
}

TEST_F(AtomizeTest, FencesRise) {
  const auto fence = Atomize(client_, {}, [](const Held& held) { return held.fence(); });
  const auto theirs = Atomize(other_, {}, [](const Held& held) { return held.fence(); });
  const auto first = fence(), second = theirs(), third = fence();
  ASSERT_THAT(third, IsOk());
  EXPECT_THAT(*first, Gt(0U));
  EXPECT_THAT(*second, Gt(*first));
  EXPECT_THAT(*third, Gt(*second));
}

// Raises a counter that only the lock protects: one that lost an update shows two holders.
auto Raiser(const BlockingClient& client, std::atomic<int>& counter) {
  return Atomize(
      client, [] { return "counter"; }, kContend,
      [&counter] {
        const int seen = counter.load(std::memory_order_relaxed);
        std::this_thread::yield();
        counter.store(seen + 1, std::memory_order_relaxed);
      });
}

TEST_F(AtomizeTest, ExcludesThreadsAndClients) {
  std::atomic<int> counter = 0;
  const auto ours = Raiser(client_, counter), theirs = Raiser(other_, counter);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 15; ++i) EXPECT_THAT(t % 2 == 0 ? ours() : theirs(), IsOk());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter, 120);
}

int ReadNumber(const std::string& path) {
  std::ifstream file(path);
  int number = 0;
  file >> number;
  return number;
}

int RaiseFileOften(const Nodes& nodes, const std::string& path) {
  const auto raise = Atomize(
      NewClient(nodes), [] { return "file"; }, kContend,
      [&path] {
        const int seen = ReadNumber(path);
        std::ofstream(path) << seen + 1 << "\n";
      });
  for (int i = 0; i < 10; ++i) {
    if (!raise().ok()) return 1;
  }
  return 0;
}

TEST(Atomize, ExcludesProcesses) {
  Nodes nodes(3);
  const TempDir dir;
  const std::string path = dir.File("counter");
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(fork());
    if (children.back() == 0) _exit(RaiseFileOften(nodes, path));
  }
  for (const pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(ReadNumber(path), 40);
}

TEST_F(AtomizeTest, ExceptionsPassThroughAfterTheRelease) {
  const auto fail = Atomize(client_, {.ttl = kLong}, [] { throw std::out_of_range("mine"); });
  try {
    static_cast<void>(fail());
    FAIL() << "the exception is gone";
  } catch (const std::out_of_range& error) {
    EXPECT_STREQ(error.what(), "mine");
    EXPECT_THAT(other_.Acquire("default"), IsOk()) << "released before";
  }
}

// Others report their failed release instead of what the routine returned or threw.
TEST_F(AtomizeTest, FailedReleaseReplacesNothing) {
  const auto result = Atomize(client_, {.ttl = kLong}, [this] {
    KillAll();
    return 42;
  });
  const auto number = result();
  ASSERT_THAT(number, IsOk());
  EXPECT_EQ(*number, 42);
}

TEST_F(AtomizeTest, FailedReleaseReplacesNoException) {
  const auto fail = Atomize(client_, {.ttl = kLong}, [this] {
    KillAll();
    throw std::out_of_range("mine");
  });
  EXPECT_THROW(static_cast<void>(fail()), std::out_of_range);
}

TEST_F(AtomizeTest, LossReplacesSuccess) {
  bool done = false;
  const auto lose = Atomize(client_, {.ttl = kLong}, [&] {
    DeleteOnMajority();
    done = true;
    return 42;
  });
  EXPECT_THAT(lose(), FailsAs(IsLost));
  EXPECT_THAT(lose(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("has run")));
  EXPECT_TRUE(done);
  EXPECT_TRUE(Freed());
}

TEST_F(AtomizeTest, LossReplacesNoError) {
  const auto fail = Atomize(client_, {.ttl = kLong}, [&] {
    DeleteOnMajority();
    return absl::NotFoundError("mine");
  });
  EXPECT_THAT(fail(), StatusIs(absl::StatusCode::kNotFound, "mine"));
  const auto raise = Atomize(client_, {.ttl = kLong}, [&] {
    DeleteOnMajority();
    throw std::out_of_range("mine");
  });
  EXPECT_THROW(static_cast<void>(raise()), std::out_of_range);
}

TEST_F(AtomizeTest, MaxHoldIsALossThatTheFunctionCanSee) {
  const auto overdue = Atomize(client_, {.ttl = 500ms, .max_hold = 1s}, [](const Held& held) {
    EXPECT_TRUE(Eventually([&] { return held.lost().stop_requested(); }));
    EXPECT_EQ(held.valid_for(), 0s);
  });
  EXPECT_THAT(overdue(), FailsAs(IsLost));
}

TEST_F(AtomizeTest, LockIsExtendedWhileTheFunctionRuns) {
  const auto slow = Atomize(client_, {.ttl = 1s}, [this](const Held& held) {
    const Clock::time_point start = Clock::now();
    EXPECT_TRUE(Eventually([&] { return Clock::now() > start + 3s; }));
    EXPECT_THAT(held.valid_for(), Gt(0s));
    EXPECT_THAT(other_.Acquire("default"), FailsAs(IsHeld));
  });
  EXPECT_THAT(slow(), IsOk());
}

// A function that ends once `count` calls of it run at the same time.
auto Meeting(std::atomic<int>& inside, int count) {
  return [&inside, count](int) {
    ++inside;
    EXPECT_TRUE(Eventually([&] { return inside >= count; }));
  };
}

TEST_F(AtomizeTest, ComputedChannelsRunInParallel) {
  std::atomic<int> inside = 0;
  const auto meet = Atomize(client_, ChannelOf, {}, Meeting(inside, 3));
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&, i] { EXPECT_THAT(meet(i), IsOk()); });
  for (std::thread& thread : threads) thread.join();
}

TEST_F(AtomizeTest, SameComputedChannelExcludes) {
  const auto held = other_.Acquire("order:1");
  ASSERT_THAT(held, IsOk());
  const auto place = Atomize(client_, ChannelOf, {.wait = 0ms}, [](int order) { return order; });
  EXPECT_THAT(place(1), FailsAs(IsHeld));
  EXPECT_THAT(place(2), IsOk());
}

TEST_F(AtomizeTest, SeveralChannelsAreOneLock) {
  const auto both =
      Atomize(client_, {.channel = {"b", "a"}, .ttl = kLong, .wait = 0ms}, [&](const Held& held) {
        EXPECT_THAT(held.names(), ElementsAre("a", "b"));
        EXPECT_EQ(held.fences().size(), 2U);
        EXPECT_TRUE(Present("lock:a"));
        EXPECT_TRUE(Present("lock:b"));
      });
  EXPECT_THAT(both(), IsOk());
  const auto held = other_.Acquire("b");
  ASSERT_THAT(held, IsOk());
  EXPECT_THAT(both(), FailsAs(IsHeld));
  EXPECT_TRUE(Freed("lock:a"));
}

TEST_F(AtomizeTest, SeveralChannelsCanBeComputed) {
  const auto transfer = Atomize(
      client_,
      [](int from, int to) {
        return std::vector<std::string>{ChannelOf(from), ChannelOf(to)};
      },
      {},
      [](const Held& held, int, int) {
        return std::vector<std::string>(held.names().begin(), held.names().end());
      });
  EXPECT_THAT(transfer(2, 1).value(), ElementsAre("order:1", "order:2"));
}

// Others overshoot: a bound of 1000 ms became 1857 ms.
TEST_F(AtomizeTest, WaitEndsInTime) {
  constexpr auto kWait = 2000ms;
  const auto held = other_.Acquire("default", {.ttl = kLong});
  ASSERT_THAT(held, IsOk());
  bool called = false;
  const auto never = Atomize(client_, {.wait = kWait}, [&] { called = true; });
  absl::Status status;
  const auto took = TimeOf([&] { status = never(); });
  EXPECT_THAT(status, FailsAs(IsHeld));
  EXPECT_EQ(GetFailure(status)->holder, "bob");
  EXPECT_THAT(took, Ge(kWait - 100ms));
  EXPECT_THAT(took, Lt(kWait * 1857 / 1000));
  EXPECT_FALSE(called);
}

TEST_F(AtomizeTest, BadOptionsAreToldAtTheCall) {
  bool called = false;
  const auto never = Atomize(client_, {.ttl = 1h}, [&] { called = true; });
  EXPECT_THAT(never(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("ttl")));
  const auto nameless = Atomize(
      client_, [] { return ""; }, {}, [&] { called = true; });
  EXPECT_THAT(nameless(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("name")));
  EXPECT_FALSE(called);
}

TEST_F(AtomizeTest, StopRequestEndsTheWaitAndLeavesNothing) {
  auto held = other_.Acquire("default", {.ttl = kLong});
  ASSERT_THAT(held, IsOk());
  const auto work = Atomize(client_, {.ttl = kLong, .wait = kWaitForever}, [] { return 1; });
  std::stop_source stop;
  const int calls = ScriptCalls(nodes_[0]);
  absl::Status status;
  std::thread waiter([&] { status = work.CancelledBy(stop.get_token())().status(); });
  EXPECT_TRUE(Eventually([&] { return ScriptCalls(nodes_[0]) > calls + 2; }));
  stop.request_stop();
  waiter.join();
  EXPECT_THAT(status, FailsAs(absl::IsCancelled));
  ASSERT_THAT(held->Release(), IsOk());
  EXPECT_TRUE(Freed());
  EXPECT_THAT(work(), IsOk()) << "the other copy is not cancelled";
}

}  // namespace
}  // namespace holdfast::testing
