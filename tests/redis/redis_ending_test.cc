// How a client ends, and what its callbacks may do to it; threads and fork(2).
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
#include <utility>
#include <vector>

#include "redis/redis_harness.h"
#include "support/black_hole.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::SizeIs;
using namespace std::chrono_literals;
using Kind = ConnectionEvent::Kind;

class RedisEndingTest : public ::testing::Test {
 protected:
  std::shared_ptr<std::optional<absl::Status>> StartQuit(DrivenRedis& redis) {
    auto result = std::make_shared<std::optional<absl::Status>>();
    redis->Quit([result](absl::Status status) { *result = std::move(status); });
    return result;
  }

  RedisServer server_{Durability::kNone};
};

TEST_F(RedisEndingTest, QuitLetsAllCommandsBeAnsweredAndTakesNoMore) {
  DrivenRedis redis({.url = server_.url()});
  const auto replies = std::make_shared<DrivenRedis::Replies>();
  for (int i = 0; i < 1000; ++i) redis.Start({"INCR", "n"}, replies);
  const auto quit = StartQuit(redis);
  const auto late = redis.Execute({"INCR", "n"});
  EXPECT_THAT(late, StatusIs(absl::StatusCode::kCancelled));
  EXPECT_TRUE(WasNotSent(late.status()));
  ASSERT_TRUE(redis.RunUntil([&] { return quit->has_value(); }));
  EXPECT_THAT(**quit, IsOk());
  ASSERT_THAT(*replies, SizeIs(1000));
  EXPECT_THAT(*replies, Each(IsOk()));
  EXPECT_EQ(server_.Command({"GET", "n"}), "1000");
  EXPECT_THAT(redis.events().names(), ElementsAre("connect", "ready", "end"));
  EXPECT_FALSE(redis->is_open());
  ASSERT_TRUE(redis.RunUntil([again = StartQuit(redis)] { return again->has_value(); }));
}

TEST_F(RedisEndingTest, QuitEndsEvenIfNobodyAnswers) {
  server_.Kill();
  DrivenRedis redis(
      {.url = server_.url(), .command_timeout = 100ms, .reconnect = ReconnectAfter(1h)});
  const auto replies = redis.Start({"INCR", "n"});
  ASSERT_TRUE(redis.AwaitEvent(Kind::kReconnecting));
  const auto quit = StartQuit(redis);
  ASSERT_TRUE(redis.RunUntil([&] { return quit->has_value(); }));
  ASSERT_THAT(*replies, SizeIs(1));
  EXPECT_TRUE(WasNotSent(replies->front().status()));
  EXPECT_THAT(redis.events().names(), ElementsAre("error", "reconnecting", "end"));
}

