// Clusters that have one vote each.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "holdfast/errors.h"
#include "redis/cluster_locks.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::SizeIs;
using namespace std::chrono_literals;

bool Has(RedisServer& server, const std::string& key) {
  return server.Command({"EXISTS", key}) == "1";
}

// Clusters of one server.
ClientOptions OptionsOf(const std::vector<RedisCluster*>& clusters, const std::string& owner) {
  ClientOptions options{.owner = owner, .new_installation = true};
  for (const RedisCluster* cluster : clusters) options.clusters.push_back(cluster->urls());
  return options;
}

TEST(ClusterVotersTest, ThreeClustersAreThreeVotes) {
  RedisCluster one(1, 0);
  RedisCluster two(1, 0);
  RedisCluster three(1, 0);
  const BlockingClient client = NewLockClient(OptionsOf({&one, &two, &three}, "alice"));
  const BlockingClient other = NewLockClient(OptionsOf({&one, &two, &three}, "bob"));
  auto lock = client.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  for (RedisCluster* cluster : {&one, &two, &three}) {
    EXPECT_TRUE(Eventually([&] { return Has((*cluster)[0], "{fjl}lock:a"); }));
  }
  EXPECT_THAT(other.Acquire("a"), FailsAs(IsHeld));
  three.Kill(0);
  EXPECT_THAT(lock->Extend(10s), IsOk()) << "two of three";
  EXPECT_THAT(lock->Release(), IsOk());
  EXPECT_THAT(other.Acquire("a", {.wait = kPatience}), IsOk());
}

TEST(ClusterVotersTest, AServerAndTwoClustersAreThreeVotes) {
  RedisServer server;
  RedisCluster one(1, 0);
  RedisCluster two(1, 0);
  ClientOptions options = OptionsOf({&one, &two}, "alice");
  options.nodes = {server.url()};
  const BlockingClient client = NewLockClient(options);
  options.owner = "bob";
  const BlockingClient other = NewLockClient(options);
  const auto nodes = client.Nodes();
  ASSERT_THAT(nodes, IsOk());
  ASSERT_THAT(*nodes, SizeIs(3));
  EXPECT_EQ((*nodes)[0].node, server.address());
  const auto lock = client.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  EXPECT_TRUE(Eventually([&] { return Has(server, "lock:a"); }));
  EXPECT_TRUE(Eventually([&] { return Has(one[0], "{fjl}lock:a") && Has(two[0], "{fjl}lock:a"); }));
  const auto refused = other.Acquire("a");
  ASSERT_THAT(refused, FailsAs(IsHeld));
  EXPECT_EQ(GetFailure(refused.status())->holder, "alice");
}

}  // namespace
}  // namespace holdfast::testing
