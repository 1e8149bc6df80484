// The client without a thread of its own: callbacks, futures, coroutines, cancellation.
#include <gmock/gmock.h>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/experimental/deferred.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <atomic>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "holdfast/client.h"
#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

class AsyncTest : public ::testing::Test {
 protected:
  AsyncTest() {
    auto client = Client::Create(io_.get_executor(), {.nodes = nodes_.urls(), .owner = "alice"});
    EXPECT_THAT(client, IsOk());
    client_.emplace(*std::move(client));
  }

  // Runs the loop until `done`.
  bool RunUntil(const std::function<bool()>& done) {
    return Eventually([&] {
      io_.restart();
      io_.poll();
      return done();
    });
  }

  // Runs `coroutine` to its end; what it throws fails the test.
  void Run(asio::awaitable<void> coroutine) {
    bool ended = false;
    asio::co_spawn(io_, std::move(coroutine), [&](std::exception_ptr error) {
      EXPECT_EQ(error, nullptr);
      ended = true;
    });
    EXPECT_TRUE(RunUntil([&] { return ended; }));
  }

  bool Freed() {
    return RunUntil([this] { return nodes_.CountWith("lock:a") == 0; });
  }

  Nodes nodes_{3};
  asio::io_context io_;
  std::optional<Client> client_;
};

TEST_F(AsyncTest, CallbacksRunLaterNeverInsideTheCall) {
  bool inside = true;
  int calls = 0;
  std::optional<Lock> lock;
  client_->Acquire("a", {.ttl = 10s}, [&](absl::StatusOr<Lock> acquired) {
    EXPECT_FALSE(inside);
    ASSERT_THAT(acquired, IsOk());
    lock.emplace(*std::move(acquired));
    ++calls;
  });
  client_->Acquire("", {}, [&](absl::StatusOr<Lock> acquired) {
    EXPECT_FALSE(inside) << "errors of the arguments, too";
    EXPECT_THAT(acquired, StatusIs(absl::StatusCode::kInvalidArgument));
    ++calls;
  });
  inside = false;
  EXPECT_TRUE(RunUntil([&] { return calls == 2; }));
}

TEST_F(AsyncTest, CallbacksMayUseTheClient) {
  bool released = false;
  client_->Acquire("a", {}, [&](absl::StatusOr<Lock> acquired) {
    ASSERT_THAT(acquired, IsOk());
    auto lock = std::make_shared<Lock>(*std::move(acquired));
    lock->Extend(20s, [&, lock](absl::Status extended) {
      EXPECT_THAT(extended, IsOk());
      lock->Release([&, lock](absl::Status end) {
        EXPECT_THAT(end, IsOk());
        released = true;
      });
    });
  });
  EXPECT_TRUE(RunUntil([&] { return released; }));
}

TEST_F(AsyncTest, DeferredOperationsStartWhenTheyAreLaunched) {
  auto acquire = client_->Acquire("a", {}, asio::experimental::deferred);
  std::optional<absl::StatusOr<Lock>> lock;
  std::move(acquire)([&](absl::StatusOr<Lock> result) { lock = std::move(result); });
  ASSERT_TRUE(RunUntil([&] { return lock.has_value(); }));
  EXPECT_THAT(*lock, IsOk());
}

TEST_F(AsyncTest, FuturesAreFulfilled) {
  auto acquired = client_->Acquire("a", {}, asio::use_future);
  const auto ready = [](auto& future) { return future.wait_for(0s) == std::future_status::ready; };
  ASSERT_TRUE(RunUntil([&] { return ready(acquired); }));
  auto lock = acquired.get();
  ASSERT_THAT(lock, IsOk());
  auto released = lock->Release(asio::use_future);
  ASSERT_TRUE(RunUntil([&] { return ready(released); }));
  EXPECT_THAT(released.get(), IsOk());
}

std::string LongName(const char* end) { return std::string(60, 'n') + end; }

// Every signature with temporaries in the expression of the co_await: gcc 12 destroys some kinds of
// them twice, which the address sanitizer shows.
asio::awaitable<void> CallEverything(Client client) {
  auto lock = co_await client.Acquire(LongName("x"), {.ttl = 10s, .wait = 5s}, asio::use_awaitable);
  EXPECT_THAT(lock, IsOk());
  if (!lock.ok()) co_return;
  auto refused = co_await client.Acquire(LongName("x") + "", AcquireOptions{}, asio::use_awaitable);
  EXPECT_THAT(refused, FailsAs(IsHeld));
  EXPECT_THAT(co_await lock->Extend(20s, asio::use_awaitable), IsOk());
  auto seen = co_await client.Inspect(LongName("x"), asio::use_awaitable);
  EXPECT_THAT(seen, IsOk());
  EXPECT_EQ(seen->nodes.size(), 3U);
  auto nodes = co_await client.Nodes(asio::use_awaitable);
  EXPECT_THAT(nodes, IsOk());
  auto several = co_await client.Acquire(
      {LongName("y"), "z"}, {.auto_extend = true, .max_hold = 1h}, asio::use_awaitable);
  EXPECT_THAT(several, IsOk());
  auto stats = co_await client.GetStats(asio::use_awaitable);
  EXPECT_THAT(stats, IsOk());
  auto configured = co_await client.Reconfigure(asio::use_awaitable);
  EXPECT_THAT(configured, IsOk());
  auto attached = client.Attach(LongName("x"), std::string(lock->Detach()));
  EXPECT_THAT(attached, IsOk());
  EXPECT_THAT(co_await attached->Release(asio::use_awaitable), IsOk());
}