TEST_F(RedisEndingTest, DisconnectDropsWhatWaits) {
  DrivenRedis redis({.url = server_.url(), .command_timeout = 60s});
  ASSERT_TRUE(redis.AwaitReady());
  const auto replies = redis.Start({"BLPOP", "list", 0});
  ASSERT_TRUE(redis.RunUntil([&] {
    return server_.CallsOf("blpop") == 1 ||
           server_.Command({"CLIENT", "LIST"}).find("cmd=blpop") != std::string::npos;
  }));
  redis->Disconnect();
  ASSERT_TRUE(redis.RunUntil([&] { return !replies->empty(); }));
  EXPECT_THAT(replies->front(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_TRUE(MayHaveBeenExecuted(replies->front().status()));
  const auto late = redis.Execute({"PING"});
  EXPECT_THAT(late, StatusIs(absl::StatusCode::kCancelled, HasSubstr("disconnected")));
  EXPECT_TRUE(WasNotSent(late.status()));
  redis->Disconnect();
  EXPECT_THAT(redis.events().names(), ElementsAre("connect", "ready", "end"));
}

TEST_F(RedisEndingTest, LastCopyClosesTheConnectionAndLetsTheLoopEnd) {
  const Events events;
  asio::io_context io;
  std::vector<absl::Status> results;
  {
    auto redis =
        Redis::Create(io.get_executor(), {.url = server_.url(), .on_event = events.handler()});
    ASSERT_THAT(redis, IsOk());
    auto copy = std::make_unique<Redis>(*redis);
    while (!redis->is_ready()) io.run_one_for(1s);
    copy->Execute({"BLPOP", "list", 0},
                  [&](const absl::StatusOr<Reply>& reply) { results.push_back(reply.status()); });
  }
  EXPECT_THAT(TimeOf([&] {
                io.restart();
                io.run();
              }),
              Lt(4s));
  EXPECT_THAT(results, ElementsAre(StatusIs(absl::StatusCode::kCancelled)));
  EXPECT_THAT(events.names(), ElementsAre("connect", "ready", "end"));
}

TEST_F(RedisEndingTest, CallbacksOfEventsMayUseTheClient) {
  const Events events;
  const auto replies = std::make_shared<DrivenRedis::Replies>();
  DrivenRedis* redis = nullptr;
  DrivenRedis made({.url = server_.url(), .on_event = [&](const ConnectionEvent& event) {
                      events.handler()(event);
                      if (event.kind == Kind::kReady) redis->Start({"PING"}, replies);
                      if (event.kind == Kind::kReady) (*redis)->Disconnect();
                      if (event.kind == Kind::kEnd) redis->Start({"PING"}, replies);
                    }});
  redis = &made;
  ASSERT_TRUE(made.RunUntil([&] { return replies->size() == 2; }));
  EXPECT_THAT(events.names(), ElementsAre("connect", "ready", "end"));
}

TEST_F(RedisEndingTest, CallbacksMayDestroyTheLastCopy) {
  for (const Kind kind : {Kind::kConnect, Kind::kReady, Kind::kError, Kind::kReconnecting}) {
    const bool fails = kind == Kind::kError || kind == Kind::kReconnecting;
    const BlackHole nobody(Hole::kAnswering);
    const Events events;
    DrivenRedis* redis = nullptr;
    DrivenRedis made({.url = fails ? nobody.url() : server_.url(),
                      .connect_timeout = 50ms,
                      .reconnect = ReconnectAfter(5ms),
                      .on_event = [&](const ConnectionEvent& event) {
                        events.handler()(event);
                        if (event.kind == kind) redis->LetGo();
                      }});
    redis = &made;
    const auto replies = made.Start({"PING"});
    ASSERT_TRUE(made.RunUntil([&] { return events.Count(Kind::kEnd) == 1 && !replies->empty(); }))
        << EventName(kind);
  }
}

TEST_F(RedisEndingTest, HandlerOfACommandMayDestroyTheLastCopy) {
  DrivenRedis redis({.url = server_.url()});
  bool called = false;
  redis->Execute({"PING"}, [&](const absl::StatusOr<Reply>&) {
    called = true;
    redis.LetGo();
  });
  ASSERT_TRUE(redis.RunUntil([&] { return called; }));
  ASSERT_TRUE(redis.AwaitEvent(Kind::kEnd));
}

TEST_F(RedisEndingTest, StrategyMayDisconnect) {
  server_.Kill();
  DrivenRedis* redis = nullptr;
  std::thread::id asked;
  DrivenRedis made({.url = server_.url(), .reconnect = [&](int, const absl::Status&) {
                      asked = std::this_thread::get_id();
                      (*redis)->Disconnect();
                      return ReconnectDecision::After(1ms);
                    }});
  redis = &made;
  ASSERT_TRUE(made.AwaitEvent(Kind::kEnd));
  EXPECT_EQ(asked, std::this_thread::get_id());
  EXPECT_THAT(made.events().names(), ElementsAre("error", "reconnecting", "end"));
}

TEST_F(RedisEndingTest, CallbackOfABlockingClientMustNotWaitForIt) {
  std::promise<absl::Status> promise;
  const BlockingRedis redis = NewRedis(server_.url());
  redis.async().Execute({"PING"}, [&](const absl::StatusOr<Reply>&) {
    promise.set_value(redis.Execute({"PING"}).status());
  });
  EXPECT_THAT(promise.get_future().get(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(RedisEndingTest, EightThreadsOnALoopOfFour) {
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

TEST_F(RedisEndingTest, ForkedChildIsRefusedAndTheParentGoesOn) {
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
TEST_F(RedisEndingTest, ForkedChildThatRunsTheLoopLeavesTheConnectionAlone) {
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
