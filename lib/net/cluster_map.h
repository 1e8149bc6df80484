// What a client knows of the cluster now, and how it learns what has changed.
#ifndef HOLDFAST_NET_CLUSTER_MAP_H_
#define HOLDFAST_NET_CLUSTER_MAP_H_

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/node_address.h"
#include "core/time.h"
#include "core/topology.h"
#include "net/cluster_discovery.h"
#include "net/cluster_endpoints.h"
#include "net/cluster_nodes.h"
#include "net/session.h"

namespace holdfast::net {

// Reads the topology once at a time, for all who ask, and not too often. Lives on one strand,
// `executor`.
class ClusterMap final : public std::enable_shared_from_this<ClusterMap> {
 public:
  // `period`: reads it so often also when nothing seems to have changed; 0: never.
  ClusterMap(const asio::any_io_executor& executor, const SessionOptions& session,
             std::shared_ptr<ClusterEndpoints> endpoints, std::shared_ptr<ClusterNodes> nodes,
             core::milliseconds period);

  // Goes on until the topology is known, as the reconnect strategy says. `on_give_up` if that stops
  // trying.
  void Start(absl::AnyInvocable<void(const absl::Status&)> on_give_up);

  bool known() const { return known_.load(std::memory_order_relaxed); }  // Any thread.
  core::Topology& topology() { return topology_; }

  // Not inside this call; whoever cannot wait so long must see to it himself. While the topology is
  // not known, the answer is that it is, or what waiting will not help. Later it is whether it was
  // read anew; a `first` that has a port is asked before other nodes, and also for masters without
  // slots.
  using Done = absl::AnyInvocable<void(const absl::Status&)>;
  void Refresh(const core::NodeAddress& first, Done done);
  void RefreshBehind() {
    if (known()) Schedule();
  }

  // Why the topology is not known.
  absl::Status problem() const;

  // Whoever waits is told `why`.
  void Stop(const absl::Status& why);

 private:
  struct Waiting {
    core::NodeAddress first;
    Done done;
  };
  using Candidate = ClusterDiscovery::Candidate;

  void Schedule();
  void ReadPeriodically();
  void Discover();
  std::vector<Candidate> Candidates(const core::NodeAddress& first);
  void OnDiscovered(absl::StatusOr<ClusterDiscovery::Found> found);
  void OnFound(ClusterDiscovery::Found found);
  void OnNotFound(const absl::Status& problem);
  void Tell(const absl::Status& result);

  const asio::any_io_executor executor_;
  const SessionOptions session_;
  const std::shared_ptr<ClusterEndpoints> endpoints_;
  const std::shared_ptr<ClusterNodes> nodes_;
  const core::milliseconds period_;
  const int fork_generation_ = ForkGeneration();

  core::Topology topology_;
  std::atomic<bool> known_ = false;
  bool stopped_ = false;
  absl::AnyInvocable<void(const absl::Status&)> on_give_up_;
  std::vector<Waiting> waiting_;
  core::NodeAddress first_;  // Of the discovery that is under way.
  std::shared_ptr<ClusterDiscovery> discovery_;
  bool scheduled_ = false;
  core::TimePoint next_ = core::kLongAgo;  // No discovery begins before.
  core::milliseconds pause_{0};            // Between two of them.
  int retries_ = 0;                        // For the first topology.
  std::size_t turn_ = 0;
  absl::Status problem_;
  asio::steady_timer timer_;
  asio::steady_timer period_timer_;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_CLUSTER_MAP_H_
