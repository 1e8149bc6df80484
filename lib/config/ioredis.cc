#include "config/ioredis.h"

#include <chrono>
#include <string>
#include <utility>

#include "config/servers.h"
#include "config/text.h"

namespace holdfast::detail {
namespace {

constexpr char kFunction[] =
    "a function cannot come from a file; set RedisOptions::reconnect in code";

void ReadConnection(ConfigSection& section, RedisOptions& redis) {
  ReadLogin(section, redis.server);
  ReadTlsSwitch(section, "tls", redis.server.tls, redis.tls, &ReadNodeTls);
  ReadTimeouts(section, redis);
  section.Duration("keepAlive", redis.keep_alive, std::chrono::milliseconds(1), kDay);
  section.Flag("noDelay", redis.no_delay);
  ReadClientName(section, "connectionName", redis.client_name);
  section.Flag("enableOfflineQueue", redis.offline_queue);
  section.Refuse("retryStrategy", kFunction);
  section.Refuse("reconnectOnError", kFunction);
  section.Refuse("sentinels", "Sentinel is not supported; name the servers");
  section.Refuse("maxRetriesPerRequest",
                 "commands are bounded by commandTimeout, not by a number of retries");
  section.RefuseUnless("enableReadyCheck", "true",
                       "a server that is not ready is always waited for");
  section.RefuseUnless("lazyConnect", "false", "connections are made by the client on its own");
  section.RefuseUnless("family", "0", "addresses of both families are tried");
  section.RefuseUnless("readOnly", "false", "reads go to replicas by scaleReads of a cluster");
}

void ReadScaleReads(ConfigSection& options, RedisOptions& redis) {
  std::string scale;
  if (!options.Text("scaleReads", scale)) return;
  redis.read_from_replicas = scale == "all";
  if (scale != "all" && scale != "master") {
    options.Refuse("scaleReads", "must be master or all (replicas take turns with their master)");
  }
}

void ReadIoNode(const ConfigValue& item, ConfigProblems& problems, Endpoint& endpoint) {
  if (item.kind == ConfigValue::Kind::kText) {
    const absl::Status status = ApplyUrl(item.text, endpoint);
    if (!status.ok()) problems.Add(item.line, MessageOf(status));
    return;
  }
  ConfigSection section(item, "a node of a cluster", problems);
  ReadAddress(section, endpoint, false);
  const ConfigValue* const password = section.Find("password");
  if (password != nullptr && password->kind == ConfigValue::Kind::kNull) {
    section.Text("username", endpoint.username);
  } else {
    ReadLogin(section, endpoint);
  }
  TlsOptions none;
  ReadTlsSwitch(section, "tls", endpoint.tls, none, [](ConfigSection&, TlsOptions&) {});
  section.Finish();
}

bool HasNullPassword(const ConfigValue& item) {
  const ConfigValue* const password = item.Find("password");
  return password != nullptr && password->kind == ConfigValue::Kind::kNull;
}

}  // namespace

void ReadIoServer(ConfigSection& section, RedisOptions& redis) {
  ReadAddress(section, redis.server, true);
  ReadDatabase(section, "db", redis.server);
  ReadConnection(section, redis);
}

void ReadIoCluster(ConfigSection& options, RedisOptions& redis) {
  options.Integer("maxRedirections", redis.max_redirections, 0, 1'000);
  ReadScaleReads(options, redis);
  ReadAddressMap(options, "natMap", redis.node_address);
  options.Flag("enableOfflineQueue", redis.offline_queue);
  options.Refuse("clusterRetryStrategy", kFunction);
  options.Refuse("dnsLookup", "names are resolved by the system");
  const ConfigValue* const value = options.Find("redisOptions");
  if (value == nullptr) return;
  ConfigSection section(*value, "redisOptions", options.problems());
  ReadConnection(section, redis);
  section.RefuseUnless("db", "0", "a cluster has no database but 0");
  section.Finish();
}

void ReadIoNodes(ConfigSection& section, RedisOptions& redis) {
  const std::vector<Endpoint> nodes = ReadRoots(section, "nodes", &ReadIoNode);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    Endpoint node = nodes[i];
    const bool none = HasNullPassword(section.Find("nodes")->children[i]);
    if (node.password.empty() && !none) {
      node.username = redis.server.username;
      node.password = redis.server.password;
    }
    node.tls = node.tls || redis.server.tls;
    if (node.password != redis.server.password) {
      redis.cluster_credentials[node.name()] = {node.username, node.password};
    }
    redis.cluster.push_back(FormatUrl(node));
  }
}

}  // namespace holdfast::detail
