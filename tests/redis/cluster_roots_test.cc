// How a client finds its cluster, and logs in there.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "redis/cluster_client.h"
#include "support/black_hole.h"
#include "support/certificates.h"
#include "support/socket.h"
#include "support/status_matchers.h"
#include "support/temp_dir.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::chrono_literals;

// A command to each master.
void ExpectServes(const BlockingRedis& redis) {
  for (const std::string key : {"a", "b", "c", "d"}) {
    EXPECT_EQ(TextOf(redis.Execute({"SET", key, "1"})), "OK");
  }
}

TEST(ClusterRootsTest, TheFirstRootThatAnswersDoes) {
  RedisCluster cluster(2, 0);
  RedisServer alone;
  const BlackHole silent(Hole::kAnswering);
  ExpectServes(NewRedis(ClusterOptions(
      {"redis://127.0.0.1:1", alone.url(), "redis://" + silent.address(), cluster[1].url()})));
}

TEST(ClusterRootsTest, RootsThatAreAllDeadAreNamedInTime) {
  RedisOptions options = ClusterOptions({"redis://127.0.0.1:1", "redis://u:s3cr3t@127.0.0.1:2"});
  options.command_timeout = 500ms;
  const BlockingRedis redis = NewRedis(options);
  EXPECT_TRUE(redis.is_open());
  const auto took = TimeOf([&] {
    const auto reply = redis.Execute({"GET", "a"});
    EXPECT_THAT(reply,
                StatusIs(absl::StatusCode::kUnavailable,
                         AllOf(HasSubstr("no node of the cluster can be reached: 127.0.0.1:1: "),
                               HasSubstr(", 127.0.0.1:2: "), Not(HasSubstr("s3cr3t")))));
    EXPECT_TRUE(WasNotSent(reply.status()));
  });
  EXPECT_THAT(took, Lt(kPatience));
  EXPECT_FALSE(redis.is_ready());
  EXPECT_THAT(redis.Nodes(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(redis.WatchKeys({"a"}), StatusIs(absl::StatusCode::kUnavailable));
}

TEST(ClusterRootsTest, ARootThatIsSilentIsNamedInTime) {
  const BlackHole silent(Hole::kAnswering);
  RedisOptions options = ClusterOptions({"redis://" + silent.address()});
  options.command_timeout = 500ms;
  EXPECT_THAT(NewRedis(options).Execute({"GET", "a"}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr(silent.address())));
}

TEST(ClusterRootsTest, AClientThatWasFirstFindsTheClusterLater) {
  RedisServer server({.cluster = true});
  RedisOptions options = ClusterOptions({server.url()});
  server.Kill();
  const BlockingRedis redis = NewRedis(options);
  server.Restart();
  ASSERT_EQ(server.Command({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"}), "OK");
  ExpectServes(redis);
  EXPECT_TRUE(redis.is_ready());
}

TEST(ClusterRootsTest, AServerInNoClusterIsRefusedAtOnce) {
  RedisServer alone;
  EXPECT_THAT(NewRedis(ClusterOptions({alone.url()})).Execute({"GET", "a"}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("cluster support")));
}

TEST(ClusterRootsTest, WhoeverIsToNeverReconnectIsToldAtOnce) {
  RedisOptions options = ClusterOptions({"redis://127.0.0.1:1"});
  options.reconnect = NeverReconnect();
  const BlockingRedis redis = NewRedis(options);
  EXPECT_THAT(redis.Execute({"GET", "a"}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("127.0.0.1:1")));
  EXPECT_TRUE(Eventually([&] { return !redis.is_open(); }));
}

TEST(ClusterRootsTest, WithoutAQueueCommandsFailUntilItIsReady) {
  RedisCluster cluster(1, 0);
  RedisOptions options = ClusterOptions(cluster.urls());
  options.offline_queue = false;
  const BlockingRedis redis = NewRedis(options);
  EXPECT_TRUE(Eventually([&] { return redis.Execute({"SET", "a", "1"}).ok(); }));
  cluster.Kill(0);
  ASSERT_TRUE(Eventually([&] { return !redis.is_ready(); }));
  const auto reply = redis.Execute({"SET", "a", "1"});
  EXPECT_TRUE(WasNotSent(reply.status())) << reply.status();
}

TEST(ClusterLoginTest, ThePasswordOfTheRootIsThatOfAllNodes) {
  RedisCluster cluster(2, 0, {.password = "s3cr3t"});
  ExpectServes(NewRedis(ClusterOptions({cluster[0].url(":s3cr3t@")})));
  RedisOptions options = ClusterOptions({cluster[0].url()});
  options.server.password = "s3cr3t";
  ExpectServes(NewRedis(options));
  EXPECT_THAT(NewRedis(ClusterOptions({cluster[0].url(":wrong@")})).Execute({"GET", "a"}),
              StatusIs(absl::StatusCode::kPermissionDenied,
                       AllOf(HasSubstr(cluster[0].address()), Not(HasSubstr("wrong@")))));
}

TEST(ClusterLoginTest, EachNodeCanHaveCredentialsOfItsOwn) {
  RedisCluster cluster(2, 0, {.password = "s3cr3t"});
  RedisOptions options = ClusterOptions({cluster[0].url()});
  for (int i = 0; i < 2; ++i) {
    const std::string name = "user" + std::to_string(i);
    cluster[i].Command({"ACL", "SETUSER", name, "on", ">pass" + name, "~*", "+@all"});
    options.cluster_credentials[cluster[i].address()] = {name, "pass" + name};
  }
  ExpectServes(NewRedis(options));
  options.cluster_credentials[cluster[1].address()].second = "wrong";
  const BlockingRedis redis = NewRedis(options);
  EXPECT_THAT(redis.Execute({"GET", KeyIn(16383)}), StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_EQ(TextOf(redis.Execute({"SET", KeyIn(0), "1"})), "OK");
}

TEST(ClusterLoginTest, NodesAreReachedWhereTheMapOfAddressesSays) {
  RedisCluster cluster(2, 0,
                       {.more = {"--cluster-announce-hostname", "node.invalid",
                                 "--cluster-preferred-endpoint-type", "hostname"}});
  RedisOptions options = ClusterOptions({cluster[0].url()});
  options.node_address = [](const Endpoint& announced) {
    Endpoint mapped;
    mapped.host = announced.host == "node.invalid" ? "127.0.0.1" : announced.host;
    mapped.port = announced.port;
    return mapped;
  };
  const BlockingRedis redis = NewRedis(options);
  ExpectServes(redis);
  EXPECT_THAT(redis.WatchKeys({"a"}), IsOk());
  for (const BlockingRedisNode& node : NodesOf(redis)) {
    EXPECT_THAT(node.address, StartsWith("node.invalid:")) << "as the cluster names it";
    EXPECT_EQ(TextOf(node.client.Execute({"CLUSTER", "MYID"})), node.id);
  }
  cluster.MigrateSlot(SlotOf("a"), cluster.MasterOf("a"), 1 - cluster.MasterOf("a"));
  ExpectServes(redis);
}

TEST(ClusterLoginTest, OneRootWithTlsIsEnoughForAllNodes) {
  const TempDir dir;
  const CertificateAuthority authority;
  const CertificateFiles files =
      WriteTo(dir, "node", authority.Issue({.names = {"localhost"}, .ips = {"127.0.0.1"}}));
  const std::string ca_file = authority.WriteTo(dir);
  RedisCluster cluster(2, 0,
                       {.tls_certificate_file = files.certificate,
                        .tls_key_file = files.key,
                        .tls_ca_file = ca_file});
  RedisOptions options = ClusterOptions({cluster.tls_urls()[0]});
  options.tls.ca_file = ca_file;
  options.tls.certificate_file = files.certificate;
  options.tls.key_file = files.key;
  const BlockingRedis redis = NewRedis(options);
  ExpectServes(redis);
  for (const BlockingRedisNode& node : NodesOf(redis)) {
    EXPECT_THAT(node.address, ::testing::AnyOf(cluster[0].tls_address(), cluster[1].tls_address()));
  }
}

}  // namespace
}  // namespace holdfast::testing
