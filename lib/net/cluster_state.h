// What the commands of a cluster's client share.
#ifndef HOLDFAST_NET_CLUSTER_STATE_H_
#define HOLDFAST_NET_CLUSTER_STATE_H_

#include <asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "absl/status/status.h"
#include "core/node_address.h"
#include "net/cluster_endpoints.h"
#include "net/cluster_map.h"
#include "net/cluster_nodes.h"

namespace holdfast::net {

class ClusterCommand;

// Lives on one strand, `executor`.
struct ClusterState {
  asio::any_io_executor executor;
  int max_redirections = 16;
  bool read_from_replicas = false;
  bool offline_queue = true;
  std::size_t max_queued = 0;

  std::shared_ptr<ClusterEndpoints> endpoints;
  std::shared_ptr<ClusterNodes> nodes;
  std::shared_ptr<ClusterMap> map;

  // Those that are with no node now, but wait for the topology or for an instant.
  std::unordered_map<const ClusterCommand*, std::shared_ptr<ClusterCommand>> waiting = {};
  std::size_t under_way = 0;              // Commands without a result.
  std::function<void()> on_no_more = {};  // None is under way any more.
  std::size_t turn = 0;

  void CommandBegins() { ++under_way; }
  void CommandEnds() {
    if (--under_way == 0 && on_no_more) on_no_more();
  }

  // One of the masters, those that are connected first, in turn.
  std::optional<core::NodeAddress> AnyMaster();

  // The owner of the slot; `or_replica`: or one of its replicas, in turn.
  std::optional<core::NodeAddress> NodeFor(std::uint16_t slot, bool or_replica);
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_CLUSTER_STATE_H_
