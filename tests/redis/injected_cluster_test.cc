// The client of a cluster while one step of its conversations with one of the nodes fails.
#include <gmock/gmock.h>

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "redis/cluster_client.h"
#include "redis/injected_harness.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

// Node 0 tells who the others are, and sends on to node 1: for good where a slot was moved, and for
// keys that it has not got where one is on its way.
class InjectedClusterTest : public ::testing::TestWithParam<StepFault> {
 protected:
  using Tallies = std::map<std::string, CounterTally>;  // By key.

  static constexpr int kAsked = 100;
  static constexpr int kFirstMoved = 200;
  static constexpr int kOfNode[] = {0, 8'000, 16'000};

  InjectedClusterTest() { cluster_.BeginMigration(kAsked, 0, 1); }

  // The proxy stands in front of `node`, who is the first to be asked for the others.
  RedisOptions Options(const FaultProxy& proxy, int node) {
    std::vector<std::string> roots = cluster_.urls();
    std::swap(roots[0], roots[static_cast<std::size_t>(node)]);
    roots[0] = proxy.url();
    RedisOptions options = ClusterOptions(std::move(roots));
    options.node_address = [real = cluster_[node].port(),
                            port = proxy.port()](const Endpoint& announced) {
      Endpoint endpoint = announced;
      if (endpoint.port == real) endpoint.port = port;
      return endpoint;
    };
    options.connect_timeout = options.command_timeout = TimeoutFor(GetParam());
    options.reconnect = ReconnectAfter(5ms);
    return options;
  }

  template <class Call>
  auto Try(FaultProxy& proxy, Call call) {
    return InTime(proxy, GetParam(), std::move(call));
  }

  // Another slot each time. All nodes are told, so there is nothing to wait for.
  void MoveSlot(int slot) {
    const std::lock_guard lock(mutex_);
    cluster_.BeginMigration(slot, 0, 1);
    cluster_.MoveKeys(slot, 0, 1);
    for (const int node : {1, 0, 2}) {
      EXPECT_EQ(cluster_[node].Command(
                    {"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", cluster_.id(1)}),
                "OK");
    }
  }

  void Increment(FaultProxy& proxy, const BlockingRedis& redis, Tallies& tallies,
                 const std::string& key) {
    tallies[key].Add(Try(proxy, [&] { return redis.Execute({"INCR", key}); }).status());
  }

  void IncrementTogether(FaultProxy& proxy, const BlockingRedis& redis, Tallies& tallies) {
    Batch batch;
    for (const auto& [key, tally] : tallies) batch.Add({"INCR", key});
    const auto replies = Try(proxy, [&] { return redis.Pipeline(batch); });
    ASSERT_EQ(replies.size(), tallies.size());
    auto reply = replies.begin();
    for (auto& [key, tally] : tallies) tally.Add((reply++)->status());
  }

  // Once the client has recovered.
  static std::string Get(FaultProxy& proxy, const BlockingRedis& redis, const std::string& key) {
    absl::StatusOr<Reply> value = absl::UnknownError("not asked");
    const auto answers = [&] { return (value = redis.Execute({"GET", key})).ok(); };
    EXPECT_TRUE(InTheEnd(proxy, answers)) << value.status();
    return value.ok() ? std::string(value->text()) : "";
  }

  bool Converse(int node, int step) {
    const std::string name = "step:" + std::to_string(step) + ":";
    const int moved = kFirstMoved + step;
    FaultProxy proxy(cluster_[node].port(), GetParam(), step);
    Tallies tallies;
    {
      const BlockingRedis redis = NewRedis(Options(proxy, node));
      Increment(proxy, redis, tallies, KeyIn(moved, name));
      MoveSlot(moved);
      Increment(proxy, redis, tallies, KeyIn(moved, name));
      Increment(proxy, redis, tallies, KeyIn(kAsked, name));
      for (const int slot : kOfNode) Increment(proxy, redis, tallies, KeyIn(slot, name));
      IncrementTogether(proxy, redis, tallies);
      for (const auto& [key, tally] : tallies) tally.Check(Get(proxy, redis, key));
    }
    ExpectNoConnection(proxy);
    return proxy.fired();
  }

  void ExpectEachStepMayFail(int node) {
    EXPECT_THAT(AtEachStep([&](int step) { return Converse(node, step); }), Ge(15));
    const std::string errors = cluster_[0].Command({"INFO", "errorstats"});
    EXPECT_THAT(errors, AllOf(HasSubstr("errorstat_MOVED:"), HasSubstr("errorstat_ASK:")));
  }

  RedisCluster cluster_{3, 0};
  std::mutex mutex_;  // Of the cluster's own connections.
};

TEST_P(InjectedClusterTest, EachStepWithANodeThatRedirectsMayFail) { ExpectEachStepMayFail(0); }

TEST_P(InjectedClusterTest, EachStepWithANodeThatIsRedirectedToMayFail) {
  ExpectEachStepMayFail(1);
}

INSTANTIATE_TEST_SUITE_P(Faults, InjectedClusterTest, ::testing::ValuesIn(kStepFaults),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace holdfast::testing
