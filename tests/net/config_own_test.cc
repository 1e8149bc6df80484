// Files in our own shape.
#include <chrono>
#include <string>

#include "net/config_expect.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using testing::DataOf;
using ::testing::ElementsAre;
using testing::ErrorOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MustParse;

TEST(ConfigOwnTest, AllOptionsOfTheLocksAreRead) {
  const Config config = MustParse(R"(
nodes:
  - redis://a
  - {host: b, port: 6380, username: u, password: "p w", database: 2, tls: true}
  - url: redis://c:7000
    password: p
  - path: /run/redis.sock
tls: {caFile: /etc/ca.pem, certFile: c.pem, keyFile: k.pem, serverName: n, unsafeSkipVerification: true}
keyPrefix: "my:"
owner: me
label: here
clientName: app
maxTtl: 1m
connectTimeout: 250
commandTimeout: 1s
driftFactor: 0.05
tolerateForgetful: 1
fencing: false
trustPersistence: false
newInstallation: true
membership: all four
)");
  const ClientOptions& locks = config.locks;
  EXPECT_THAT(locks.nodes, ElementsAre("redis://a:6379", "rediss://u:p%20w@b:6380/2",
                                       "redis://:p@c:7000", "unix:///run/redis.sock"));
  EXPECT_EQ(locks.tls.ca_file, "/etc/ca.pem");
  EXPECT_EQ(locks.tls.certificate_file, "c.pem");
  EXPECT_EQ(locks.tls.key_file, "k.pem");
  EXPECT_EQ(locks.tls.server_name, "n");
  EXPECT_TRUE(locks.tls.unsafe_skip_verification);
  EXPECT_EQ(locks.key_prefix, "my:");
  EXPECT_EQ(locks.owner, "me");
  EXPECT_EQ(locks.label, "here");
  EXPECT_EQ(locks.client_name, "app");
  EXPECT_EQ(locks.max_ttl, 1min);
  EXPECT_EQ(locks.connect_timeout, 250ms);
  EXPECT_EQ(locks.command_timeout, 1s);
  EXPECT_EQ(locks.drift_factor, 0.05);
  EXPECT_EQ(locks.tolerate_forgetful, 1);
  EXPECT_FALSE(locks.fencing);
  EXPECT_FALSE(locks.trust_persistence);
  EXPECT_TRUE(locks.new_installation);
  EXPECT_EQ(locks.membership, "all four");
  EXPECT_FALSE(locks.cache.has_value());
}

TEST(ConfigOwnTest, HowLocksAreTakenIsRead) {
  const Config config = MustParse(R"(
lock: {ttl: 20s, wait: 1h, retryDelay: 50ms, retryJitter: 0, maxAttempts: 3, autoExtend: true, maxHold: 2m}
atomize: {channel: orders, ttl: 2s, wait: 500, maxHold: 10s, retryDelay: 20, retryJitter: 10}
)");
  EXPECT_EQ(config.lock.ttl, 20s);
  EXPECT_EQ(config.lock.wait, 1h);
  EXPECT_EQ(config.lock.retry_delay, 50ms);
  EXPECT_EQ(config.lock.retry_jitter, 0ms);
  EXPECT_EQ(config.lock.max_attempts, 3);
  EXPECT_TRUE(config.lock.auto_extend);
  EXPECT_EQ(config.lock.max_hold, 2min);
  EXPECT_THAT(config.atomize.channel.list(), ElementsAre("orders"));
  EXPECT_EQ(config.atomize.ttl, 2s);
  EXPECT_EQ(config.atomize.wait, 500ms);
  EXPECT_EQ(config.atomize.max_hold, 10s);
  EXPECT_EQ(config.atomize.retry_delay, 20ms);
  EXPECT_EQ(config.atomize.retry_jitter, 10ms);
}

TEST(ConfigOwnTest, DefaultsKeepToTheBoundOnTtls) {
  const Config config = MustParse("maxTtl: 3s\n");
  EXPECT_EQ(config.lock.ttl, 3s);
  EXPECT_EQ(config.atomize.ttl, 3s);
  EXPECT_THAT(ErrorOf("lock: {ttl: 4s}\nmaxTtl: 3s\n"),
              HasSubstr("test.yaml:1: ttl: must be a duration from 10ms to 3s"));
}

