// Clients of a real cluster.
#ifndef HOLDFAST_TESTS_REDIS_CLUSTER_CLIENT_H_
#define HOLDFAST_TESTS_REDIS_CLUSTER_CLIENT_H_

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "holdfast/blocking_redis.h"
#include "support/eventually.h"
#include "support/key_slot.h"
#include "support/redis_cluster.h"

namespace holdfast::testing {

// Of a busy machine; what is asked of the client in less is said where it is.
inline RedisOptions ClusterOptions(std::vector<std::string> roots) {
  RedisOptions options;
  options.cluster = std::move(roots);
  options.command_timeout = std::chrono::milliseconds(20'000);
  return options;
}

// Aborts the program when the options are refused.
inline BlockingRedis NewRedis(RedisOptions options) {
  auto redis = BlockingRedis::Create(std::move(options));
  if (redis.ok()) return *std::move(redis);
  fprintf(stderr, "no client: %s\n", redis.status().ToString().c_str());
  abort();
}

inline BlockingRedis NewRedis(RedisCluster& cluster) {
  return NewRedis(ClusterOptions(cluster.urls()));
}

// All of them; none if the client cannot tell.
inline std::vector<BlockingRedisNode> NodesOf(const BlockingRedis& redis) {
  auto nodes = redis.Nodes();
  if (!nodes.ok()) return {};
  return *std::move(nodes);
}

// The reply as text; "-" and the error.
inline std::string TextOf(const absl::StatusOr<Reply>& reply) {
  if (!reply.ok()) return "-" + std::string(reply.status().message());
  if (reply->is_integer()) return std::to_string(reply->integer());
  if (reply->is_nil()) return "(nil)";
  return std::string(reply->text());
}

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_REDIS_CLUSTER_CLIENT_H_
