// How the nodes of a cluster are reached.
#ifndef HOLDFAST_NET_CLUSTER_ENDPOINTS_H_
#define HOLDFAST_NET_CLUSTER_ENDPOINTS_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/node_address.h"
#include "holdfast/endpoint.h"
#include "holdfast/redis_options.h"

namespace holdfast::net {

// Knows the root nodes, and makes the endpoint of any other node from the address that it
// announces. One root with TLS is enough: then no node is ever spoken to without it.
class ClusterEndpoints {
 public:
  // `defaults`: the user, the password and TLS of all nodes.
  ClusterEndpoints(const Endpoint& defaults, const RedisOptions& options);

  // No other user and password than those of the roots.
  explicit ClusterEndpoints(std::vector<Endpoint> roots);

  // As their URLs say; to be reached by ReachRoot().
  const std::vector<Endpoint>& roots() const { return roots_; }
  bool tls() const { return defaults_.tls; }

  // This root told us of the cluster: the user and the password in its URL, if any, are those of
  // all nodes from now on.
  void Trust(const Endpoint& root);

  // Where to connect to, and as whom.
  Endpoint ReachRoot(const Endpoint& root) const;
  Endpoint Reach(const core::NodeAddress& announced) const;

  // The node as the cluster knows it, with its credentials.
  Endpoint Announced(const core::NodeAddress& announced) const;

 private:
  void SecureRoots();
  void LogIn(const std::string& node, Endpoint& endpoint) const;

  Endpoint defaults_;
  const std::map<std::string, std::pair<std::string, std::string>> credentials_;
  const NodeAddressMap map_;
  std::vector<Endpoint> roots_;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_CLUSTER_ENDPOINTS_H_
