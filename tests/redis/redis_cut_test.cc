// A connection that is cut at every byte of a conversation, in both directions.
#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "redis/redis_harness.h"
#include "support/proxy.h"
#include "support/redis_server.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;
using namespace std::chrono_literals;

// What a client was told of the counter that it increments.
struct Told {
  int executed = 0;
  int maybe = 0;  // At most so many more.
  int answers = 0;
  int questions = 0;

  bool all_answered() const { return answers == questions; }

  void Add(const absl::Status& status, int increments) {
    ++answers;
    if (status.ok()) {
      executed += increments;
    } else {
      EXPECT_TRUE(MayHaveBeenExecuted(status)) << status << ": what was not sent is sent later";
      maybe += increments;
    }
  }
};

class RedisCutTest : public ::testing::TestWithParam<Direction> {
 protected:
  RedisCutTest() { server_.Command({"SET", "big", big_}); }

  static ProxyFaults CutAt(std::size_t position) {
    ProxyFaults faults;
    (GetParam() == Direction::kToTarget ? faults.cut_to_target : faults.cut_to_client) = position;
    faults.first_connection_only = true;
    return faults;
  }
  static RedisOptions Options(const Proxy& proxy) {
    RedisOptions options = Prompt("redis://:secret@" + proxy.address());
    options.reconnect = ReconnectAfter(0ms);
    options.client_name = "cut";
    options.command_timeout = kPatience;
    return options;
  }

  // The commands of the conversation.
  std::vector<std::function<void()>> Steps(Redis& redis, const std::string& key, Told& told) {
    const auto increment = [&redis, key, &told] {
      redis.Execute({"INCR", key},
                    [&told](const absl::StatusOr<Reply>& reply) { told.Add(reply.status(), 1); });
    };
    const auto get = [this, &redis, &told] {
      redis.Execute({"GET", "big"}, [this, &told](const absl::StatusOr<Reply>& reply) {
        told.Add(reply.status(), 0);
        EXPECT_EQ(reply.ok() ? std::string(reply->text()) : big_, big_);
      });
    };
    const auto transaction = [&redis, key, &told] {
      redis.Transaction(Batch().Add({"INCR", key}).Add({"INCR", key}),
                        [&told](const absl::StatusOr<std::vector<Reply>>& replies) {
                          told.Add(replies.status(), 2);
                          if (!replies.ok()) return;
                          ASSERT_EQ(replies->size(), 2U);
                          EXPECT_EQ((*replies)[1].integer(), (*replies)[0].integer() + 1);
                        });
    };
    return {increment, get, transaction, increment};
  }

  // False once the position is behind the conversation's end.
  bool Converse(std::size_t position, bool one_by_one) {
    Proxy proxy(server_.port(), CutAt(position));
    const std::string key = (one_by_one ? "one:" : "all:") + std::to_string(position);
    DrivenRedis redis(Options(proxy));
    Told told;
    for (const auto& step : Steps(*redis, key, told)) {
      ++told.questions;
      step();
      if (!one_by_one) continue;
      EXPECT_TRUE(redis.RunUntil([&] { return told.all_answered(); }));
    }
    EXPECT_TRUE(redis.RunUntil([&] { return told.all_answered(); }));
    EXPECT_TRUE(redis.RunUntil([&] { return redis.Execute({"PING"}).ok(); })) << "ready again";
    const std::string value = server_.Command({"GET", key});
    EXPECT_THAT(value == "(nil)" ? 0 : std::stoi(value),
                AllOf(Ge(told.executed), Le(told.executed + told.maybe)))
        << "cut at " << position;
    return proxy.connections() > 1;
  }

  // The number of positions.
  std::size_t CutEverywhere(bool one_by_one) {
    std::size_t position = 0;
    while (Converse(position, one_by_one) && !HasFailure()) ++position;
    return position;
  }

  const std::string big_ = std::string(300, 'x');
  RedisServer server_{{.durability = Durability::kNone, .password = "secret"}};
};

TEST_P(RedisCutTest, CommandsThatAreGivenTogether) { EXPECT_THAT(CutEverywhere(false), Ge(200U)); }

TEST_P(RedisCutTest, CommandsThatAreGivenOneAfterTheOther) {
  EXPECT_THAT(CutEverywhere(true), Ge(200U));
}

INSTANTIATE_TEST_SUITE_P(Directions, RedisCutTest,
                         ::testing::Values(Direction::kToTarget, Direction::kToClient),
                         [](const auto& test) {
                           return test.param == Direction::kToTarget ? "ToServer" : "ToClient";
                         });

}  // namespace
}  // namespace holdfast::testing
