#include "net/cluster_router.h"

#include <asio/post.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "core/command_keys.h"
#include "core/redis_errors.h"
#include "core/text.h"
#include "net/cluster_split.h"

namespace holdfast::net {
namespace {

std::string Message(const absl::Status& status) { return std::string(status.message()); }

// What waits for a node that is down is to come back, as another one may have taken over from it.
SessionOptions ForNodes(SessionOptions session, const RedisOptions& options) {
  session.keep_queued = false;
  session.login.replica_reads = options.read_from_replicas;
  return session;
}

// No error tells of a replica that joins, or is back.
constexpr core::milliseconds kReplicaPeriod{5'000};

absl::Status CrossSlot(std::string_view command, std::uint16_t slot, std::uint16_t other) {
  return core::InvalidArgument(
      "CROSSSLOT the keys of the transaction are not all in one slot: those of " +
      core::Printable(command) + " are in slot " + std::to_string(slot) +
      ", those before it in slot " + std::to_string(other));
}

}  // namespace

ClusterRouter::ClusterRouter(const asio::any_io_executor& executor, SessionOptions session,
                             const RedisOptions& options, EventSink on_event)
    : executor_(executor), cluster_(std::make_shared<ClusterState>()) {
  session = ForNodes(std::move(session), options);
  cluster_->executor = executor;
  cluster_->max_redirections = options.max_redirections;
  cluster_->read_from_replicas = options.read_from_replicas;
  cluster_->offline_queue = session.offline_queue;
  cluster_->max_queued = session.max_queued;
  cluster_->endpoints = std::make_shared<ClusterEndpoints>(session.endpoint, options);
  auto on_failure = [weak = std::weak_ptr(cluster_)] {
    if (const auto cluster = weak.lock()) cluster->map->RefreshBehind();
  };
  cluster_->nodes = std::make_shared<ClusterNodes>(executor, session, cluster_->endpoints,
                                                   std::move(on_event), std::move(on_failure));
  const auto period = options.read_from_replicas ? kReplicaPeriod : core::milliseconds(0);
  cluster_->map =
      std::make_shared<ClusterMap>(executor, session, cluster_->endpoints, cluster_->nodes, period);
}

void ClusterRouter::Start() {
  open_ = true;
  cluster_->on_no_more = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->EndIfDrained();
  };
  cluster_->map->Start([weak = weak_from_this()](const absl::Status& why) {
    if (const auto self = weak.lock()) self->End(why);
  });
}

bool ClusterRouter::is_ready() const {
  return is_open() && cluster_->map->known() && cluster_->nodes->any_ready();
}

void ClusterRouter::Execute(Request request) {
  request.waiter = ForReplies(executor_, std::move(request.waiter));
  const absl::Status status =
      end_.ok() ? Dispatch(request) : detail::NotSent(end_.code(), Message(end_));
  if (status.ok()) return;
  asio::post(executor_,
             [done = std::move(request.waiter.done), status]() mutable { done(status); });
}

// Leaves the request alone if it fails.
absl::Status ClusterRouter::Dispatch(Request& request) {
  auto target = TargetOf(request);
  if (!target.ok() && request.commands.size() == 1) {
    if (ExecuteSplit(cluster_, request)) return absl::OkStatus();
  }
  if (!target.ok()) return target.status();
  std::make_shared<ClusterCommand>(cluster_, std::move(request), *std::move(target))->Start();
  return absl::OkStatus();
}

absl::StatusOr<ClusterTarget> ClusterRouter::TargetOf(const Request& request) const {
  ClusterTarget target;
  target.node = request.node;
  if (!target.node.empty()) return target;
  for (const Command& command : request.commands) {
    const std::vector<std::string_view> words = command.words();
    const auto slot = core::SlotOfCommand(words);
    if (!slot.ok()) return slot.status();
    if (!*slot) continue;
    if (target.slot && *target.slot != **slot) return CrossSlot(words[0], **slot, *target.slot);
    target.slot = *slot;
    target.or_replica =
        cluster_->read_from_replicas && request.commands.size() == 1 && core::IsReadOnly(words);
  }
  return target;
}

void ClusterRouter::Quit(absl::AnyInvocable<void()> done) {
  if (!is_open()) return asio::post(executor_, std::move(done));
  on_quit_.push_back(std::move(done));
  end_ = absl::CancelledError("the client was told to quit");
  EndIfDrained();
}

void ClusterRouter::EndIfDrained() {
  if (on_quit_.empty() || cluster_->under_way > 0) return;
  cluster_->map->Stop(end_);
  cluster_->nodes->Quit([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->OnLastEnd();
  });
}

void ClusterRouter::OnLastEnd() {
  open_ = false;
  for (auto& done : std::exchange(on_quit_, {})) done();
}

void ClusterRouter::Disconnect() { End(absl::CancelledError("the client was disconnected")); }

void ClusterRouter::End(const absl::Status& why) {
  if (!open_.exchange(false)) return;
  end_ = why;
  const auto waiting = cluster_->waiting;
  for (const auto& [key, command] : waiting) command->Cancel(why);
  cluster_->map->Stop(why);
  cluster_->nodes->Disconnect();
}

}  // namespace holdfast::net
