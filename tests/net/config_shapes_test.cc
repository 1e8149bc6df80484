// Files that other packages have, as their documents show them.
#include <chrono>
#include <cstdlib>
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

TEST(ConfigLoopBackTest, ADataSourceIsRead) {
  const Config config = MustParse(R"({
    "name": "redisDS", "connector": "kv-redis", "host": "db.example", "port": 6380,
    "username": "app", "password": "s3cr3t", "database": "3"
  })");
  const Endpoint server = DataOf(config).server;
  EXPECT_EQ(server, (Endpoint{.host = "db.example",
                              .port = 6380,
                              .username = "app",
                              .password = "s3cr3t",
                              .database = 3}));
  EXPECT_THAT(config.locks.nodes, ElementsAre("redis://app:s3cr3t@db.example:6380/3"));
  EXPECT_EQ(config.locks.key_prefix, "lock:");
}

TEST(ConfigLoopBackTest, TheDefaultsAreThoseOfRedis) {
  EXPECT_EQ(DataOf(MustParse(R"({"name": "redisDS", "connector": "redis"})")).server, Endpoint());
}

TEST(ConfigLoopBackTest, TheUrlWinsOverFields) {
  const Config config = MustParse(R"({"connector": "redis", "host": "a", "port": 1,
    "url": "rediss://:other@b:2/5", "password": "s3cr3t", "database": 3})");
  EXPECT_EQ(DataOf(config).server,
            (Endpoint{.host = "b", .port = 2, .tls = true, .password = "other", .database = 5}));
}

TEST(ConfigLoopBackTest, WhatTheUrlLacksIsTheFields) {
  const Config config = MustParse(R"({"connector": "redis", "url": "redis://b",
    "password": "s3cr3t", "db": 3})");
  EXPECT_EQ(DataOf(config).server, (Endpoint{.host = "b", .password = "s3cr3t", .database = 3}));
  EXPECT_EQ(
      DataOf(MustParse(R"({"connector": "redis", "url": "redis://b/0", "db": 3})")).server.database,
      0);
}

TEST(ConfigLoopBackTest, EmptyTextsOfAGeneratorAreNotSet) {
  EXPECT_EQ(DataOf(MustParse(R"({"name": "r", "connector": "kv-redis", "url": "", "host": "",
                                 "password": "", "db": 0})"))
                .server,
            Endpoint());
}

TEST(ConfigLoopBackTest, ADataSourceIsFoundByItsConnector) {
  const Config config = MustParse(R"({
    "db": {"name": "db", "connector": "memory", "file": "data.json"},
    "redisDS": {"name": "redisDS", "connector": "redis", "host": "a"}
  })");
  EXPECT_EQ(DataOf(config).server.host, "a");
}

TEST(ConfigLoopBackTest, OneDataSourceIsMeant) {
  EXPECT_EQ(ErrorOf("a: {connector: redis}\nb: {connector: kv-redis}\n"),
            "test.yaml:2: b: a second Redis data source; there must be one");
  EXPECT_EQ(ErrorOf("a: {connector: memory}\n"),
            "test.yaml:1: no data source with the connector redis");
  EXPECT_EQ(ErrorOf("connector: mysql\n"),
            "test.yaml:1: connector: must be redis or kv-redis; no other is read here");
}

TEST(ConfigDeepstreamTest, AServerIsRead) {
  const Config config = MustParse(R"(
cache:
  name: redis
  options:
    host: localhost
    port: 6379
    db: 2
    ttl: 86400   # seconds
)");
  EXPECT_EQ(DataOf(config).server, (Endpoint{.database = 2}));
  EXPECT_EQ(config.cache.ttl, 24h);
  EXPECT_THAT(config.locks.nodes, ElementsAre("redis://localhost:6379/2"));
}

TEST(ConfigDeepstreamTest, VariablesArePutIn) {
  setenv("HOLDFAST_TEST_REDIS_HOST", "r.example", 1);
  setenv("HOLDFAST_TEST_REDIS_PORT", "7000", 1);
  const std::string file = R"(
plugins:
  cache:
    name: redis
    options:
      host: ${HOLDFAST_TEST_REDIS_HOST}
      port: ${HOLDFAST_TEST_REDIS_PORT}
)";
  EXPECT_EQ(DataOf(MustParse(file)).server.name(), "r.example:7000");
  unsetenv("HOLDFAST_TEST_REDIS_PORT");
  EXPECT_EQ(ErrorOf(file),
            "test.yaml:7: port: the environment has no variable HOLDFAST_TEST_REDIS_PORT");
  unsetenv("HOLDFAST_TEST_REDIS_HOST");
}

