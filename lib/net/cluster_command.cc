#include "net/cluster_command.h"

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
      route_(cluster_->max_redirections, request_.deadline) {}

void ClusterCommand::Start() {
  cluster_->CommandBegins();
  if (cluster_->map->known()) return Begin();
  const absl::Status problem = cluster_->map->problem();
  if (!cluster_->offline_queue) {
    return FinishLater(detail::NotSent(problem.code(), Cause(problem)));
  }
  const absl::Status crowd = Crowd();
  if (!crowd.ok()) return FinishLater(NotExecuted(crowd));
  AwaitTopology();
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
  if (redirect != nullptr && IsOfAScript(*redirect)) redirect = nullptr;
  if (redirect == nullptr) return Finish(std::move(replies));
  const bool malformed =
      core::ReadRedirect(redirect->text()).kind == core::Redirect::Kind::kMalformed;
  if (replica_ && !malformed) {
    target_.or_replica = false;
    return SendToOwner();
  }
  Do(route_.OnError(redirect->text(), address_, cluster_->map->topology(), Now()));
}

// An error that a script ended with, and no node's: it was executed.
bool ClusterCommand::IsOfAScript(const Reply& error) const {
  if (request_.commands.size() != 1) return false;
  const std::string name = request_.commands.front().name();
  if (!name.starts_with("EVAL") && !name.starts_with("FCALL")) return false;
  return core::ReadScriptRedirect(error.text()).kind == core::Redirect::Kind::kNone;
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

// Not OK if too many commands wait already.
absl::Status ClusterCommand::Crowd() const {
  const std::size_t waiting = cluster_->waiting.size();
  if (waiting < cluster_->max_queued) return absl::OkStatus();
  return absl::ResourceExhaustedError(std::to_string(waiting) + " commands are waiting already");
}

void ClusterCommand::Do(Action action) {
  const bool waits = action.step == Step::kRefresh || action.step == Step::kWait;
  if (const absl::Status crowd = Crowd(); waits && !crowd.ok()) return GiveUp(crowd);
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

void ClusterCommand::GiveUp(const absl::Status& why) {
  if (absl::IsInternal(why)) cluster_->nodes->Break(address_, Cause(why));
  Finish(NotExecuted(why));
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

void ClusterCommand::FinishLater(absl::Status status) {
  asio::post(cluster_->executor,
             [self = shared_from_this(), status = std::move(status)] { self->Finish(status); });
}

void ClusterCommand::Finish(absl::StatusOr<Replies> result) {
  std::exchange(request_.waiter.done, nullptr)(std::move(result));
  cluster_->CommandEnds();
}

}  // namespace holdfast::net
