// The way of one command through a cluster: what to do after each outcome, until it has a result.
#ifndef HOLDFAST_CORE_CLUSTER_ROUTE_H_
#define HOLDFAST_CORE_CLUSTER_ROUTE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "core/node_address.h"
#include "core/redirect.h"
#include "core/time.h"
#include "core/topology.h"

namespace holdfast::core {

struct RouteAction {
  enum class Step {
    kDone,         // The error reply is the command's result.
    kSendToOwner,  // To the owner of its slot; without a slot, to any master.
    kSendTo,       // To `address`.
    kRefresh,      // Read the topology anew, then OnRefreshed.
    kWait,         // Until `until`, then OnWaited.
    kGiveUp,       // The result is `status`.
  };
  Step step = Step::kDone;
  NodeAddress address = {};  // kRefresh: the node to ask first, if it has a port.
  bool asking = false;       // kSendTo: ASKING goes in front of it, in the same write.
  // The slot is at `address` from now on, for all commands: Topology::Move.
  std::optional<std::uint16_t> moved_slot = {};
  // The topology is out of date, or may be: read it anew, while this command goes on.
  bool refresh_behind = false;
  TimePoint until = {};
  absl::Status status = {};
};

// It starts by sending to the owner of the slot. Addresses are those that the nodes announce. The
// one rule behind all of it: a command that may have been executed is never sent again. So after
// every kGiveUp but OnLost's the command was not executed. kInternal: the node violated the
// protocol, and its connection is to be closed. kUnavailable: redirections or time ran out.
class ClusterRoute {
 public:
  // `max_redirections` bounds how often MOVED and ASK are followed. A node that is down, or not
  // ready, is tried again until `deadline`: a fail-over takes its time. No wait goes beyond that.
  ClusterRoute(int max_redirections, TimePoint deadline)
      : max_redirections_(max_redirections), deadline_(deadline) {}

  // `from` answered with an error.
  RouteAction OnError(std::string_view error, const NodeAddress& from, const Topology& topology,
                      TimePoint now);

  // Nothing of the command was written: its node cannot be reached, or the slot has no owner.
  RouteAction OnNotWritten(const absl::Status& cause, TimePoint now);

  // It was written, at least in part, and has no reply.
  RouteAction OnLost(const absl::Status& cause) const;

  RouteAction OnRefreshed(const absl::Status& result, const Topology& topology, TimePoint now);
  RouteAction OnWaited() const;

  int redirections() const { return redirections_; }

 private:
  enum class AfterRefresh { kSend, kWait, kFollow };

  RouteAction TooMany() const;
  RouteAction OutOfTime() const;
  RouteAction Follow(const Redirect& redirect, const NodeAddress& from, const Topology& topology);
  RouteAction Refresh(AfterRefresh after, const NodeAddress& first = {});
  RouteAction Wait(TimePoint now, bool refresh_behind = false);

  int max_redirections_;
  TimePoint deadline_;
  int redirections_ = 0;
  int refreshes_ = 0;
  int waits_ = 0;
  std::string last_;  // Where it was sent on to, or why it was not.
  AfterRefresh after_refresh_ = AfterRefresh::kSend;
  RouteAction follow_;       // What kFollow then does,
  NodeAddress follow_from_;  // and who said so.
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_CLUSTER_ROUTE_H_
