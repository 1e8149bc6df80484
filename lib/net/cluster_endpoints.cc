#include "net/cluster_endpoints.h"

#include <utility>

namespace holdfast::net {
namespace {

bool HasCredentials(const Endpoint& endpoint) {
  return !endpoint.username.empty() || !endpoint.password.empty();
}

void CopyCredentials(const Endpoint& from, Endpoint& to) {
  to.username = from.username;
  to.password = from.password;
}

}  // namespace

ClusterEndpoints::ClusterEndpoints(const Endpoint& defaults, const RedisOptions& options)
    : credentials_(options.cluster_credentials), map_(options.node_address) {
  CopyCredentials(defaults, defaults_);
  defaults_.tls = defaults.tls;
  for (const std::string& url : options.cluster) {
    const auto root = ParseUrl(url);
    if (!root.ok()) continue;  // Never: the options were checked.
    roots_.push_back(*root);
  }
  SecureRoots();
}

ClusterEndpoints::ClusterEndpoints(std::vector<Endpoint> roots) : roots_(std::move(roots)) {
  SecureRoots();
}

void ClusterEndpoints::SecureRoots() {
  for (const Endpoint& root : roots_) defaults_.tls = defaults_.tls || root.tls;
  for (Endpoint& root : roots_) root.tls = defaults_.tls;
}

void ClusterEndpoints::Trust(const Endpoint& root) {
  if (HasCredentials(root)) CopyCredentials(root, defaults_);
}

Endpoint ClusterEndpoints::ReachRoot(const Endpoint& root) const {
  Endpoint endpoint = root;
  if (!HasCredentials(root)) CopyCredentials(defaults_, endpoint);
  LogIn(root.name(), endpoint);
  return endpoint;
}

Endpoint ClusterEndpoints::Announced(const core::NodeAddress& announced) const {
  Endpoint endpoint = defaults_;
  endpoint.host = announced.host;
  endpoint.port = announced.port;
  LogIn(announced.name(), endpoint);
  return endpoint;
}

// The map decides on the address alone: it sees no password, and cannot switch TLS off.
Endpoint ClusterEndpoints::Reach(const core::NodeAddress& announced) const {
  Endpoint endpoint = Announced(announced);
  if (!map_) return endpoint;
  Endpoint address;
  address.host = announced.host;
  address.port = announced.port;
  address.tls = endpoint.tls;
  const Endpoint mapped = map_(address);
  endpoint.host = mapped.host;
  endpoint.port = mapped.port;
  endpoint.unix_socket = mapped.unix_socket;
  return endpoint;
}

void ClusterEndpoints::LogIn(const std::string& node, Endpoint& endpoint) const {
  const auto found = credentials_.find(node);
  if (found == credentials_.end()) return;
  endpoint.username = found->second.first;
  endpoint.password = found->second.second;
}

}  // namespace holdfast::net
