// Coroutines that run under a lock.
#include "holdfast/co_atomize.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::Lt;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kLong = 30s;
constexpr AtomizeLimits kContend{
    .ttl = 10s, .wait = 60s, .retry_delay = 10ms, .retry_jitter = 10ms};

// How a call ended: with a result, or by an exception.
struct End {
  std::optional<absl::StatusOr<int>> result = {};
  std::exception_ptr error = {};

  bool done() const { return result.has_value() || error != nullptr; }
};

template <class Function>
void Start(asio::io_context& io, const Function& function, End& end,
           asio::cancellation_slot slot = {}) {
  auto keep = [&end](std::exception_ptr error, absl::StatusOr<int> result) {
    end.error = error;
    if (error == nullptr) end.result = std::move(result);
  };
  asio::co_spawn(io, function(), asio::bind_cancellation_slot(slot, keep));
}

class CoAtomizeTest : public ::testing::Test {
 protected:
  CoAtomizeTest() {
    auto client = Client::Create(io_.get_executor(), {.nodes = nodes_.urls(), .owner = "alice"});
    EXPECT_THAT(client, IsOk());
    client_.emplace(*std::move(client));
  }

  // Runs the loop until `done`.
  bool RunUntil(const std::function<bool()>& done, std::chrono::milliseconds deadline = kPatience) {
    return Eventually(
        [&] {
          io_.restart();
          io_.poll();
          return done();
        },
        deadline);
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

  template <class Function>
  void StartAndCancel(const Function& function, const bool& running, End& end);

  // By a release: sooner than a ttl of kLong is over.
  bool Freed() {
    return RunUntil([this] { return nodes_.CountWith("lock:default") == 0; }, kLong / 2);
  }

  Nodes nodes_{3};
  asio::io_context io_;
  std::optional<Client> client_;
};

asio::awaitable<void> Pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

// Ends when it is cancelled; true if it was.
asio::awaitable<bool> AwaitCancellation(bool& waiting) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
  waiting = true;
  std::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  co_return error == asio::error::operation_aborted;
}

std::string LongText(const char* end) { return std::string(60, 'n') + end; }

// With temporaries in the expression of the co_await, and state in the function: gcc 12 destroys
// some kinds of them twice, which the address sanitizer shows.
asio::awaitable<void> CallEveryKind(Client client) {
  const auto nothing = CoAtomize(client, {}, []() -> asio::awaitable<void> { co_return; });
  static_assert(std::is_same_v<decltype(nothing()), asio::awaitable<absl::Status>>);
  EXPECT_THAT(co_await nothing(), IsOk());

  const std::string state = LongText("state");
  const auto join = CoAtomize(client, {.channel = {LongText("b"), LongText("a")}},
                              [state](const Held& held, std::string word,
                                      std::vector<int>) -> asio::awaitable<std::string> {
                                co_await Pause(1ms);
                                EXPECT_THAT(held.valid_for(), Gt(0s));
                                co_return state + word;
                              });
  const auto joined = co_await join(LongText("x"), std::vector<int>(100));
  EXPECT_THAT(joined, IsOk());
  EXPECT_EQ(joined.value_or(""), state + LongText("x"));

  const auto status = CoAtomize(client, {}, [state]() -> asio::awaitable<absl::Status> {
    co_return absl::NotFoundError(state);
  });
  EXPECT_THAT(co_await status(), StatusIs(absl::StatusCode::kNotFound, state));

  const auto either =
      CoAtomize(client, {}, [](bool good) -> asio::awaitable<absl::StatusOr<std::string>> {
        if (!good) co_return absl::DataLossError("mine");
        co_return LongText("good");
      });
  static_assert(
      std::is_same_v<decltype(either(true)), asio::awaitable<absl::StatusOr<std::string>>>);
  EXPECT_THAT(co_await either(true), IsOk());
  EXPECT_THAT(co_await either(false), StatusIs(absl::StatusCode::kDataLoss, "mine"));

  const auto computed = CoAtomize(
      client, [state](const std::string& end) { return state + end; }, {},
      [](const Held& held, std::string) -> asio::awaitable<std::vector<std::string>> {
        co_return std::vector<std::string>(held.names().begin(), held.names().end());
      });
  const auto names = co_await computed(LongText("y"));
  EXPECT_THAT(names, IsOk());
  EXPECT_THAT(*names, ElementsAre(state + LongText("y")));

  const auto moved = CoAtomize(
      client, {}, [](std::unique_ptr<int> value) -> asio::awaitable<std::unique_ptr<int>> {
        co_await Pause(1ms);
        co_return value;
      });
  const auto pointer = co_await moved(std::make_unique<int>(7));
  EXPECT_THAT(pointer, IsOk());
  EXPECT_EQ(**pointer, 7);

  // What gcc 12 would miscompile does not compile.
  static_assert(std::is_invocable_v<decltype(nothing)&>);
  static_assert(!std::is_invocable_v<decltype(nothing)>);
}

