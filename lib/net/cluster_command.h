// One request on its way through a cluster, until it has a result.
#ifndef HOLDFAST_NET_CLUSTER_COMMAND_H_
#define HOLDFAST_NET_CLUSTER_COMMAND_H_

#include <asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/cluster_route.h"
#include "core/node_address.h"
#include "core/time.h"
#include "net/clock.h"
#include "net/cluster_state.h"
#include "net/router.h"

namespace holdfast::net {

// Where a request goes: to the owner of a slot, without one to any master; or to one node alone.
struct ClusterTarget {
  std::optional<std::uint16_t> slot = {};
  bool or_replica = false;
  std::string node = {};  // Its address. Its replies are the result, also redirections.
};

// Does what core::ClusterRoute says. Keeps itself alive until the request has its result.
class ClusterCommand final : public std::enable_shared_from_this<ClusterCommand> {
 public:
  ClusterCommand(std::shared_ptr<ClusterState> cluster, Request request, ClusterTarget target);

  void Start();

  // Where it was sent to last.
  const core::NodeAddress& address() const { return address_; }

  // While it waits: ends it.
  void Cancel(const absl::Status& why);

 private:
  using Action = core::RouteAction;

  void AwaitTopology();
  void Begin();
  void SendToOwner();
  void SendTo(const core::NodeAddress& address, bool asking);
  void OnReplies(absl::StatusOr<Replies> replies);
  void OnAnswer(Replies replies);
  bool IsOfAScript(const Reply& error) const;
  void OnFailure(const absl::Status& status);
  bool MayGoElsewhere(const absl::Status& status) const;

  absl::Status Crowd() const;
  void Do(Action action);
  void AwaitRefresh(const core::NodeAddress& first);
  void AwaitTime(core::TimePoint until);
  void GiveUp(const absl::Status& why);

  void Wait(core::TimePoint until, std::function<void()> on_time);
  bool EndWait(std::uint64_t wait);
  void OutOfTime();
  absl::Status NotExecuted(const absl::Status& why) const;
  void Finish(absl::StatusOr<Replies> result);
  void FinishLater(absl::Status status);

  const std::shared_ptr<ClusterState> cluster_;
  const int fork_generation_ = ForkGeneration();
  Request request_;
  ClusterTarget target_;
  core::ClusterRoute route_;
  core::NodeAddress address_;  // Without a port: it was never sent.
  bool asking_ = false;
  bool replica_ = false;     // The node may be a replica.
  std::uint64_t waits_ = 0;  // The number of the last wait; odd while it goes on.
  std::optional<asio::steady_timer> timer_;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_CLUSTER_COMMAND_H_
