// Where a chaos run takes place: each node on a host of its own with a clock of its own, some
// hosts for clients, the network between them, and a store that nothing happens to.
#ifndef HOLDFAST_TESTS_CHAOS_SITE_H_
#define HOLDFAST_TESTS_CHAOS_SITE_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "chaos/clock_file.h"
#include "chaos/network.h"
#include "support/redis_server.h"

namespace holdfast::testing {

inline constexpr int kClientHosts = 3;
inline constexpr int kMostNodes = kMostHosts - kClientHosts;

// On the main thread.
class Site {
 public:
  // `why` is left empty, or says what keeps this machine from it.
  Site(int nodes, std::uint64_t seed, std::string& why);

  int size() const { return static_cast<int>(nodes_.size()); }
  RedisServer& node(int node) { return *nodes_[static_cast<std::size_t>(node)]; }
  ClockFile& clock(int node) { return clocks_[static_cast<std::size_t>(node)]; }
  std::string store() const { return store_->socket_path(); }
  Network& network() { return network_; }

  // As clients reach the nodes.
  std::vector<std::string> urls() const;

  // The host of a client, and its number in the network.
  const NetworkNamespace& client_host(int client) const {
    return network_.host(ClientHost(client));
  }
  int ClientHost(int client) const { return count_ + client % kClientHosts; }

  // What makes or uses sockets of a node's own host.
  std::string Command(int node, const std::vector<std::string>& argv);
  void Restart(int node);
  void RestartEmpty(int node);
  int KillClients(int node);

 private:
  void StartNode(int node, std::mt19937_64& random);

  const int count_;
  Network network_;
  std::vector<ClockFile> clocks_;
  std::vector<std::unique_ptr<RedisServer>> nodes_;
  std::unique_ptr<RedisServer> store_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_SITE_H_