TEST_F(CoAtomizeTest, EveryKindOfFunctionAndTemporary) { Run(CallEveryKind(*client_)); }

TEST_F(CoAtomizeTest, ExcludesCoroutines) {
  int inside = 0, most = 0, ended = 0;
  const auto enter = CoAtomize(
      *client_, [] { return "a"; }, kContend,
      [&]() -> asio::awaitable<void> {
        most = std::max(most, ++inside);
        co_await Pause(1ms);
        --inside;
      });
  const auto enter_often = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 10; ++i) EXPECT_THAT(co_await enter(), IsOk());
  };
  for (int i = 0; i < 4; ++i) {
    asio::co_spawn(io_, enter_often(), [&](std::exception_ptr error) {
      EXPECT_EQ(error, nullptr);
      ++ended;
    });
  }
  EXPECT_TRUE(RunUntil([&] { return ended == 4; }));
  EXPECT_EQ(most, 1);
}

TEST_F(CoAtomizeTest, ComputedChannelsRunInParallel) {
  int inside = 0, ended = 0;
  const auto channel = [](int order) { return "order:" + std::to_string(order); };
  const auto meet = CoAtomize(*client_, channel, {}, [&](int) -> asio::awaitable<void> {
    ++inside;
    while (inside < 3) co_await Pause(1ms);
  });
  for (int i = 0; i < 3; ++i) {
    asio::co_spawn(io_, meet(i), [&](std::exception_ptr error, const absl::Status& status) {
      EXPECT_EQ(error, nullptr);
      EXPECT_THAT(status, IsOk());
      ++ended;
    });
  }
  EXPECT_TRUE(RunUntil([&] { return ended == 3; }));
}

TEST_F(CoAtomizeTest, ExceptionsPassThroughAfterTheRelease) {
  const auto fail = CoAtomize(*client_, {}, []() -> asio::awaitable<int> {
    co_await Pause(1ms);
    throw std::out_of_range("mine");
  });
  End end;
  Start(io_, fail, end);
  ASSERT_TRUE(RunUntil([&] { return end.done(); }));
  ASSERT_NE(end.error, nullptr);
  EXPECT_THROW(std::rethrow_exception(end.error), std::out_of_range);
  EXPECT_THAT(nodes_.CountWith("lock:default"), Lt(2)) << "released before";
}

TEST_F(CoAtomizeTest, FailedReleaseReplacesNothing) {
  const auto work = CoAtomize(*client_, {.ttl = kLong}, [this]() -> asio::awaitable<int> {
    for (const auto& node : nodes_) node->Kill();
    co_return 42;
  });
  End end;
  Start(io_, work, end);
  ASSERT_TRUE(RunUntil([&] { return end.done(); }));
  ASSERT_THAT(*end.result, IsOk());
  EXPECT_EQ(**end.result, 42);
}

TEST_F(CoAtomizeTest, LossReplacesSuccessOnly) {
  absl::StatusOr<int> outcome = 42;
  const auto work =
      CoAtomize(*client_, {.ttl = kLong}, [&]() -> asio::awaitable<absl::StatusOr<int>> {
        while (nodes_.CountWith("lock:default") < 3) co_await Pause(1ms);
        for (const auto& node : nodes_) node->Command({"DEL", "lock:default"});
        co_return outcome;
      });
  End lost, failed;
  Start(io_, work, lost);
  ASSERT_TRUE(RunUntil([&] { return lost.done(); }));
  EXPECT_THAT(*lost.result, FailsAs(IsLost));
  outcome = absl::NotFoundError("mine");
  Start(io_, work, failed);
  ASSERT_TRUE(RunUntil([&] { return failed.done(); }));
  EXPECT_THAT(*failed.result, StatusIs(absl::StatusCode::kNotFound, "mine"));
}

TEST_F(CoAtomizeTest, WaitEndsInTime) {
  constexpr auto kWait = 2000ms;
  const auto held = NewClient(nodes_, "bob").Acquire("default", {.ttl = kLong});
  ASSERT_THAT(held, IsOk());
  const auto never = CoAtomize(*client_, {.wait = kWait}, []() -> asio::awaitable<int> {
    ADD_FAILURE() << "called without the lock";
    co_return 1;
  });
  End end;
  const auto took = TimeOf([&] {
    Start(io_, never, end);
    EXPECT_TRUE(RunUntil([&] { return end.done(); }));
  });
  EXPECT_THAT(*end.result, FailsAs(IsHeld));
  EXPECT_THAT(took, Lt(kWait * 1857 / 1000));
}

