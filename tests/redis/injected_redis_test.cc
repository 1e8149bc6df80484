// The Redis client while one step of its conversations with a server fails.
#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "redis/injected_harness.h"
#include "redis/redis_harness.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::Ge;
using namespace std::chrono_literals;

class InjectedRedisTest : public ::testing::TestWithParam<StepFault> {
 protected:
  RedisOptions Options(const FaultProxy& proxy) const {
    RedisOptions options = Prompt("redis://:secret@" + proxy.address() + "/3");
    options.client_name = "injected";
    options.connect_timeout = options.command_timeout = TimeoutFor(GetParam());
    return options;
  }

  template <class Call>
  auto Try(FaultProxy& proxy, Call call) {
    return InTime(proxy, GetParam(), std::move(call));
  }

  // As the server has it, in the database of the client.
  std::string Value(const std::string& key) {
    RedisConnection connection = server_.Connect();
    connection.Command({"SELECT", "3"});
    return connection.Command({"GET", key});
  }

  void IncrementInAllWays(FaultProxy& proxy, const BlockingRedis& redis, const std::string& key,
                          CounterTally& tally) {
    const auto two = Batch().Add({"INCR", key}).Add({"INCR", key});
    tally.Add(Try(proxy, [&] { return redis.Execute({"INCR", key}); }).status());
    for (const auto& reply : Try(proxy, [&] { return redis.Pipeline(two); })) {
      tally.Add(reply.status());
    }
    tally.Add(Try(proxy, [&] { return redis.Transaction(two); }).status(), 2);
    server_.Connect().Command({"SCRIPT", "FLUSH"});  // So it takes two commands.
    tally.Add(Try(proxy, [&] { return redis.Run(script_, {key}, {}); }).status());
  }

  // On a connection of its own, which is not made anew.
  void IncrementWatched(FaultProxy& proxy, const BlockingRedis& redis, const std::string& key,
                        CounterTally& tally) {
    const auto watch = Try(proxy, [&] { return redis.WatchKeys({key}); });
    if (!watch.ok()) return;
    const auto one = Batch().Add({"INCR", key});
    tally.Add(Try(proxy, [&] { return watch->Transaction(one); }).status());
  }

  // On a connection of its own, which comes back.
  void Listen(FaultProxy& proxy, const BlockingRedis& redis, const std::string& channel) {
    // A call of the handler may be under way when the subscription has ended.
    const auto heard = std::make_shared<std::atomic<int>>(0);
    const auto subscription =
        Try(proxy, [&] { return redis.Subscribe(channel, [heard](const Message&) { ++*heard; }); });
    if (!subscription.ok()) return;
    EXPECT_TRUE(InTheEnd(proxy, [&] {
      server_.Connect().Command({"PUBLISH", channel, "text"});
      return *heard > 0;
    }));
  }

  bool Converse(int step) {
    const std::string key = "counter:" + std::to_string(step);
    FaultProxy proxy(server_.port(), GetParam(), step);
    CounterTally tally;
    {
      const BlockingRedis redis = NewRedis(Options(proxy));
      IncrementInAllWays(proxy, redis, key, tally);
      IncrementWatched(proxy, redis, key, tally);
      Listen(proxy, redis, key);
      EXPECT_TRUE(InTheEnd(proxy, [&] { return redis.Execute({"PING"}).ok(); })) << "ready again";
      tally.Check(Value(key));
    }
    ExpectNoConnection(proxy);
    return proxy.fired();
  }

  const Script script_{"return redis.call('INCR', KEYS[1])"};
  RedisServer server_{{.durability = Durability::kNone, .password = "secret"}};
};

TEST_P(InjectedRedisTest, EachStepMayFail) {
  EXPECT_THAT(AtEachStep([this](int step) { return Converse(step); }), Ge(40));
}

INSTANTIATE_TEST_SUITE_P(Faults, InjectedRedisTest, ::testing::ValuesIn(kStepFaults),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace holdfast::testing
