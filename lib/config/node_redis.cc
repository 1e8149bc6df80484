// What createClient and createCluster of node-redis take.
#include <chrono>
#include <string>
#include <utility>

#include "config/servers.h"
#include "config/shapes.h"
#include "holdfast/redis_options.h"

namespace holdfast::detail {
namespace {

using std::chrono::milliseconds;

constexpr char kCode[] = "code cannot come from a file";

// false, or a pause.
void ReadReconnect(ConfigSection& socket, RedisOptions& redis) {
  const ConfigValue* const value = socket.Find("reconnectStrategy");
  if (value == nullptr) return;
  milliseconds pause{0};
  if (value->text == "false") {
    redis.reconnect = NeverReconnect();
  } else if (value->text.find_first_not_of("0123456789") != std::string::npos) {
    socket.Refuse("reconnectStrategy",
                  "must be false or a number of milliseconds (a function can only be given in "
                  "code: RedisOptions::reconnect)");
  } else if (socket.Duration("reconnectStrategy", pause, milliseconds(0), kHour)) {
    redis.reconnect = ReconnectAfter(pause);
  }
}

// The initial delay in milliseconds, as up to version 4; or a flag, with the delay as a key of its
// own.
void ReadKeepAlive(ConfigSection& socket, RedisOptions& redis) {
  const ConfigValue* const value = socket.Find("keepAlive");
  bool on = true;
  if (value != nullptr && (value->text == "true" || value->text == "false")) {
    socket.Flag("keepAlive", on);
  } else {
    socket.Duration("keepAlive", redis.keep_alive, milliseconds(1), kDay);
  }
  socket.Duration("keepAliveInitialDelay", redis.keep_alive, milliseconds(1), kDay);
  if (!on) redis.keep_alive = milliseconds(0);
}

void ReadSocket(ConfigSection& client, RedisOptions& redis) {
  const ConfigValue* const value = client.Find("socket");
  if (value == nullptr) return;
  ConfigSection socket(*value, "socket", client.problems());
  ReadAddress(socket, redis.server, true);
  socket.Duration("connectTimeout", redis.connect_timeout, milliseconds(1), kHour);
  ReadTlsSwitch(socket, "tls", redis.server.tls, redis.tls, &ReadNodeTls);
  ReadNodeTls(socket, redis.tls);
  ReadKeepAlive(socket, redis);
  socket.Flag("noDelay", redis.no_delay);
  ReadReconnect(socket, redis);
  socket.RefuseUnless("family", "0", "addresses of both families are tried");
  socket.Refuse("socketTimeout",
                "idle connections are not closed; pingInterval finds those that are dead");
  socket.Finish();
}

void ReadCommandOptions(ConfigSection& client, RedisOptions& redis) {
  const ConfigValue* const value = client.Find("commandOptions");
  if (value == nullptr) return;
  ConfigSection options(*value, "commandOptions", client.problems());
  options.Duration("timeout", redis.command_timeout, milliseconds(1), kHour);
  options.Finish();
}

void RefuseWhatWeLack(ConfigSection& client) {
  for (const char* const key : {"modules", "scripts", "functions", "credentialsProvider"}) {
    client.Refuse(key, kCode);
  }
  client.Refuse("clientSideCache", "there is no cache in the client");
  client.Refuse("isolationPoolOptions", "there is no pool of connections");
  client.RefuseUnless("RESP", "2", "the protocol is RESP2");
  client.RefuseUnless("legacyMode", "false", "there is no other mode");
  client.RefuseUnless("disableClientInfo", "true", "CLIENT SETINFO is never sent");
  client.RefuseUnless("readonly", "false", "reads go to replicas by useReplicas of a cluster");
}

// All of a client's options but where its server is.
void ReadClient(ConfigSection& client, RedisOptions& redis, CacheOptions& cache) {
  ReadSocket(client, redis);
  ReadLogin(client, redis.server);
  ReadClientName(client, "name", redis.client_name);
  client.Text("keyPrefix", cache.prefix);
  if (!client.Has("pingInterval") || client.Find("pingInterval")->text != "0") {
    client.Duration("pingInterval", redis.ping_interval, milliseconds(10), kDay);
  }
  client.Integer("commandsQueueMaxLength", redis.max_queued, 1, 1'000'000'000);
  bool no_queue = false;
  if (client.Flag("disableOfflineQueue", no_queue)) redis.offline_queue = !no_queue;
  ReadCommandOptions(client, redis);
  RefuseWhatWeLack(client);
}

void ReadSingle(const ConfigValue& root, ConfigProblems& problems, Config& config) {
  ConfigSection client(root, "options of node-redis", problems);
  RedisOptions redis;
  ReadClient(client, redis, config.cache);
  ReadDatabase(client, "database", redis.server);
  ReadUrl(client, redis.server);
  client.Finish();
  UseServer(redis, client.line(), problems, config);
}

// Used for discovery only, so all that counts is where it is and how to log in.
void ReadRoot(const ConfigValue& item, ConfigProblems& problems, Endpoint& endpoint) {
  ConfigSection root(item, "a root node", problems);
  const ConfigValue* const value = root.Find("socket");
  if (value != nullptr) {
    ConfigSection socket(*value, "a root node's socket: others belong into defaults", problems);
    ReadAddress(socket, endpoint, false);
    socket.Flag("tls", endpoint.tls);
    socket.Finish();
  }
  ReadLogin(root, endpoint);
  ReadUrl(root, endpoint);
  root.Finish();
}

void ReadDefaults(ConfigSection& cluster, RedisOptions& redis, CacheOptions& cache) {
  const ConfigValue* const value = cluster.Find("defaults");
  if (value == nullptr) return;
  ConfigSection defaults(*value, "the defaults of a cluster's nodes", cluster.problems());
  ReadClient(defaults, redis, cache);
  defaults.Finish();
  const Endpoint nowhere;
  if (redis.server.name() != nowhere.name()) {
    cluster.problems().AddTo(*value, "a host, port or path cannot be that of all nodes");
  }
}

void ReadCluster(const ConfigValue& root, ConfigProblems& problems, Config& config) {
  ConfigSection cluster(root, "options of a cluster of node-redis", problems);
  RedisOptions redis;
  ReadDefaults(cluster, redis, config.cache);
  for (Endpoint& node : ReadRoots(cluster, "rootNodes", &ReadRoot)) {
    if (node.password.empty()) {
      node.username = redis.server.username;
      node.password = redis.server.password;
    }
    node.tls = node.tls || redis.server.tls;
    redis.cluster.push_back(FormatUrl(node));
  }
  cluster.Flag("useReplicas", redis.read_from_replicas);
  cluster.Integer("maxCommandRedirections", redis.max_redirections, 0, 1'000);
  ReadAddressMap(cluster, "nodeAddressMap", redis.node_address);
  cluster.Text("keyPrefix", config.cache.prefix);
  cluster.RefuseUnless("minimizeConnections", "false",
                       "nodes are connected to when they are first needed, in any case");
  cluster.Finish();
  UseCluster(std::move(redis), config);
}

}  // namespace

bool IsNodeRedis(const ConfigValue& root) {
  return root.Has("socket") || root.Has("rootNodes") || root.Has("url");
}

void ReadNodeRedis(const ConfigValue& root, ConfigProblems& problems, Config& config) {
  if (root.Has("rootNodes")) return ReadCluster(root, problems, config);
  ReadSingle(root, problems, config);
}

}  // namespace holdfast::detail
