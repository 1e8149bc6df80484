// The connections to the nodes of a cluster.
#ifndef HOLDFAST_NET_CLUSTER_NODES_H_
#define HOLDFAST_NET_CLUSTER_NODES_H_

#include <asio/any_io_executor.hpp>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/node_address.h"
#include "core/topology.h"
#include "net/cluster_endpoints.h"
#include "net/session.h"

namespace holdfast::net {

// One session for each node that is needed. Lives on one strand, `executor`.
class ClusterNodes final : public std::enable_shared_from_this<ClusterNodes> {
 public:
  // `on_event` hears of all connections, whose server is the announced address, and must not call
  // this object; `on_failure` when one fails, as the cluster may have changed then.
  ClusterNodes(const asio::any_io_executor& executor, const SessionOptions& session,
               std::shared_ptr<const ClusterEndpoints> endpoints, EventSink on_event,
               std::function<void()> on_failure);

  // Connects to all masters, and lets the sessions end whose nodes have left the cluster.
  void Follow(const core::Topology& topology);

  void Send(const core::NodeAddress& node, Unit unit);

  // The node violated the protocol: its connection is closed, and opened anew.
  void Break(const core::NodeAddress& node, const std::string& why);

  bool IsReady(const core::NodeAddress& node) const;
  bool any_ready() const { return any_ready_.load(std::memory_order_relaxed); }  // Any thread.

  // As Session's; `done` once the last session has ended, not inside this call.
  void Quit(absl::AnyInvocable<void()> done);
  void Disconnect();

 private:
  using SessionPtr = std::shared_ptr<Session>;

  Session& At(const core::NodeAddress& node);
  EventSink SinkFor(const std::string& node);
  void OnEvent(ConnectionEvent event);
  bool AnyReady() const;
  void Leave(SessionPtr session);
  void Purge();

  const asio::any_io_executor executor_;
  const SessionOptions session_;
  const std::shared_ptr<const ClusterEndpoints> endpoints_;
  const EventSink on_event_;
  const std::function<void()> on_failure_;
  std::unordered_map<std::string, SessionPtr> sessions_;  // By NodeAddress::name().
  std::vector<SessionPtr> leaving_;                       // Until they have ended.
  bool ended_ = false;                                    // Takes no more.
  std::vector<absl::AnyInvocable<void()>> on_end_;
  std::atomic<bool> any_ready_ = false;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_CLUSTER_NODES_H_