TEST(ConfigDeepstreamTest, NodesAreACluster) {
  const Config config = MustParse(R"(
cache:
  name: redis
  options:
    nodes:
      - host: a
        port: 30001
        password: password-for-30001
      - host: b
        port: 30002
        password: null
      - host: c
    maxRedirections: 16
    redisOptions:
      password: 'fallback-password'
)");
  const RedisOptions redis = DataOf(config);
  EXPECT_THAT(redis.cluster, ElementsAre("redis://:password-for-30001@a:30001", "redis://b:30002",
                                         "redis://:fallback-password@c:6379"));
  EXPECT_EQ(redis.server.password, "fallback-password");
  EXPECT_EQ(redis.cluster_credentials.at("a:30001").second, "password-for-30001");
  EXPECT_EQ(redis.cluster_credentials.at("b:30002").second, "");
  EXPECT_EQ(redis.cluster_credentials.size(), 2U);
  EXPECT_THAT(config.locks.nodes, IsEmpty());
  EXPECT_THAT(config.locks.clusters, ElementsAre(redis.cluster));
}

TEST(ConfigDeepstreamTest, OtherCachesAndOtherPartsAreRefused) {
  EXPECT_EQ(ErrorOf("cache:\n  name: memcached\n  options: {}\n"),
            "test.yaml:2: name: must be redis; no other cache is read here");
  EXPECT_THAT(ErrorOf("serverName: UUID\ncache:\n  name: redis\n  options: {}\n"),
              HasSubstr("test.yaml:1: unknown key 'serverName'"));
  EXPECT_EQ(ErrorOf("cache:\n  name: redis\n"), "test.yaml:1: cache: has no options");
}

TEST(ConfigNodeRedisTest, AClientIsRead) {
  const Config config = MustParse(R"({
    "username": "alice", "password": "foobared", "name": "my-app", "database": 4,
    "socket": {
      "host": "awesome.redis.server", "port": 6380, "tls": true,
      "ca": "CA", "cert": "CERT", "key": "KEY", "servername": "redis.internal",
      "rejectUnauthorized": false,
      "connectTimeout": 3000, "keepAlive": 7000, "noDelay": false, "reconnectStrategy": 500
    },
    "pingInterval": 1000, "commandsQueueMaxLength": 50, "disableOfflineQueue": true,
    "commandOptions": {"timeout": 700}, "readonly": false
  })");
  const RedisOptions redis = DataOf(config);
  EXPECT_EQ(redis.server, (Endpoint{.host = "awesome.redis.server",
                                    .port = 6380,
                                    .tls = true,
                                    .username = "alice",
                                    .password = "foobared",
                                    .database = 4}));
  EXPECT_EQ(redis.tls.ca, "CA");
  EXPECT_EQ(redis.tls.certificate, "CERT");
  EXPECT_EQ(redis.tls.key, "KEY");
  EXPECT_EQ(redis.tls.server_name, "redis.internal");
  EXPECT_TRUE(redis.tls.unsafe_skip_verification);
  EXPECT_EQ(redis.client_name, "my-app");
  EXPECT_EQ(redis.connect_timeout, 3s);
  EXPECT_EQ(redis.command_timeout, 700ms);
  EXPECT_EQ(redis.keep_alive, 7s);
  EXPECT_FALSE(redis.no_delay);
  EXPECT_EQ(redis.ping_interval, 1s);
  EXPECT_EQ(redis.max_queued, 50U);
  EXPECT_FALSE(redis.offline_queue);
  EXPECT_EQ(redis.reconnect(0, {}).pause(), 500ms);
  EXPECT_EQ(config.locks.client_name, "my-app");
  EXPECT_TRUE(config.locks.tls.unsafe_skip_verification);
}

