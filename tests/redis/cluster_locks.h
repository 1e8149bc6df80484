// Locks on a real cluster.
#ifndef HOLDFAST_TESTS_REDIS_CLUSTER_LOCKS_H_
#define HOLDFAST_TESTS_REDIS_CLUSTER_LOCKS_H_

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include "holdfast/blocking.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_cluster.h"
#include "support/seats.h"

namespace holdfast::testing {

// Nobody ever held a lock there. Of a busy machine: a command may take long.
inline ClientOptions LockOptions(const RedisCluster& cluster, const std::string& owner = "alice") {
  return {.clusters = {cluster.urls()},
          .owner = owner,
          .max_ttl = std::chrono::milliseconds(30'000),
          .command_timeout = std::chrono::milliseconds(5'000),
          .new_installation = true};
}

// All of its `votes` seats vote.
inline BlockingClient NewLockClient(const ClientOptions& options, int votes = 3) {
  BlockingClient client = NewClient(options);
  AwaitNodes(client, votes);
  return client;
}

// All keys of a server.
inline std::vector<std::string> KeysOf(RedisServer& server) {
  std::vector<std::string> keys;
  std::istringstream lines(server.Command({"KEYS", "*"}));
  for (std::string key; std::getline(lines, key);) keys.push_back(key);
  return keys;
}

// How many seats have the lock `name`.
inline int SeatsWith(RedisCluster& cluster, const std::string& name) {
  int count = 0;
  for (const std::string& tag : kSeatTags) {
    const int master = cluster.MasterOf(tag);
    if (cluster[master].Command({"EXISTS", tag + "lock:" + name}) == "1") ++count;
  }
  return count;
}

inline bool Freed(RedisCluster& cluster, const std::string& name) {
  return Eventually([&] { return SeatsWith(cluster, name) == 0; });
}

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_REDIS_CLUSTER_LOCKS_H_
