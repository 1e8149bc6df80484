// Whose turn it is to run the loop of a blocking client.
#include "io_thread.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "support/eventually.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
using detail::IoThread;
using Clock = std::chrono::steady_clock;
using Id = std::thread::id;

constexpr auto kRefused = absl::StatusCode::kFailedPrecondition;

Id Here() { return std::this_thread::get_id(); }

std::shared_ptr<IoThread> NewThread() {
  auto thread = IoThread::Start();
  EXPECT_THAT(thread, IsOk());
  return *std::move(thread);
}

// Which thread runs the loop for a call.
absl::StatusOr<Id> Runner(IoThread& thread) {
  return thread.Await<absl::StatusOr<Id>>([](auto handler) { handler(Here()); });
}

// Calls until this thread runs the loop, and then `inside` in it; false when it never does.
bool RunHere(IoThread& thread, const std::function<void()>& inside) {
  const auto end = Clock::now() + kPatience;
  // Without a pause in between, which would let the thread have it.
  while (Clock::now() < end) {
    const auto runner = thread.Await<absl::StatusOr<Id>>([&, caller = Here()](auto handler) {
      if (Here() == caller) inside();
      handler(Here());
    });
    if (runner.ok() && *runner == Here()) return true;
  }
  return false;
}

class IoThreadTest : public ::testing::Test {
 protected:
  // Returns once `action` has run, which is posted.
  void Post(std::function<void()> action) {
    std::promise<void> ran;
    asio::post(thread_->io(), [&] {
      action();
      ran.set_value();
    });
    thread_->Nudge();
    ran.get_future().get();
  }

  // A call that takes so long. Returns which thread ran the loop at its end.
  Id RunFor(std::chrono::milliseconds time) {
    asio::steady_timer timer(thread_->io());
    const auto runner = thread_->Await<absl::StatusOr<Id>>([&](auto handler) {
      timer.expires_after(time);
      timer.async_wait([handler](const asio::error_code&) mutable { handler(Here()); });
    });
    EXPECT_THAT(runner, IsOk());
    return *runner;
  }

  std::shared_ptr<IoThread> thread_ = NewThread();
};

TEST_F(IoThreadTest, CallersRunTheLoopWhenCallsFollowOneAnother) {
  EXPECT_TRUE(RunHere(*thread_, [] {}));
}

TEST_F(IoThreadTest, TheThreadRunsItWhenNobodyCalls) {
  for (int i = 0; i < 20; ++i) {
    std::atomic<bool> ran = false;
    Id runner;
    ASSERT_TRUE(RunHere(*thread_, [] {}));
    asio::post(thread_->io(), [&] {
      runner = Here();
      ran = true;
    });
    ASSERT_TRUE(Eventually([&] { return ran.load(); }));
    EXPECT_NE(runner, Here());
  }
}

// Without, it takes the thread a millisecond to see that nobody calls any more.
TEST_F(IoThreadTest, WhatIsNudgedIsDoneAtOnce) {
  auto fastest = Clock::duration::max();
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(RunHere(*thread_, [] {}));
    const auto start = Clock::now();
    Post([] {});
    fastest = std::min(fastest, Clock::now() - start);
  }
  EXPECT_LT(fastest, 700us);
}

TEST_F(IoThreadTest, AHandleThatGoesIsANudge) {
  auto fastest = Clock::duration::max();
  for (int i = 0; i < 300; ++i) {
    std::shared_ptr<IoThread> handle = thread_->NewHandle();
    std::promise<void> ran;
    ASSERT_TRUE(RunHere(*thread_, [] {}));
    const auto start = Clock::now();
    asio::post(thread_->io(), [&] { ran.set_value(); });
    handle.reset();
    ran.get_future().get();
    fastest = std::min(fastest, Clock::now() - start);
  }
  EXPECT_LT(fastest, 700us);
}

TEST_F(IoThreadTest, NobodyElseRunsItOnceTheThreadStays) {
  ASSERT_TRUE(RunHere(*thread_, [] {}));
  thread_->Stay();
  ASSERT_TRUE(Eventually([&] { return *Runner(*thread_) != Here(); }));
  for (int i = 0; i < 100; ++i) EXPECT_NE(*Runner(*thread_), Here());
}

TEST_F(IoThreadTest, ACallThatTakesLongHoldsUpNobody) {
  std::thread other;
  std::atomic<int> answered = 0;
  ASSERT_TRUE(RunHere(*thread_, [] {}));
  const absl::Status status = thread_->Await<absl::Status>([&](auto handler) {
    other = std::thread([&, handler]() mutable {
      for (int i = 0; i < 100; ++i) answered += Runner(*thread_).ok() ? 1 : 0;
      asio::post(thread_->io(), [handler]() mutable { handler(absl::OkStatus()); });
    });
  });
  other.join();
  EXPECT_THAT(status, IsOk());
  EXPECT_EQ(answered, 100);
}

