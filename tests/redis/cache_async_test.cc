// The cache without a thread of its own: callbacks, coroutines, cancellation.
#include <gmock/gmock.h>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/deferred.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <exception>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cache_harness.h"
#include "holdfast/cache.h"
#include "holdfast/errors.h"
#include "support/clients.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using namespace std::chrono_literals;

class CacheAsyncTest : public ::testing::Test {
 protected:
  CacheAsyncTest() {
    const Client client = Must(Client::Create(io_.get_executor(), {.nodes = {server_.url()}}));
    cache_.emplace(Must(Cache::Create(client, {.prefix = "p:"})));
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

  absl::StatusOr<std::string> Compute(Cache::Compute compute) {
    std::optional<absl::StatusOr<std::string>> result;
    cache_->GetOrCompute("a", {.lock_ttl = 30s}, std::move(compute),
                         [&](absl::StatusOr<std::string> value) { result = std::move(value); });
    EXPECT_TRUE(RunUntil([&] { return result.has_value(); }));
    return *std::move(result);
  }
  bool Free() {
    return RunUntil([&] { return server_.Command({"EXISTS", "lock:compute:p:a"}) == "0"; });
  }

  RedisServer server_;
  asio::io_context io_;
  std::optional<Cache> cache_;
};

TEST_F(CacheAsyncTest, CallbacksRunLaterNeverInsideTheCall) {
  bool inside = true;
  int calls = 0;
  cache_->Set("a", "1", {}, [&](absl::StatusOr<bool> set) {
    EXPECT_FALSE(inside);
    EXPECT_THAT(set, Yields(true));
    ++calls;
  });
  cache_->Set("a", "1", {.ttl = 1h, .keep_ttl = true}, [&](absl::StatusOr<bool> set) {
    EXPECT_FALSE(inside) << "errors of the arguments, too";
    EXPECT_THAT(set, StatusIs(absl::StatusCode::kInvalidArgument));
    ++calls;
  });
  inside = false;
  EXPECT_TRUE(RunUntil([&] { return calls == 2; }));
}

TEST_F(CacheAsyncTest, FuturesAndDeferredOperations) {
  auto set = cache_->Set("a", "1", {}, asio::use_future);
  EXPECT_TRUE(RunUntil([&] { return set.wait_for(0s) == std::future_status::ready; }));
  std::optional<absl::StatusOr<std::optional<std::string>>> value;
  auto get = cache_->Get("a", asio::experimental::deferred);
  std::move(get)([&](auto result) { value = std::move(result); });
  EXPECT_TRUE(RunUntil([&] { return value.has_value(); }));
  EXPECT_EQ(Show(*value), "'1'");
}

// Too long to be kept within the string itself.
std::string Long(const char* start) { return start + std::string(60, '.'); }

// Every signature with temporaries in the expression of the co_await: gcc 12 destroys some kinds of
// them twice, which the address sanitizer shows.
asio::awaitable<void> CallValues(Cache cache) {
  constexpr auto use = asio::use_awaitable;
  EXPECT_THAT(co_await cache.Set(Long("a"), Long("1"), {.ttl = 1h, .only_if_absent = true}, use),
              Yields(true));
  EXPECT_EQ(Show(co_await cache.Get(Long("a"), use)), "'" + Long("1") + "'");
  EXPECT_THAT(co_await cache.SetMany(Entries().Add(Long("b"), Long("2")), {.ttl = 1h}, use),
              IsOk());
  const std::map<std::string, std::string> entries = {{Long("c"), Long("3")}};
  EXPECT_THAT(co_await cache.SetMany(entries, {}, use), IsOk());
  auto many = co_await cache.GetMany({Long("a"), Long("x")}, use);
  EXPECT_THAT(many, Yields(ElementsAre(Long("1"), std::nullopt)));
  auto there = co_await cache.ExistsMany({Long("a"), Long("x")}, use);
  EXPECT_THAT(there, Yields(ElementsAre(true, false)));
  EXPECT_THAT(co_await cache.Exists(Long("a"), use), Yields(true));
  EXPECT_THAT(co_await cache.Ttl(Long("x"), use), Yields(std::nullopt));
  EXPECT_THAT(co_await cache.Expire(Long("a"), 2h, use), Yields(true));
  EXPECT_THAT(co_await cache.ExpireAt(Long("a"), std::chrono::system_clock::now() + 2h, use),
              Yields(true));
  EXPECT_THAT(co_await cache.Persist(Long("a"), use), Yields(true));
  EXPECT_THAT(co_await cache.Remove(Long("a"), use), Yields(true));
  EXPECT_THAT(co_await cache.RemoveMany({Long("b"), Long("c")}, use), Yields(2));
  EXPECT_THAT(co_await cache.Increment(Long("n"), {.by = 2, .ttl = 1h}, use), Yields(2));
}

asio::awaitable<void> CallTheRest(Cache cache) {
  constexpr auto use = asio::use_awaitable;
  EXPECT_THAT(
      co_await cache.SetFields(Long("h"), Entries().Add(Long("f"), Long("1")), {.ttl = 1h}, use),
      Yields(1));
  EXPECT_EQ(Show(co_await cache.GetField(Long("h"), Long("f"), use)), "'" + Long("1") + "'");
  auto all = co_await cache.GetAll(Long("h"), use);
  EXPECT_THAT(all, Yields(ElementsAre(Pair(Long("f"), Long("1")))));
  EXPECT_THAT(co_await cache.RemoveFields(Long("h"), {Long("f"), Long("x")}, use), Yields(1));
  EXPECT_THAT(co_await cache.Ping(use), IsOk());
  const std::string text = Long("computed");
  EXPECT_THAT(co_await cache.GetOrCompute(
                  Long("c"), {.ttl = 1h}, [&](Cache::Done done) { done(text); }, use),
              Yields(text));
  auto compute = [text](Cache::Done done) { done(text); };
  EXPECT_THAT(co_await cache.GetOrCompute(Long("d"), {.ttl = 1h}, std::move(compute), use),
              Yields(text));
  auto keys = co_await cache.Scan(Long("c"), {.page = 10}, use);
  EXPECT_THAT(keys, Yields(ElementsAre(Long("c"))));
  EXPECT_THAT(co_await cache.Clear({.page = 10}, use), Yields(2));
}

TEST_F(CacheAsyncTest, CoroutinesMayUseTemporaries) {
  Run(CallValues(*cache_));
  EXPECT_EQ(server_.Command({"DEL", "p:" + Long("n")}), "1");
  Run(CallTheRest(*cache_));
}

TEST_F(CacheAsyncTest, ComputationMayBeAnsweredLaterByAnotherThread) {
  std::thread thread;
  const auto value = Compute([&](Cache::Done done) {
    thread = std::thread([done = std::move(done)]() mutable { done("1"); });
  });
  EXPECT_THAT(value, Yields("1"));
  thread.join();
  EXPECT_EQ(server_.Command({"GET", "p:a"}), "1");
}

TEST_F(CacheAsyncTest, OnlyTheFirstAnswerCounts) {
  const auto value = Compute([](Cache::Done done) {
    done("1");
    done("2");
  });
  EXPECT_THAT(value, Yields("1"));
  EXPECT_EQ(server_.Command({"GET", "p:a"}), "1");
}

TEST_F(CacheAsyncTest, ComputationThatNeverAnswersIsAnError) {
  EXPECT_THAT(Compute([](Cache::Done) {}), FailsAs(absl::IsCancelled));
  EXPECT_TRUE(Free());
}

TEST_F(CacheAsyncTest, ExceptionOfAComputationIsAnError) {
  EXPECT_THAT(Compute([](Cache::Done) { throw std::runtime_error("mine"); }),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("mine")));
  EXPECT_TRUE(Free());
  EXPECT_EQ(server_.Command({"GET", "p:a"}), "(nil)");
}

