#include "net/cluster_state.h"

#include <vector>

#include "core/topology.h"

namespace holdfast::net {

std::optional<core::NodeAddress> ClusterState::AnyMaster() {
  std::vector<const core::NodeAddress*> masters;
  std::vector<const core::NodeAddress*> ready;
  for (const core::TopologyNode& node : map->topology().nodes()) {
    if (!node.is_master()) continue;
    masters.push_back(&node.address);
    if (nodes->IsReady(node.address)) ready.push_back(&node.address);
  }
  const auto& choice = ready.empty() ? masters : ready;
  if (choice.empty()) return std::nullopt;
  return *choice[turn++ % choice.size()];
}

std::optional<core::NodeAddress> ClusterState::NodeFor(std::uint16_t slot, bool or_replica) {
  const core::Topology& topology = map->topology();
  const int owner = topology.OwnerOf(slot);
  if (owner == core::Topology::kNobody) return std::nullopt;
  std::vector<int> choice = {owner};
  if (or_replica) {
    for (const int replica : topology.ReplicasOf(owner)) choice.push_back(replica);
  }
  const int node = choice[turn++ % choice.size()];
  return topology.nodes()[static_cast<std::size_t>(node)].address;
}

}  // namespace holdfast::net