// The thread sleeps meanwhile, and is told when the caller leaves.
TEST_F(IoThreadTest, TheThreadComesBackAfterALongCall) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(RunHere(*thread_, [] {}));
    static_cast<void>(RunFor(20ms));
    std::atomic<bool> ran = false;
    asio::post(thread_->io(), [&] { ran = true; });
    ASSERT_TRUE(Eventually([&] { return ran.load(); }));
  }
}

TEST_F(IoThreadTest, NoCallIsLeftWithoutADriver) {
  for (int i = 0; i < 5; ++i) {
    Id runner;
    std::thread other;
    ASSERT_TRUE(RunHere(*thread_, [&] { other = std::thread([&] { runner = RunFor(40ms); }); }));
    static_cast<void>(RunFor(20ms));
    other.join();
    EXPECT_NE(runner, Here()) << "this one had left by then";
  }
}

// Callers that have their answer leave others behind, and times without a call come in between.
TEST_F(IoThreadTest, EachOfManyThreadsIsAnswered) {
  std::atomic<int> answered = 0, posted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 400; ++i) {
        answered += Runner(*thread_).ok() ? 1 : 0;
        if (i % 16 == t) std::this_thread::sleep_for(std::chrono::microseconds(i * 10));
        if (i % 32 != t) continue;
        asio::post(thread_->io(), [&posted] { ++posted; });
        thread_->Nudge();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, 6 * 400);
  EXPECT_TRUE(Eventually([&] { return posted == 6 * 13; }));
}

TEST_F(IoThreadTest, HandlersMustNotWaitWhoeverRunsThem) {
  absl::Status on_thread, on_caller;
  Post([&] { on_thread = Runner(*thread_).status(); });
  ASSERT_TRUE(RunHere(*thread_, [&] { on_caller = Runner(*thread_).status(); }));
  EXPECT_THAT(on_thread, StatusIs(kRefused));
  EXPECT_THAT(on_caller, StatusIs(kRefused));
}

TEST_F(IoThreadTest, HandlersMayWaitForAnotherLoop) {
  const std::shared_ptr<IoThread> other = NewThread();
  absl::StatusOr<Id> runner = absl::UnknownError("");
  absl::Status back;
  ASSERT_TRUE(RunHere(*thread_, [&] {
    runner = Runner(*other);
    RunHere(*other, [&] { back = Runner(*thread_).status(); });
  }));
  EXPECT_THAT(runner, IsOk());
  EXPECT_THAT(back, StatusIs(kRefused)) << "nobody would go on with it";
}

TEST_F(IoThreadTest, HandlersOfTheThreadMayLetItGo) {
  std::promise<void> posted, gone;
  std::shared_ptr<IoThread> thread = NewThread();
  asio::io_context& io = thread->io();
  asio::post(io, [&, last = std::move(thread)]() mutable {
    posted.get_future().wait();
    last.reset();
    gone.set_value();
  });
  posted.set_value();
  gone.get_future().get();
}

TEST_F(IoThreadTest, HandlersOfACallerMayLetItGo) {
  for (int i = 0; i < 20; ++i) {
    std::shared_ptr<IoThread> last = NewThread();
    std::atomic<bool> after = false;
    ASSERT_TRUE(RunHere(*last, [&] {
      asio::post(last->io(), [&] { after = true; });
      last.reset();
    }));
    EXPECT_TRUE(after) << "it ended with something to do";
  }
}

// They are not for the call that happened to be there.
TEST_F(IoThreadTest, ExceptionsOfHandlersEndTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto raise = [this] {
    try {
      RunHere(*thread_, [] { throw std::runtime_error("a handler's"); });
    } catch (const std::exception&) {
      _exit(0);
    }
  };
  EXPECT_DEATH(raise(), "a handler's");
}

// TSan cannot follow a child that was forked while other threads ran.
#if !defined(HOLDFAST_TSAN)

TEST_F(IoThreadTest, ForkedChildLeavesTheLoop) {
  pid_t child = -1;
  const auto forks = [&, caller = Here()](auto handler) {
    if (Here() == caller) child = fork();
    if (child != 0) return handler(absl::OkStatus());
    asio::post(thread_->io(), [] { _exit(1); });
  };
  ASSERT_TRUE(RunHere(*thread_, [] {}));
  absl::Status status;
  while (child == -1) status = thread_->Await<absl::Status>(forks);
  if (child == 0) {
    const bool refused = absl::IsFailedPrecondition(status) && !Runner(*thread_).ok();
    thread_->Nudge();
    thread_.reset();
    _exit(refused ? 0 : 2);
  }
  int end = -1;
  const bool ended = Eventually([&] { return waitpid(child, &end, WNOHANG) == child; });
  if (!ended) kill(child, SIGKILL);
  EXPECT_EQ(end, 0);
  EXPECT_THAT(status, IsOk());
  EXPECT_THAT(Runner(*thread_), IsOk());
}

#endif

}  // namespace
}  // namespace holdfast::testing
