// Subscriptions in a forked child: they work in its parent only.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "holdfast/redis.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

class SubscribeForkTest : public ::testing::Test {
 protected:
  template <class Condition>
  bool RunUntil(Condition condition) {
    return Eventually([&] {
      io_.run_for(1ms);
      return condition();
    });
  }
  std::optional<absl::StatusOr<Subscription>> Subscribe() {
    const auto result = std::make_shared<std::optional<absl::StatusOr<Subscription>>>();
    redis_->Subscribe(
        "a", [this](const Message&) { ++heard_; },
        [result](absl::StatusOr<Subscription> made) { result->emplace(std::move(made)); });
    RunUntil([&] { return result->has_value(); });
    return std::move(*result);
  }

  RedisServer server_{Durability::kNone};
  asio::io_context io_{1};
  absl::StatusOr<Redis> redis_ = Redis::Create(io_.get_executor(), {.url = server_.url()});
  int heard_ = 0;
};

// The child runs the parent's loop for a while, and lets its subscription go: neither takes a
// message from the parent, or its subscription.
TEST_F(SubscribeForkTest, TheChildIsRefusedAndTheParentHearsOn) {
  ASSERT_THAT(redis_, IsOk());
  auto subscription = Subscribe();
  ASSERT_THAT(*subscription, IsOk());
  const pid_t child = fork();
  if (child == 0) {
    const auto refused = Subscribe();
    subscription.reset();
    io_.run_for(100ms);
    _exit(refused && absl::IsFailedPrecondition(refused->status()) ? 0 : 1);
  }
  int status = -1;
  const bool ended = Eventually([&] { return waitpid(child, &status, WNOHANG) == child; });
  if (!ended) kill(child, SIGKILL);
  EXPECT_EQ(status, 0);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(server_.Command({"PUBLISH", "a", "x"}), "1");
    EXPECT_TRUE(RunUntil([&] { return heard_ == i; }));
  }
}

}  // namespace
}  // namespace holdfast::testing
