// Where the data is and how it is reached, in our own shape of configuration.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "config/own.h"
#include "config/servers.h"

namespace holdfast::detail {
namespace {

using std::chrono::milliseconds;
using Kind = ConfigValue::Kind;

void ReadReconnect(ConfigSection& section, RedisOptions& redis) {
  const ConfigValue* const value = section.Find("reconnect");
  if (value == nullptr) return;
  milliseconds pause{0};
  if (value->text == "false") {
    redis.reconnect = NeverReconnect();
  } else if (section.Duration("reconnect", pause, milliseconds(0), kHour)) {
    redis.reconnect = ReconnectAfter(pause);
  }
}

void ReadCredentials(ConfigSection& section, RedisOptions& redis) {
  const ConfigValue* const value = section.Find("clusterCredentials");
  if (value == nullptr) return;
  if (value->kind != Kind::kMap) {
    return section.Refuse("clusterCredentials", "must be a map from \"host:port\" to a login");
  }
  for (const ConfigValue& entry : value->children) {
    ConfigSection login(entry, "a login", section.problems());
    Endpoint node;
    ReadLogin(login, node);
    login.Finish();
    redis.cluster_credentials[entry.key] = {node.username, node.password};
  }
}

void ReadConnection(ConfigSection& cache, RedisOptions& redis) {
  ReadTlsSwitch(cache, "tls", redis.server.tls, redis.tls, &ReadTls);
  ReadClientName(cache, "clientName", redis.client_name);
  ReadTimeouts(cache, redis);
  if (!cache.Has("pingInterval") || cache.Find("pingInterval")->text != "0") {
    cache.Duration("pingInterval", redis.ping_interval, milliseconds(10), kDay);
  }
  cache.Duration("keepAlive", redis.keep_alive, milliseconds(0), kDay);
  cache.Flag("noDelay", redis.no_delay);
  ReadReconnect(cache, redis);
  cache.Flag("offlineQueue", redis.offline_queue);
  cache.Integer("maxQueued", redis.max_queued, 0, 1'000'000'000);
  cache.Integer("maxReplyBytes", redis.max_reply_bytes, 1024, std::int64_t{512} << 20);
  cache.Integer("maxReplyElements", redis.max_reply_elements, 1, std::int64_t{16} << 20);
}

void ReadRouting(ConfigSection& cache, RedisOptions& redis) {
  ReadCredentials(cache, redis);
  ReadAddressMap(cache, "nodeAddressMap", redis.node_address);
  cache.Integer("maxRedirections", redis.max_redirections, 0, 1'000);
  cache.Flag("readFromReplicas", redis.read_from_replicas);
}

void ReadCluster(ConfigSection& section, RedisOptions& redis) {
  if (!redis.cluster.empty() && section.Has("cluster")) {
    return section.Refuse("cluster", "also given at the top");
  }
  for (const Endpoint& root : ReadRoots(section, "cluster", &ReadNode)) {
    // As that of all nodes, unless they have another.
    if (redis.cluster.empty()) UseLogin(root, redis.server);
    redis.cluster.push_back(FormatUrl(root));
  }
}

// Where the locks are, if that is one place.
bool UsePlaceOfLocks(const ClientOptions& locks, RedisOptions& redis) {
  if (locks.nodes.size() + locks.clusters.size() != 1) return false;
  if (locks.clusters.empty()) return ApplyUrl(locks.nodes.front(), redis.server).ok();
  for (const std::string& url : locks.clusters.front()) {
    const auto root = ParseUrl(url);
    if (root.ok() && redis.cluster.empty()) UseLogin(*root, redis.server);
    redis.cluster.push_back(url);
  }
  return true;
}

void ReadPlace(ConfigSection& cache, const ClientOptions& locks, RedisOptions& redis) {
  const bool clustered = cache.Has("cluster") || !redis.cluster.empty();
  const bool single =
      cache.Has("url") || cache.Has("host") || cache.Has("port") || cache.Has("path");
  if (single && clustered)
    return cache.problems().Add(cache.line(), "cache: one server or a cluster, not both");
  if (!single && !clustered && !UsePlaceOfLocks(locks, redis)) {
    return cache.problems().Add(cache.line(), "cache: has no url, host, path or cluster");
  }
  ReadServer(cache, redis.server);
  ReadCluster(cache, redis);
  if (!redis.cluster.empty() && redis.server.database != 0) {
    cache.Refuse("database", "a cluster has no database but 0");
  }
  CheckEndpoint(redis.server, cache.line(), cache.problems());
}

bool HasOnlyCacheOptions(const ConfigValue& cache) {
  return std::all_of(cache.children.begin(), cache.children.end(), [](const ConfigValue& entry) {
    return entry.key == "prefix" || entry.key == "ttl";
  });
}

void ReadCache(const ConfigValue& value, ConfigProblems& problems, Config& config,
               RedisOptions& redis) {
  ConfigSection cache(value, "cache", problems);
  cache.Text("prefix", config.cache.prefix);
  cache.Duration("ttl", config.cache.ttl, milliseconds(0), kLongestTtl);
  ReadConnection(cache, redis);
  ReadRouting(cache, redis);
  if (!HasOnlyCacheOptions(value)) ReadPlace(cache, config.locks, redis);
  cache.Finish();
}

}  // namespace

void ReadData(ConfigSection& top, Config& config) {
  RedisOptions redis;
  redis.tls = config.locks.tls;
  redis.client_name = config.locks.client_name;
  ReadCluster(top, redis);
  ClientOptions& locks = config.locks;
  if (locks.nodes.empty() && locks.clusters.empty() && !redis.cluster.empty()) {
    locks.clusters = {redis.cluster};
  }
  const ConfigValue* const cache = top.Find("cache");
  if (cache != nullptr) ReadCache(*cache, top.problems(), config, redis);
  const bool placed = cache != nullptr && !HasOnlyCacheOptions(*cache);
  if (placed || !redis.cluster.empty()) config.locks.cache = std::move(redis);
}

}  // namespace holdfast::detail
