// A client in a forked child: it works in its parent only.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <future>
#include <optional>
#include <string>

#include "holdfast/blocking.h"
#include "holdfast/client.h"
#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

// TSan cannot follow a child that was forked while other threads ran.
#if !defined(HOLDFAST_TSAN)

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

// What the child found wrong is its exit status.
enum Finding { kFine, kAcquired, kInspected, kExtended, kReleased };

bool Refused(const absl::Status& status) {
  return status.code() == absl::StatusCode::kFailedPrecondition;
}

Finding UseInChild(const BlockingClient& client, BlockingLock& lock) {
  if (!Refused(client.Acquire("b").status())) return kAcquired;
  if (!Refused(client.Inspect("b").status())) return kInspected;
  if (!Refused(lock.Extend(20s))) return kExtended;
  if (!Refused(lock.Release())) return kReleased;
  return kFine;
}

// The exit status of `child`, which is killed when it does not end.
int StatusOf(pid_t child) {
  int status = -1;
  if (!Eventually([&] { return waitpid(child, &status, WNOHANG) == child; })) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    ADD_FAILURE() << "the child hangs";
  }
  return status;
}

class ForkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto lock = client_->Acquire("a", {.ttl = 20s});
    ASSERT_THAT(lock, IsOk());
    lock_.emplace(*std::move(lock));
    ASSERT_TRUE(Eventually([this] { return nodes_.CountWith("lock:a") == 3; }));
  }

  void ExpectStillHeld() {
    EXPECT_EQ(nodes_.CountWith("lock:a"), 3);
    EXPECT_THAT(lock_->Extend(20s), IsOk());
    EXPECT_THAT(lock_->Release(), IsOk());
  }

  Nodes nodes_{3};
  std::optional<BlockingClient> client_ = NewClient(nodes_);
  std::optional<BlockingLock> lock_;
};

TEST_F(ForkTest, EveryOperationFailsInTheChild) {
  const pid_t child = fork();
  if (child == 0) _exit(UseInChild(*client_, *lock_));
  EXPECT_EQ(StatusOf(child), kFine << 8);
  ExpectStillHeld();
}

TEST_F(ForkTest, DestructionInTheChildReleasesNothing) {
  const pid_t child = fork();
  if (child == 0) {
    lock_.reset();
    client_.reset();
    _exit(0);
  }
  EXPECT_EQ(StatusOf(child), 0);
  ExpectStillHeld();
}

TEST_F(ForkTest, ChildMakesAClientOfItsOwn) {
  const pid_t child = fork();
  if (child == 0) {
    const BlockingClient own = NewClient(nodes_, "child");
    const bool held = IsHeld(own.Acquire("a").status());
    const bool free = own.Acquire("b").ok();
    _exit(held && free ? 0 : 1);
  }
  EXPECT_EQ(StatusOf(child), 0);
  ExpectStillHeld();
}

bool AcquiresByFuture(const std::string& url) {
  asio::io_context io;
  auto client = Client::Create(io.get_executor(), {.nodes = {url}});
  if (!client.ok()) return false;
  auto lock = client->Acquire("c", {.wait = kPatience}, asio::use_future);
  const auto ready = [&] {
    io.restart();
    io.poll();
    return lock.wait_for(0s) == std::future_status::ready;
  };
  return Eventually(ready, kPatience / 2) && lock.get().ok();
}

// A future must not be fulfilled by threads that only the parent has.
TEST(ForkedFutures, AreFulfilledAlsoWhenTheParentUsedSome) {
  const RedisServer node;
  EXPECT_TRUE(AcquiresByFuture(node.url()));
  const pid_t child = fork();
  if (child == 0) _exit(AcquiresByFuture(node.url()) ? 0 : 1);
  EXPECT_EQ(StatusOf(child), 0);
}

}  // namespace
}  // namespace holdfast::testing

#endif  // !defined(HOLDFAST_TSAN)