TEST(ConfigNodeRedisTest, AUrlAloneIsEnough) {
  const Config config =
      MustParse(R"({"url": "redis://alice:foobared@awesome.redis.server:6380/2"})");
  EXPECT_EQ(DataOf(config).server.name(), "awesome.redis.server:6380");
  EXPECT_EQ(DataOf(config).server.database, 2);
}

TEST(ConfigNodeRedisTest, AUnixSocketIsRead) {
  EXPECT_EQ(DataOf(MustParse("socket: {path: /run/redis.sock}")).server.name(),
            "unix:/run/redis.sock");
}

TEST(ConfigNodeRedisTest, KeepAliveMayBeAFlag) {
  EXPECT_EQ(DataOf(MustParse("socket: {keepAlive: false}")).keep_alive, 0ms);
  EXPECT_EQ(DataOf(MustParse("socket: {keepAlive: true, keepAliveInitialDelay: 9000}")).keep_alive,
            9s);
}

TEST(ConfigNodeRedisTest, ReconnectingCanBeOff) {
  const RedisOptions redis = DataOf(MustParse("socket: {reconnectStrategy: false}"));
  EXPECT_FALSE(redis.reconnect(0, {}).pause().has_value());
}

TEST(ConfigNodeRedisTest, CodeIsRefused) {
  EXPECT_EQ(ErrorOf("socket:\n  reconnectStrategy: 'retries => retries * 50'\n"),
            "test.yaml:2: reconnectStrategy: must be false or a number of milliseconds (a function "
            "can only be given in code: RedisOptions::reconnect)");
  EXPECT_EQ(ErrorOf("socket: {}\nscripts: {}\n"),
            "test.yaml:2: scripts: code cannot come from a file");
  EXPECT_THAT(ErrorOf("socket: {}\nreadonly: true\n"), HasSubstr("useReplicas"));
}

TEST(ConfigNodeRedisTest, AClusterIsRead) {
  const Config config = MustParse(R"({
    "rootNodes": [{"url": "redis://external-host-1.io:30001"},
                  {"socket": {"host": "external-host-2.io", "port": 30002}}],
    "defaults": {"username": "u", "password": "p", "socket": {"connectTimeout": 900, "tls": true}},
    "useReplicas": true,
    "maxCommandRedirections": 7,
    "nodeAddressMap": {
      "10.0.0.1:30001": {"host": "external-host-1.io", "port": 30001},
      "10.0.0.2:30002": {"host": "external-host-2.io", "port": 30002}
    }
  })");
  const RedisOptions redis = DataOf(config);
  EXPECT_THAT(redis.cluster, ElementsAre("rediss://u:p@external-host-1.io:30001",
                                         "rediss://u:p@external-host-2.io:30002"));
  EXPECT_EQ(redis.server.username, "u");
  EXPECT_TRUE(redis.server.tls);
  EXPECT_EQ(redis.connect_timeout, 900ms);
  EXPECT_TRUE(redis.read_from_replicas);
  EXPECT_EQ(redis.max_redirections, 7);
  const Endpoint mapped = redis.node_address({.host = "10.0.0.2", .port = 30002, .password = "p"});
  EXPECT_EQ(mapped, (Endpoint{.host = "external-host-2.io", .port = 30002, .password = "p"}));
  const Endpoint other{.host = "10.0.0.3", .port = 30002};
  EXPECT_EQ(redis.node_address(other), other);
  EXPECT_THAT(config.locks.nodes, IsEmpty());
  EXPECT_THAT(config.locks.clusters, ElementsAre(redis.cluster));
  EXPECT_EQ(config.locks.seats, 3);
  EXPECT_EQ(config.locks.connect_timeout, 900ms);
}

TEST(ConfigNodeRedisTest, AnAddressMapThatIsNoneIsRefused) {
  const std::string roots = "rootNodes: [{url: 'redis://a'}]\n";
  EXPECT_THAT(ErrorOf(roots + "nodeAddressMap: 'address => address'\n"),
              HasSubstr("test.yaml:2: nodeAddressMap: must be a map"));
  EXPECT_EQ(ErrorOf(roots + "nodeAddressMap: {'a b': {host: c}}\n"),
            "test.yaml:2: the key must be \"host:port\"");
}

