// Finds out what a cluster looks like, from whichever of its nodes answers first.
#ifndef HOLDFAST_NET_CLUSTER_DISCOVERY_H_
#define HOLDFAST_NET_CLUSTER_DISCOVERY_H_

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/node_address.h"
#include "core/topology.h"
#include "holdfast/endpoint.h"
#include "net/session.h"

namespace holdfast::net {

// Asks nodes on connections of its own, which it then closes: one node after the other, the next as
// soon as one fails or is slow to answer. Made anew for each time. Lives on one strand, `executor`.
class ClusterDiscovery final : public std::enable_shared_from_this<ClusterDiscovery> {
 public:
  struct Candidate {
    Endpoint endpoint = {};
    core::NodeAddress address = {};  // As it is taken for a node that announces no host.
    int root = -1;                   // Which of the root nodes; -1: none.
  };

  struct Found {
    core::Topology topology = {};
    Candidate by = {};
  };
  using Done = absl::AnyInvocable<void(absl::StatusOr<Found>)>;

  // `session`: as for the nodes' own sessions. `all_masters`: also those that have no slots yet, as
  // far as the servers tell of them.
  ClusterDiscovery(const asio::any_io_executor& executor, const SessionOptions& session,
                   std::vector<Candidate> candidates, bool all_masters);

  // `done` is called once, not inside Start(), unless Stop() comes first.
  void Start(Done done);
  void Stop();

  // What is wrong with the nodes that were asked so far.
  absl::Status problem() const;
  std::string problems() const;  // Of each.

 private:
  struct Asked {
    std::shared_ptr<Session> session;
    absl::Status problem;
  };

  void AskNext();
  void AskNextLater();
  Unit Question(std::size_t index);
  void OnAnswer(std::size_t index, absl::StatusOr<Replies> replies);
  absl::StatusOr<core::Topology> Read(const Replies& replies, const Candidate& from) const;
  void OnProblem(std::size_t index, const absl::Status& why);
  void Finish(absl::StatusOr<Found> result);

  const asio::any_io_executor executor_;
  const SessionOptions session_;
  const std::vector<Candidate> candidates_;
  const bool all_masters_;
  const int fork_generation_ = ForkGeneration();
  std::vector<Asked> asked_;  // The first ones of the candidates.
  std::size_t under_way_ = 0;
  asio::steady_timer timer_;
  Done done_;  // Empty before and after.
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_CLUSTER_DISCOVERY_H_