TEST_F(CacheAsyncTest, CancellationEndsTheWaitForAComputation) {
  const auto other = NewClient({.nodes = {server_.url()}});
  const auto held = Must(other.Acquire("compute:p:a", {.ttl = 30s}));
  asio::cancellation_signal signal;
  std::optional<absl::Status> end;
  cache_->GetOrCompute(
      "a", {.wait = kWaitForever}, [](Cache::Done) { ADD_FAILURE() << "computed"; },
      asio::bind_cancellation_slot(
          signal.slot(), [&](absl::StatusOr<std::string> value) { end = value.status(); }));
  EXPECT_TRUE(RunUntil([&] { return server_.CallsOf("get") > 1; }));
  EXPECT_FALSE(end.has_value());
  signal.emit(asio::cancellation_type::terminal);
  EXPECT_TRUE(RunUntil([&] { return end.has_value(); }));
  EXPECT_THAT(*end, FailsAs(absl::IsCancelled));
}

TEST_F(CacheAsyncTest, NothingIsLeftOnTheExecutorAtTheEnd) {
  EXPECT_THAT(Compute([](Cache::Done done) { done("1"); }), Yields("1"));
  cache_.reset();
  io_.restart();
  io_.run_for(kPatience);
  EXPECT_TRUE(io_.stopped()) << "something of the cache still keeps the loop busy";
}

}  // namespace
}  // namespace holdfast::testing
