#include "net/cluster_split.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/command_keys.h"
#include "core/multi_key.h"
#include "core/redis_errors.h"
#include "core/reply_access.h"
#include "core/text.h"
#include "net/cluster_command.h"
#include "net/cluster_replies.h"

namespace holdfast::net {
namespace {

// Gathers the results of the parts.
class Gathering final : public std::enable_shared_from_this<Gathering> {
 public:
  Gathering(std::shared_ptr<ClusterState> cluster, Request request)
      : cluster_(std::move(cluster)), request_(std::move(request)) {}

  // False: there is nothing to split, and the request is to be taken back.
  bool Start() {
    const std::vector<std::string_view> words = request_.commands.front().words();
    auto split = core::Split(words);
    if (!split) return false;
    const bool or_replica = cluster_->read_from_replicas && core::IsReadOnly(words);
    joiner_.emplace(*std::move(split));
    missing_ = joiner_->split().parts.size();
    for (std::size_t i = 0; i < joiner_->split().parts.size(); ++i) StartPart(i, or_replica);
    return true;
  }

  Request TakeBack() { return std::move(request_); }

 private:
  void StartPart(std::size_t index, bool or_replica) {
    const core::SplitCommand::Part& part = joiner_->split().parts[index];
    Request request;
    request.commands.emplace_back(std::span<const std::string_view>(part.words));
    request.deadline = request_.deadline;
    auto at = std::make_shared<const ClusterCommand*>(nullptr);
    request.waiter.done = [self = shared_from_this(), index, at](absl::StatusOr<Replies> replies) {
      self->OnPart(index, **at, replies);
    };
    ClusterTarget target;
    target.slot = part.slot;
    target.or_replica = or_replica;
    auto command = std::make_shared<ClusterCommand>(cluster_, std::move(request), target);
    *at = command.get();
    command->Start();
  }

  void OnPart(std::size_t index, const ClusterCommand& command,
              const absl::StatusOr<Replies>& replies) {
    absl::Status status = replies.status();
    if (status.ok()) {
      status = joiner_->Add(index, ToCore(replies->front()).root());
      if (!status.ok()) cluster_->nodes->Break(command.address(), std::string(status.message()));
    }
    if (!status.ok() && ++failed_ == 1) first_failure_ = status;
    all_unsent_ = all_unsent_ && WasNotSent(status);
    if (--missing_ == 0) Finish();
  }

  void Finish() {
    if (failed_ > 0) return request_.waiter.done(Failure());
    core::Reply joined;
    joiner_->Finish(joined);
    request_.waiter.done(Replies{detail::ReplyAccess::Copy(joined.root())});
  }

  // Where one part was executed, or may have been, the command was.
  absl::Status Failure() const {
    if (all_unsent_) return first_failure_;
    return detail::MayBeExecuted(first_failure_.code(),
                                 std::to_string(failed_) + " of its " +
                                     std::to_string(joiner_->split().parts.size()) +
                                     " parts failed: " + std::string(first_failure_.message()));
  }

  const std::shared_ptr<ClusterState> cluster_;
  Request request_;  // What is split are views of its words.
  std::optional<core::ReplyJoiner> joiner_;
  std::size_t missing_ = 0;
  std::size_t failed_ = 0;
  bool all_unsent_ = true;
  absl::Status first_failure_;
};

}  // namespace

bool ExecuteSplit(const std::shared_ptr<ClusterState>& cluster, Request& request) {
  const auto gathering = std::make_shared<Gathering>(cluster, std::move(request));
  if (gathering->Start()) return true;
  request = gathering->TakeBack();
  return false;
}

}  // namespace holdfast::net