TEST_F(AsyncTest, CoroutinesMayUseTemporaries) { Run(CallEverything(*client_)); }

asio::awaitable<void> GiveUp(Client client, bool& gave_up) {
  using asio::experimental::awaitable_operators::operator||;
  asio::steady_timer timer(co_await asio::this_coro::executor, 300ms);
  const auto first = co_await (client.Acquire("a", {.wait = kWaitForever}, asio::use_awaitable) ||
                               timer.async_wait(asio::use_awaitable));
  gave_up = first.index() == 1;
}

TEST_F(AsyncTest, TimerInACoroutineCancelsAWait) {
  const auto held = NewClient(nodes_).Acquire("a", {.ttl = 30s});
  ASSERT_THAT(held, IsOk());
  bool gave_up = false;
  Run(GiveUp(*client_, gave_up));
  EXPECT_TRUE(gave_up);
}

TEST_F(AsyncTest, CancellationSlotEndsThatCallAlone) {
  const auto held = NewClient(nodes_, "bob").Acquire("a", {.ttl = 30s});
  ASSERT_THAT(held, IsOk());
  asio::cancellation_signal signal;
  absl::Status first, second;
  int ended = 0;
  client_->Acquire("a", {.wait = kWaitForever},
                   asio::bind_cancellation_slot(signal.slot(), [&](absl::StatusOr<Lock> lock) {
                     first = lock.status();
                     ++ended;
                   }));
  client_->Acquire("a", {.wait = 1s}, [&](absl::StatusOr<Lock> lock) {
    second = lock.status();
    ++ended;
  });
  asio::post(io_, [&] { signal.emit(asio::cancellation_type::all); });
  EXPECT_TRUE(RunUntil([&] { return ended == 2; }));
  EXPECT_THAT(first, FailsAs(absl::IsCancelled));
  EXPECT_THAT(second, FailsAs(IsHeld));
  signal.emit(asio::cancellation_type::all);  // Nothing is left to cancel.
}

TEST_F(AsyncTest, EndOfTheClientCancelsItsCalls) {
  const auto held = NewClient(nodes_, "bob").Acquire("a", {.ttl = 30s});
  ASSERT_THAT(held, IsOk());
  std::optional<absl::Status> end;
  client_->Acquire("a", {.wait = kWaitForever},
                   [&](absl::StatusOr<Lock> lock) { end = lock.status(); });
  io_.poll();
  client_.reset();
  EXPECT_TRUE(RunUntil([&] { return end.has_value(); }));
  EXPECT_THAT(*end, FailsAs(absl::IsCancelled));
  io_.restart();
  EXPECT_NO_FATAL_FAILURE(io_.run_for(kPatience));
  EXPECT_TRUE(io_.stopped()) << "something of the client still keeps the loop busy";
}

// Another client's users found their process aborted here.
TEST_F(AsyncTest, LockMayBeDestroyedDuringItsExtension) {
  auto future = client_->Acquire("a", {.ttl = 20s}, asio::use_future);
  ASSERT_TRUE(RunUntil([&] { return future.wait_for(0s) == std::future_status::ready; }));
  auto lock = future.get();
  ASSERT_THAT(lock, IsOk());
  bool called = false;
  lock->Extend(20s, [&](absl::Status) { called = true; });
  lock = absl::CancelledError();
  EXPECT_TRUE(RunUntil([&] { return called; }));
  EXPECT_TRUE(Freed());
}

TEST_F(AsyncTest, LockThatNobodyTakesIsReleased) {
  bool called = false;
  client_->Acquire("a", {.ttl = 30s}, [&](absl::StatusOr<Lock> lock) {
    EXPECT_THAT(lock, IsOk());
    called = true;
  });
  EXPECT_TRUE(RunUntil([&] { return called; }));
  EXPECT_TRUE(Freed());
}

TEST_F(AsyncTest, CompletionsRunOnTheHandlersExecutor) {
  asio::thread_pool pool(1);
  const std::thread::id here = std::this_thread::get_id();
  std::atomic<bool> called = false;
  client_->Acquire("a", {}, asio::bind_executor(pool, [&](absl::StatusOr<Lock> lock) {
                     EXPECT_THAT(lock, IsOk());
                     EXPECT_NE(std::this_thread::get_id(), here);
                     called = true;
                   }));
  EXPECT_TRUE(RunUntil([&] { return called.load(); }));
  pool.join();
  EXPECT_TRUE(Freed());
}

// Any thread may call; the state stays on the client's strand.
TEST(AsyncThreads, ManyThreadsUseOneClient) {
  Nodes nodes(3);
  asio::thread_pool pool(4);
  {
    auto client = Client::Create(pool.get_executor(), {.nodes = nodes.urls()});
    ASSERT_THAT(client, IsOk());
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&client, t] {
        for (int i = 0; i < 25; ++i) {
          const std::string name = std::to_string(t) + ":" + std::to_string(i);
          auto lock = client->Acquire(name, {}, asio::use_future).get();
          ASSERT_THAT(lock, IsOk());
          EXPECT_THAT(lock->Extend(20s, asio::use_future).get(), IsOk());
          EXPECT_THAT(lock->Release(asio::use_future).get(), IsOk());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  pool.join();
}

}  // namespace
}  // namespace holdfast::testing