TEST(ConfigAlovaTest, AStorageAdapterIsRead) {
  const Config config = MustParse(R"({
    "host": "localhost", "port": "6379", "username": "default", "password": "my-top-secret",
    "db": 5, "keyPrefix": "my-app:"
  })");
  EXPECT_EQ(DataOf(config).server,
            (Endpoint{.username = "default", .password = "my-top-secret", .database = 5}));
  EXPECT_EQ(config.cache.prefix, "my-app:");
  EXPECT_THAT(config.locks.nodes, ElementsAre("redis://default:my-top-secret@localhost:6379"))
      << "locks do not follow `db`";
  EXPECT_EQ(config.locks.key_prefix, "");
}

TEST(ConfigAlovaTest, LocksAreAsTheirPackageHasThem) {
  const Config config = MustParse("host: localhost");
  EXPECT_EQ(config.lock.ttl, 5s);
  EXPECT_EQ(config.lock.max_attempts, 11);
  EXPECT_EQ(config.lock.wait, kWaitForever);
  EXPECT_EQ(config.lock.retry_delay, 200ms);
  EXPECT_EQ(config.lock.retry_jitter, 100ms);
  EXPECT_EQ(config.atomize.wait, 5s);
  EXPECT_EQ(config.atomize.retry_delay, 100ms);
  EXPECT_EQ(config.cache.prefix, "");
}

TEST(ConfigAlovaTest, LockOptionsAreRead) {
  const Config config = MustParse(R"(
host: localhost
redlockTTL: 8000
redlockOptions:
  retryCount: -1
  retryDelay: 300
  retryJitter: 50
  driftFactor: 0.02
  automaticExtensionThreshold: 500
  db: 1
atomize: {channel: [orders, stock], timeout: 3000, interval: 40}
)");
  EXPECT_EQ(config.lock.ttl, 8s);
  EXPECT_EQ(config.lock.max_attempts, 0);
  EXPECT_EQ(config.lock.retry_delay, 300ms);
  EXPECT_EQ(config.lock.retry_jitter, 50ms);
  EXPECT_EQ(config.locks.drift_factor, 0.02);
  EXPECT_THAT(config.locks.nodes, ElementsAre("redis://localhost:6379/1"));
  EXPECT_THAT(config.atomize.channel.list(), ElementsAre("orders", "stock"));
  EXPECT_EQ(config.atomize.ttl, 8s);
  EXPECT_EQ(config.atomize.wait, 3s);
  EXPECT_EQ(config.atomize.retry_delay, 40ms);
}

TEST(ConfigAlovaTest, WhatCannotBeHadIsRefused) {
  EXPECT_EQ(ErrorOf("redlockOptions:\n  automaticExtensionThreshold: 100\n"),
            "test.yaml:2: automaticExtensionThreshold: can only be 500, the default: a lock is "
            "extended at each third of its ttl");
  EXPECT_THAT(ErrorOf("host: a\nredlockFilter: 'c => true'\n"),
              HasSubstr("test.yaml:2: redlockFilter: a function"));
  EXPECT_THAT(ErrorOf("host: a\nretryStrategy: 't => t'\n"),
              HasSubstr("test.yaml:2: retryStrategy"));
}

TEST(ConfigAlovaTest, AClusterIsRead) {
  const Config config = MustParse(R"({
    "nodes": [{"host": "localhost", "port": 6379}, {"host": "localhost", "port": 6380},
              "redis://localhost:6381"],
    "options": {"scaleReads": "all", "redisOptions": {"password": "p"},
                "natMap": {"10.0.0.1:6379": {"host": "localhost", "port": 6379}}}
  })");
  const RedisOptions redis = DataOf(config);
  EXPECT_THAT(redis.cluster, ElementsAre("redis://:p@localhost:6379", "redis://:p@localhost:6380",
                                         "redis://:p@localhost:6381"));
  EXPECT_TRUE(redis.read_from_replicas);
  EXPECT_EQ(redis.node_address({.host = "10.0.0.1"}).host, "localhost");
  EXPECT_THAT(redis.cluster_credentials, IsEmpty());
  EXPECT_THAT(config.locks.nodes, IsEmpty());
  EXPECT_THAT(config.locks.clusters, ElementsAre(redis.cluster));
}

TEST(ConfigAlovaTest, LocksOnAClusterHaveNoOtherDatabase) {
  EXPECT_EQ(ErrorOf("nodes: [redis://a]\noptions: {}\nredlockOptions: {db: 2}\n"),
            "test.yaml:3: redlockOptions: db: a cluster has no database but 0");
}

}  // namespace
}  // namespace holdfast