TEST(ConfigOwnTest, TheCacheHasAServerOfItsOwn) {
  const Config config = MustParse(R"(
nodes: [redis://a, redis://b, redis://c]
clientName: app
tls: {ca: CA}
cache:
  url: rediss://d/3
  username: u
  password: p
  prefix: "app:"
  ttl: 10m
  commandTimeout: 300ms
  pingInterval: 0
  keepAlive: 0
  reconnect: 2s
  maxQueued: 0
  maxReplyBytes: 2048
  maxReplyElements: 10
)");
  const RedisOptions redis = DataOf(config);
  EXPECT_EQ(redis.server,
            (Endpoint{.host = "d", .tls = true, .username = "u", .password = "p", .database = 3}));
  EXPECT_EQ(redis.tls.ca, "CA");
  EXPECT_EQ(redis.client_name, "app");
  EXPECT_EQ(redis.command_timeout, 300ms);
  EXPECT_EQ(redis.ping_interval, 0ms);
  EXPECT_EQ(redis.keep_alive, 0ms);
  EXPECT_EQ(redis.reconnect(5, {}).pause(), 2s);
  EXPECT_EQ(redis.max_queued, 0U);
  EXPECT_EQ(redis.max_reply_bytes, 2048U);
  EXPECT_EQ(redis.max_reply_elements, 10U);
  EXPECT_EQ(config.cache.prefix, "app:");
  EXPECT_EQ(config.cache.ttl, 10min);
}

TEST(ConfigOwnTest, ACacheOnTheOnlyNodeNeedsNoAddress) {
  const Config config = MustParse("nodes: ['redis://:p@a/2']\ncache: {commandTimeout: 1s}\n");
  EXPECT_EQ(DataOf(config).server, (Endpoint{.host = "a", .password = "p", .database = 2}));
  EXPECT_EQ(ErrorOf("nodes: [redis://a, redis://b]\ncache: {commandTimeout: 1s}\n"),
            "test.yaml:2: cache: has no url, host, path or cluster");
}

TEST(ConfigOwnTest, PrefixAndTtlDoNotMakeAServer) {
  const Config config = MustParse("nodes: [redis://a, redis://b]\ncache: {prefix: x, ttl: 0}\n");
  EXPECT_FALSE(config.locks.cache.has_value());
  EXPECT_EQ(config.cache.prefix, "x");
}

TEST(ConfigOwnTest, AClusterIsRead) {
  const Config config = MustParse(R"(
cluster: [rediss://u:p@a:7000, {host: b, port: 7001}]
cache:
  readFromReplicas: true
  maxRedirections: 3
  clusterCredentials: {"c:7002": {username: x, password: y}}
  nodeAddressMap: {"10.0.0.1:7000": {host: a, port: 7000}}
  tls: {caFile: ca.pem}
)");
  const RedisOptions redis = DataOf(config);
  EXPECT_THAT(redis.cluster, ElementsAre("rediss://u:p@a:7000", "redis://b:7001"));
  EXPECT_EQ(redis.server.password, "p") << "the login of the first is that of all";
  EXPECT_TRUE(redis.server.tls);
  EXPECT_TRUE(redis.read_from_replicas);
  EXPECT_EQ(redis.max_redirections, 3);
  EXPECT_EQ(redis.cluster_credentials.at("c:7002").second, "y");
  EXPECT_EQ(redis.node_address({.host = "10.0.0.1", .port = 7000}).host, "a");
  EXPECT_EQ(redis.tls.ca_file, "ca.pem");
  EXPECT_THAT(config.locks.nodes, IsEmpty());
  EXPECT_THAT(config.locks.clusters, ElementsAre(redis.cluster)) << "the place of the locks, too";
  const Config data = MustParse("cache: {cluster: ['redis://a']}");
  EXPECT_THAT(DataOf(data).cluster, ElementsAre("redis://a:6379"));
  EXPECT_THAT(data.locks.clusters, IsEmpty());
}

TEST(ConfigOwnTest, BesideNodesAClusterIsForData) {
  const Config config = MustParse("nodes: [redis://a]\ncluster: [redis://b]\n");
  EXPECT_THAT(config.locks.nodes, ElementsAre("redis://a:6379"));
  EXPECT_THAT(config.locks.clusters, IsEmpty());
  EXPECT_THAT(DataOf(config).cluster, ElementsAre("redis://b:6379"));
}

TEST(ConfigOwnTest, ClustersSeatsGroupsAndZonesAreRead) {
  const Config config = MustParse(R"(
clusters: [["redis://:p@a", {host: b, port: 7001}]]
seats: 5
groups: 4
zones: {"a:6379": north, "b:7001": south}
clusterNodeTimeout: 5s
)");
  EXPECT_THAT(config.locks.clusters,
              ElementsAre(ElementsAre("redis://:p@a:6379", "redis://b:7001")));
  EXPECT_EQ(config.locks.seats, 5);
  EXPECT_EQ(config.locks.groups, 4);
  EXPECT_EQ(config.locks.zones.at("b:7001"), "south");
  EXPECT_EQ(config.locks.cluster_node_timeout, 5s);
  EXPECT_FALSE(config.locks.cache.has_value());
}

TEST(ConfigOwnTest, ACacheOnTheOnlyClusterNeedsNoAddress) {
  const Config config = MustParse("clusters: [['redis://:p@a']]\ncache: {commandTimeout: 1s}\n");
  EXPECT_THAT(DataOf(config).cluster, ElementsAre("redis://:p@a:6379"));
  EXPECT_EQ(DataOf(config).server.password, "p");
  EXPECT_EQ(ErrorOf("clusters: [[redis://a], [redis://b]]\ncache: {commandTimeout: 1s}\n"),
            "test.yaml:2: cache: has no url, host, path or cluster");
}

TEST(ConfigOwnTest, BadVotersAreNamed) {
  EXPECT_EQ(ErrorOf("clusters: redis://a\n"),
            "test.yaml:1: clusters: must be a list of 1 to 15 clusters, each a list of some of its "
            "nodes");
  EXPECT_EQ(ErrorOf("clusters:\n  - redis://a\n"),
            "test.yaml:2: a cluster: must be a list of 1 to 100 nodes");
  EXPECT_EQ(ErrorOf("clusters:\n  - [redis://a]\n  - []\n"),
            "test.yaml:3: a cluster: must be a list of 1 to 100 nodes");
  EXPECT_EQ(ErrorOf("clusters: [[redis://a/3]]\n"),
            "test.yaml:1: a cluster's node has a host, and no database but 0");
  EXPECT_EQ(ErrorOf("cluster: [redis://a]\nseats: 8\n"),
            "test.yaml:2: seats: must be a whole number from 1 to 7");
  EXPECT_EQ(ErrorOf("cluster: [redis://a]\ngroups: 0\n"),
            "test.yaml:2: groups: must be a whole number from 1 to 16");
  EXPECT_EQ(ErrorOf("zones: [a]\n"),
            "test.yaml:1: zones: must be a map from \"host:port\" to a label");
  EXPECT_EQ(ErrorOf("nodes: [redis://a]\nseats: 5\n"),
            "test.yaml: seats can only be set for one cluster without nodes: else each node and "
            "each cluster has one vote");
}

TEST(ConfigOwnTest, OneServerOrAClusterNotBoth) {
  EXPECT_EQ(ErrorOf("cluster: [redis://a]\ncache: {url: redis://b}\n"),
            "test.yaml:2: cache: one server or a cluster, not both");
  EXPECT_EQ(ErrorOf("cluster: [redis://a]\ncache: {cluster: [redis://b]}\n"),
            "test.yaml:2: cluster: also given at the top");
  EXPECT_EQ(ErrorOf("cluster: [redis://a]\ncache: {database: 3}\n"),
            "test.yaml:2: database: a cluster has no database but 0");
  EXPECT_EQ(ErrorOf("cluster:\n  - redis://a/3\n"),
            "test.yaml:2: a cluster's node has a host, and no database but 0");
}

TEST(ConfigOwnTest, JsonIsReadAlike) {
  const Config config = MustParse(R"({
	"nodes": ["redis:\/\/a", {"host": "b", "port": 6380}],
	"maxTtl": "20s",
	"fencing": true,
	"owner": "caf\u00e9"
})");
  EXPECT_THAT(config.locks.nodes, ElementsAre("redis://a:6379", "redis://b:6380"));
  EXPECT_EQ(config.locks.max_ttl, 20s);
  EXPECT_EQ(config.locks.owner, "caf\xC3\xA9");
}

}  // namespace
}  // namespace holdfast
