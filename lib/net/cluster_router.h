// Commands to the nodes of a cluster.
#ifndef HOLDFAST_NET_CLUSTER_ROUTER_H_
#define HOLDFAST_NET_CLUSTER_ROUTER_H_

#include <asio/any_io_executor.hpp>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/time.h"
#include "holdfast/redis_options.h"
#include "net/cluster_command.h"
#include "net/cluster_state.h"
#include "net/router.h"
#include "net/session.h"

namespace holdfast::net {

// To be made by std::make_shared. Must be told to Disconnect() before it goes.
class ClusterRouter final : public Router, public std::enable_shared_from_this<ClusterRouter> {
 public:
  // `session`: how each node is spoken to; of its endpoint the credentials and TLS count. `options`
  // were checked, and have a cluster.
  ClusterRouter(const asio::any_io_executor& executor, SessionOptions session,
                const RedisOptions& options, EventSink on_event);

  void Start() override;
  void Execute(Request request) override;
  void Locate(const std::vector<std::string>& keys, core::TimePoint deadline,
              Located done) override;
  void Nodes(core::TimePoint deadline, Listed done) override;
  void Quit(absl::AnyInvocable<void()> done) override;
  void Disconnect() override;
  bool is_open() const override { return open_.load(std::memory_order_relaxed); }
  bool is_ready() const override;

 private:
  using Then = absl::AnyInvocable<void(const absl::Status&)>;

  absl::Status Dispatch(Request& request);
  absl::StatusOr<ClusterTarget> TargetOf(const Request& request) const;
  absl::StatusOr<Endpoint> OwnerOf(const std::vector<std::string>& keys) const;
  std::vector<NodeInfo> ListNodes() const;
  void WhenKnown(core::TimePoint deadline, Then then);
  void WhenRead(core::TimePoint deadline, Then then);
  void EndIfDrained();
  void OnLastEnd();
  void End(const absl::Status& why);

  const asio::any_io_executor executor_;
  const std::shared_ptr<ClusterState> cluster_;
  std::atomic<bool> open_ = false;
  absl::Status end_;  // Why nothing is taken any more.
  std::vector<absl::AnyInvocable<void()>> on_quit_;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_CLUSTER_ROUTER_H_
