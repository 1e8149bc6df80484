// A request that waits for the topology, or for an instant.
#include <algorithm>
#include <string>
#include <utility>

#include "core/redis_errors.h"
#include "net/cluster_command.h"

namespace holdfast::net {

void ClusterCommand::AwaitTopology() {
  Wait(request_.deadline, [this] { OutOfTime(); });
  cluster_->map->Refresh({},
                         [self = shared_from_this(), wait = waits_](const absl::Status& result) {
                           if (!self->EndWait(wait)) return;
                           if (!result.ok()) return self->Finish(self->NotExecuted(result));
                           self->Begin();
                         });
}

void ClusterCommand::AwaitRefresh(const core::NodeAddress& first) {
  Wait(request_.deadline, [this] { OutOfTime(); });
  cluster_->map->Refresh(
      first, [self = shared_from_this(), wait = waits_](const absl::Status& result) {
        if (!self->EndWait(wait)) return;
        self->Do(self->route_.OnRefreshed(result, self->cluster_->map->topology(), Now()));
      });
}

void ClusterCommand::AwaitTime(core::TimePoint until) {
  Wait(until, [this] { Do(route_.OnWaited()); });
}

// Until EndWait(), or `until`, when it ends the wait itself.
void ClusterCommand::Wait(core::TimePoint until, std::function<void()> on_time) {
  const std::uint64_t wait = ++waits_;
  cluster_->waiting.emplace(this, shared_from_this());
  if (!timer_) timer_.emplace(cluster_->executor);
  timer_->expires_after(std::max<core::nanoseconds>(until - Now(), {}));
  timer_->async_wait(
      [self = shared_from_this(), wait, on_time = std::move(on_time)](asio::error_code error) {
        // In a forked child the command is the parent's.
        if (error || ForkGeneration() != self->fork_generation_) return;
        if (self->EndWait(wait)) on_time();
      });
}

// False if it is over already.
bool ClusterCommand::EndWait(std::uint64_t wait) {
  if (wait != waits_ || !request_.waiter) return false;
  ++waits_;
  timer_->cancel();
  cluster_->waiting.erase(this);
  return true;
}

void ClusterCommand::OutOfTime() {
  const absl::Status problem = cluster_->map->problem();
  Finish(NotExecuted(absl::Status(absl::StatusCode::kUnavailable, problem.message())));
}

void ClusterCommand::Cancel(const absl::Status& why) {
  if (EndWait(waits_)) Finish(NotExecuted(why));
}

}  // namespace holdfast::net
