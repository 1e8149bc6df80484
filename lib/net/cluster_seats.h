// Where the seats of a cluster are: which master owns the slot of each.
#ifndef HOLDFAST_NET_CLUSTER_SEATS_H_
#define HOLDFAST_NET_CLUSTER_SEATS_H_

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/node_address.h"
#include "core/time.h"
#include "core/topology.h"
#include "holdfast/endpoint.h"
#include "holdfast/node_filter.h"
#include "net/clock.h"
#include "net/cluster_discovery.h"
#include "net/cluster_endpoints.h"
#include "net/route.h"
#include "net/session.h"

namespace holdfast::net {

// One for each cluster. Reads the topology anew for all who ask, once at a time and not too often,
// on connections that it then closes. Lives on one strand, `executor`, as do its routes. To be made
// by std::make_shared; it stays as long as one of its routes does.
class ClusterSeats final : public std::enable_shared_from_this<ClusterSeats> {
 public:
  struct Options {
    std::vector<Endpoint> roots = {};               // At least one; see ClientOptions::clusters.
    LinkOptions link = {};                          // As for the connections of the seats.
    std::string client_name = {};                   // Empty: none.
    NodeFilter filter = {};                         // Empty: all masters may be used.
    std::map<std::string, std::string> zones = {};  // For the filter, by host:port.
  };

  ClusterSeats(const asio::any_io_executor& executor, Options options);

  // Of the seat with this hash tag, as "{fjl}". A route is for one connection.
  std::shared_ptr<Route> RouteFor(const std::string& tag);

  // Who still asks is told that the client was closed, inside this call.
  void Stop();

 private:
  struct Seat;
  class SeatRoute;
  using Candidate = ClusterDiscovery::Candidate;

  struct Question {
    std::shared_ptr<Seat> seat;
    core::TimePoint deadline;
    Route::Found found;
    bool asked = false;  // The reading that is under way began after it.
  };
  using Condition = absl::FunctionRef<bool(const Question&)>;

  void Find(Question question);
  void Schedule();
  void Read();
  std::vector<Candidate> Candidates() const;
  int Blame(const core::NodeAddress& address) const;
  void OnRead(const absl::StatusOr<ClusterDiscovery::Found>& read);
  void OnTopology(const ClusterDiscovery::Found& found);
  Route::Place PlaceOf(Seat& seat) const;
  bool MayUse(int master) const;
  std::vector<Question> Take(Condition concerned);
  void Tell(const core::NodeProblem& problem, Condition concerned);
  void WatchDeadlines();
  void OnDeadline();

  const asio::any_io_executor executor_;
  const NodeFilter filter_;
  const std::map<std::string, std::string> zones_;
  const SessionOptions session_;
  const int fork_generation_ = ForkGeneration();
  ClusterEndpoints endpoints_;

  core::Topology topology_;          // As it was read last.
  std::vector<Question> questions_;  // Without an answer, the oldest first.
  std::shared_ptr<Seat> first_;      // Of the oldest question of the reading that is under way.
  std::shared_ptr<ClusterDiscovery> discovery_;
  bool scheduled_ = false;
  bool stopped_ = false;
  core::TimePoint next_ = core::kLongAgo;  // No reading begins before.
  std::size_t turn_ = 0;
  asio::steady_timer timer_;
  asio::steady_timer deadline_timer_;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_CLUSTER_SEATS_H_