TEST_F(CoAtomizeTest, CancelledWaitLeavesNothing) {
  auto held = NewClient(nodes_, "bob").Acquire("default", {.ttl = kLong});
  ASSERT_THAT(held, IsOk());
  const auto never =
      CoAtomize(*client_, {.ttl = kLong, .wait = kWaitForever}, []() -> asio::awaitable<int> {
        ADD_FAILURE() << "called without the lock";
        co_return 1;
      });
  asio::cancellation_signal signal;
  End end;
  const int calls = ScriptCalls(nodes_[0]);
  Start(io_, never, end, signal.slot());
  ASSERT_TRUE(RunUntil([&] { return ScriptCalls(nodes_[0]) > calls + 2; }));
  signal.emit(asio::cancellation_type::terminal);
  ASSERT_TRUE(RunUntil([&] { return end.done(); }));
  ASSERT_TRUE(end.result);
  EXPECT_THAT(*end.result, FailsAs(absl::IsCancelled));
  ASSERT_THAT(held->Release(), IsOk());
  EXPECT_TRUE(Freed());
}

// Starts `function`, which sets `running`, and cancels it then.
template <class Function>
void CoAtomizeTest::StartAndCancel(const Function& function, const bool& running, End& end) {
  asio::cancellation_signal signal;
  Start(io_, function, end, signal.slot());
  ASSERT_TRUE(RunUntil([&] { return running; }));
  signal.emit(asio::cancellation_type::terminal);
  ASSERT_TRUE(RunUntil([&] { return end.done(); }));
}

TEST_F(CoAtomizeTest, CancelledFunctionThrowsAndIsReleased) {
  bool running = false;
  const auto work = CoAtomize(*client_, {.ttl = kLong}, [&]() -> asio::awaitable<int> {
    running = true;
    co_await Pause(1h);
    co_return 1;
  });
  End end;
  StartAndCancel(work, running, end);
  ASSERT_NE(end.error, nullptr);
  EXPECT_THROW(std::rethrow_exception(end.error), std::system_error);
  EXPECT_TRUE(Freed());
}

TEST_F(CoAtomizeTest, FunctionMayEndWellAfterACancellation) {
  bool running = false;
  const auto work = CoAtomize(*client_, {.ttl = kLong}, [&]() -> asio::awaitable<int> {
    co_return co_await AwaitCancellation(running) ? 42 : 0;
  });
  End end;
  StartAndCancel(work, running, end);
  ASSERT_TRUE(end.result);
  EXPECT_EQ(end.result->value_or(0), 42);
  EXPECT_TRUE(Freed());
}

TEST_F(CoAtomizeTest, CancellationStaysWithTheCaller) {
  bool running = false;
  const auto work = CoAtomize(*client_, {.ttl = kLong}, [&]() -> asio::awaitable<int> {
    co_return co_await AwaitCancellation(running) ? 42 : 0;
  });
  const auto caller = [&]() -> asio::awaitable<absl::StatusOr<int>> {
    EXPECT_THAT(co_await work(), IsOk());
    co_await Pause(0ms);  // Throws: the caller is cancelled, too.
    co_return 1;
  };
  End end;
  StartAndCancel(caller, running, end);
  ASSERT_NE(end.error, nullptr);
  EXPECT_THROW(std::rethrow_exception(end.error), std::system_error);
}

TEST_F(CoAtomizeTest, DestroyedCoroutineIsReleased) {
  bool running = false;
  const auto work = CoAtomize(*client_, {.ttl = kLong}, [&]() -> asio::awaitable<int> {
    running = true;
    co_await Pause(1h);
    co_return 1;
  });
  End end;
  {
    asio::io_context elsewhere;
    Start(elsewhere, work, end);
    ASSERT_TRUE(RunUntil([&] {
      elsewhere.poll();
      return running;
    }));
  }
  EXPECT_TRUE(Freed());
  EXPECT_FALSE(end.done());
}

TEST_F(CoAtomizeTest, MaxHoldIsALossThatTheFunctionCanSee) {
  const auto overdue = CoAtomize(*client_, {.ttl = 500ms, .max_hold = 1s},
                                 [](const Held& held) -> asio::awaitable<int> {
                                   while (!held.lost().stop_requested()) co_await Pause(1ms);
                                   co_return 1;
                                 });
  End end;
  Start(io_, overdue, end);
  ASSERT_TRUE(RunUntil([&] { return end.done(); }));
  EXPECT_THAT(*end.result, FailsAs(IsLost));
}

}  // namespace
}  // namespace holdfast::testing
