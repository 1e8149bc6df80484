// Clients in several threads, and in a forked child.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "redis/redis_harness.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

class RedisThreadsTest : public ::testing::Test {
 protected:
  RedisServer server_{Durability::kNone};
};

TEST_F(RedisThreadsTest, EightThreadsOnALoopOfFour) {
  asio::io_context io;
  auto work = asio::make_work_guard(io);
  std::vector<std::thread> loop;
  for (int i = 0; i < 4; ++i) loop.emplace_back([&io] { io.run(); });
  auto redis = Redis::Create(io.get_executor(), Prompt(server_.url()));
  ASSERT_THAT(redis, IsOk());
  std::atomic<int> answered = 0;
  std::vector<std::thread> users;
  for (int i = 0; i < 8; ++i) {
    users.emplace_back([copy = *redis, &answered] {
      for (int n = 0; n < 100; ++n) {
        copy.Execute({"INCR", "n"}, [&](const absl::StatusOr<Reply>& reply) {
          if (reply.ok()) ++answered;
        });
        if (n % 10 == 0) static_cast<void>(copy.Pipeline({}, asio::use_future).get());
        static_cast<void>(copy.is_ready());
      }
    });
  }
  for (std::thread& user : users) user.join();
  const absl::Status quit = redis->Quit(asio::use_future).get();
  EXPECT_THAT(quit, IsOk());
  EXPECT_TRUE(Eventually([&] { return answered == 800; }));
  EXPECT_EQ(server_.Command({"GET", "n"}), "800");
  redis = absl::CancelledError();
  work.reset();
  for (std::thread& thread : loop) thread.join();
}

// TSan cannot follow a child that was forked while other threads ran.
#if !defined(HOLDFAST_TSAN)

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

bool RefusedIn(const BlockingRedis& redis) {
  const auto refused = [](const absl::Status& status) {
    return status.code() == absl::StatusCode::kFailedPrecondition;
  };
  return refused(redis.Execute({"INCR", "n"}).status()) &&
         refused(redis.Pipeline(Batch().Add({"INCR", "n"})).front().status()) &&
         refused(redis.Transaction(Batch().Add({"INCR", "n"})).status()) &&
         refused(redis.WatchKeys({"n"}).status()) &&
         refused(redis.Run(Script("return 1"), {}, {}).status()) &&
         refused(redis.Nodes().status()) && refused(redis.Quit());
}

TEST_F(RedisThreadsTest, ForkedChildIsRefusedAndTheParentGoesOn) {
  std::optional<BlockingRedis> redis = NewRedis(server_.url());
  ASSERT_THAT(redis->Execute({"INCR", "n"}), IsOk());
  auto watch = std::make_optional(redis->WatchKeys({"n"}));
  ASSERT_THAT(*watch, IsOk());
  const pid_t child = fork();
  if (child == 0) {
    const bool refused = RefusedIn(*redis) && !(*watch)->Execute({"GET", "n"}).ok();
    redis->Disconnect();
    watch.reset();
    redis.reset();
    _exit(refused ? 0 : 1);
  }
  EXPECT_EQ(StatusOf(child), 0);
  EXPECT_EQ(redis->Execute({"INCR", "m"})->integer(), 1);
  const auto replies = (*watch)->Transaction(Batch().Add({"INCR", "n"}));
  ASSERT_THAT(replies, IsOk());
  EXPECT_TRUE(replies->has_value());
}

// A child that goes on with its parent's loop.
TEST_F(RedisThreadsTest, ForkedChildThatRunsTheLoopLeavesTheConnectionAlone) {
  DrivenRedis redis(Prompt(server_.url()));
  ASSERT_TRUE(redis.AwaitReady());
  const auto replies = redis.Start({"BLPOP", "list", 0});
  ASSERT_TRUE(redis.RunUntil([&] {
    return server_.Command({"CLIENT", "LIST"}).find("cmd=blpop") != std::string::npos;
  }));
  const pid_t child = fork();
  if (child == 0) {
    redis->Disconnect();
    redis.LetGo();
    redis.io().restart();
    redis.io().run_for(100ms);
    _exit(replies->empty() ? 0 : 1);
  }
  EXPECT_EQ(StatusOf(child), 0);
  ASSERT_EQ(server_.Command({"RPUSH", "list", "x"}), "1");
  ASSERT_TRUE(redis.RunUntil([&] { return !replies->empty(); }));
  EXPECT_THAT(replies->front(), IsOk());
  EXPECT_THAT(redis.events().names(), ElementsAre("connect", "ready"));
}

#endif

}  // namespace
}  // namespace holdfast::testing
