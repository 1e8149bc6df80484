#include "net/cluster_command.h"

#include <algorithm>
#include <asio/post.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/cord.h"
#include "core/redirect.h"
#include "core/redis_errors.h"
#include "core/text.h"
#include "net/cluster_replies.h"

namespace holdfast::net {
namespace {

using core::NodeAddress;
using core::TimePoint;
using Step = core::RouteAction::Step;

constexpr std::string_view kNotSent = "; the command was not sent";

// Without what is said anew about the command's fate.
std::string Cause(const absl::Status& status) {
  std::string message(status.message());
  if (message.ends_with(kNotSent)) message.resize(message.size() - kNotSent.size());
  return message;
}

}  // namespace

ClusterCommand::ClusterCommand(std::shared_ptr<ClusterState> cluster, Request request,
                               ClusterTarget target)
    : cluster_(std::move(cluster)),
      request_(std::move(request)),
      target_(std::move(target)),
      route_(cluster_->max_redirections, request_.deadline) {
  request_.waiter = ForReplies(cluster_->executor, std::move(request_.waiter));
}

void ClusterCommand::Start() {
  cluster_->CommandBegins();
  if (cluster_->map->known()) return Begin();
  const absl::Status problem = cluster_->map->problem();
  if (!cluster_->offline_queue) return FinishLater(detail::NotSent(problem.code(), Cause(problem)));
  if (cluster_->waiting.size() >= cluster_->max_queued) {
    return FinishLater(detail::NotSent(
        absl::StatusCode::kResourceExhausted,
        std::to_string(cluster_->waiting.size()) + " commands are waiting already"));
  }
  AwaitTopology();
}

void ClusterCommand::AwaitTopology() {
  Wait(request_.deadline, [this] { OutOfTime(); });
  cluster_->map->Refresh({},
                         [self = shared_from_this(), wait = waits_](const absl::Status& result) {
                           if (!self->EndWait(wait)) return;
                           if (!result.ok())
                             return self->Finish(detail::NotSent(result.code(), Cause(result)));
                           self->Begin();
                         });
}

void ClusterCommand::Begin() {
  if (target_.node.empty()) return SendToOwner();
  for (const core::TopologyNode& node : cluster_->map->topology().nodes()) {
    if (node.address.name() == target_.node) return SendTo(node.address, false);
  }
  FinishLater(detail::NotSent(absl::StatusCode::kNotFound,
                              core::Printable(target_.node) + " is no node of the cluster"));
}

void ClusterCommand::SendToOwner() {
  replica_ = target_.or_replica;
  const auto node =
      target_.slot ? cluster_->NodeFor(*target_.slot, target_.or_replica) : cluster_->AnyMaster();
  if (node) return SendTo(*node, false);
  const std::string why = target_.slot ? "slot " + std::to_string(*target_.slot) + " has no owner"
                                       : "the cluster has no master";
  asio::post(cluster_->executor, [self = shared_from_this(), why] {
    self->OnFailure(detail::NotSent(absl::StatusCode::kUnavailable, why));
  });
}

void ClusterCommand::SendTo(const NodeAddress& address, bool asking) {
  address_ = address;
  asking_ = asking;
  Unit unit;
  if (asking) Command("ASKING").AppendTo(unit.bytes);
  for (const Command& command : request_.commands) command.AppendTo(unit.bytes);
  unit.commands = request_.commands.size() + (asking ? 1 : 0);
  unit.deadline = request_.deadline;
  unit.waiter.done = [self = shared_from_this()](absl::StatusOr<Replies> replies) {
    self->OnReplies(std::move(replies));
  };
  cluster_->nodes->Send(address, std::move(unit));
}

void ClusterCommand::OnReplies(absl::StatusOr<Replies> replies) {
  if (!replies.ok()) return OnFailure(replies.status());
  if (asking_) replies->erase(replies->begin());
  OnAnswer(*std::move(replies));
}

void ClusterCommand::OnAnswer(Replies replies) {
  const Reply* redirect = target_.node.empty() ? FindRedirect(replies) : nullptr;
  if (redirect == nullptr) return Finish(std::move(replies));
  const bool malformed =
      core::ReadRedirect(redirect->text()).kind == core::Redirect::Kind::kMalformed;
  if (replica_ && !malformed) {
    target_.or_replica = false;
    return SendToOwner();
  }
  Do(route_.OnError(redirect->text(), address_, cluster_->map->topology(), Now()));
}

void ClusterCommand::OnFailure(const absl::Status& status) {
  if (!WasNotSent(status)) return Finish(route_.OnLost(status).status);
  if (!MayGoElsewhere(status)) return Finish(status);
  if (replica_) {
    target_.or_replica = false;
    return SendToOwner();
  }
  Do(route_.OnNotWritten(absl::Status(status.code(), core::ToAbsl(Cause(status))), Now()));
}

// Not where the client itself refused it, or the node will refuse it again.
bool ClusterCommand::MayGoElsewhere(const absl::Status& status) const {
  if (!absl::IsUnavailable(status) && !absl::IsInternal(status)) return false;
  return replica_ || (target_.node.empty() && cluster_->offline_queue);
}

void ClusterCommand::Do(Action action) {
  if (action.moved_slot) cluster_->map->topology().Move(*action.moved_slot, action.address);
  if (action.refresh_behind) cluster_->map->RefreshBehind();
  switch (action.step) {
    case Step::kSendToOwner:
      return SendToOwner();
    case Step::kSendTo:
      return SendTo(action.address, action.asking);
    case Step::kRefresh:
      return AwaitRefresh(action.address);
    case Step::kWait:
      return AwaitTime(action.until);
    default:
      return GiveUp(action.status);
  }
}

void ClusterCommand::AwaitRefresh(const NodeAddress& first) {
  Wait(request_.deadline, [this] { OutOfTime(); });
  cluster_->map->Refresh(
      first, [self = shared_from_this(), wait = waits_](const absl::Status& result) {
        if (!self->EndWait(wait)) return;
        self->Do(self->route_.OnRefreshed(result, self->cluster_->map->topology(), Now()));
      });
}

void ClusterCommand::AwaitTime(TimePoint until) {
  Wait(until, [this] { Do(route_.OnWaited()); });
}

void ClusterCommand::GiveUp(const absl::Status& why) {
  if (absl::IsInternal(why)) cluster_->nodes->Break(address_, Cause(why));
  Finish(NotExecuted(why));
}

// Until EndWait(), or `until`, when it ends the wait itself.
void ClusterCommand::Wait(TimePoint until, std::function<void()> on_time) {
  const std::uint64_t wait = ++waits_;
  cluster_->waiting.emplace(this, shared_from_this());
  if (!timer_) timer_.emplace(cluster_->executor);
  timer_->expires_after(std::max<core::nanoseconds>(until - Now(), {}));
  timer_->async_wait(
      [self = shared_from_this(), wait, on_time = std::move(on_time)](asio::error_code error) {
        if (!error && self->EndWait(wait)) on_time();
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

// It is safe to give the command again, also where it was sent and sent away.
absl::Status ClusterCommand::NotExecuted(const absl::Status& why) const {
  const absl::Status not_sent = detail::NotSent(why.code(), Cause(why));
  if (address_.port == 0) return not_sent;
  absl::Status status(why.code(), core::ToAbsl(Cause(why) + "; the command was not executed"));
  not_sent.ForEachPayload([&status](absl::string_view url, const absl::Cord& payload) {
    status.SetPayload(url, payload);
  });
  return status;
}

void ClusterCommand::Cancel(const absl::Status& why) {
  if (EndWait(waits_)) Finish(NotExecuted(why));
}

void ClusterCommand::FinishLater(absl::Status status) {
  asio::post(cluster_->executor,
             [self = shared_from_this(), status = std::move(status)] { self->Finish(status); });
}

void ClusterCommand::Finish(absl::StatusOr<Replies> result) {
  std::exchange(request_.waiter.done, nullptr)(std::move(result));
  cluster_->CommandEnds();
}

}  // namespace holdfast::net
