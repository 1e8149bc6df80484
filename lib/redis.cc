#include "holdfast/redis.h"

#include <asio/post.hpp>
#include <cstddef>
#include <string_view>

#include "core/redis_errors.h"
#include "core/shared_connection.h"
#include "redis_call.h"
#include "redis_state.h"

namespace holdfast {
namespace {

using detail::RedisState;

// What the replies of a pipeline are gathered in; the last one completes it.
struct Gathering {
  std::vector<absl::StatusOr<Reply>> replies;
  std::size_t missing = 0;
  detail::Completion<std::vector<absl::StatusOr<Reply>>> done;
};

net::Request MakeRequest(Command command, const std::string& node, core::TimePoint deadline,
                         detail::Completion<absl::StatusOr<Reply>> done) {
  net::Request request;
  request.deadline = deadline;
  request.node = node;
  request.waiter.one = std::move(done);
  request.commands.push_back(std::move(command));
  return request;
}

}  // namespace

absl::StatusOr<Redis> Redis::Create(asio::any_io_executor executor, RedisOptions options) {
  if (!executor) return absl::InvalidArgumentError("the executor is empty");
  auto state = RedisState::Make(executor, std::move(options));
  if (!state.ok()) return state.status();
  (*state)->EnsureStarted();
  return Redis(std::make_shared<detail::RedisHandle>(*std::move(state)));
}

asio::any_io_executor Redis::get_executor() const { return handle_->state().executor(); }

void Redis::StartExecute(Command command, detail::Completion<absl::StatusOr<Reply>> done) const {
  RedisState& state = handle_->state();
  absl::Status status = detail::CheckCommand(state, command);
  if (!status.ok()) {
    return asio::post(state.strand(), [done = std::move(done),
                                       status = std::move(status)]() mutable { done(status); });
  }
  state.Execute(MakeRequest(std::move(command), node_, state.Deadline(), std::move(done)));
}

void Redis::StartPipeline(Batch batch,
                          detail::Completion<std::vector<absl::StatusOr<Reply>>> done) const {
  const auto gathering = std::make_shared<Gathering>();
  gathering->missing = batch.size();
  gathering->replies.resize(batch.size(), absl::UnknownError("no reply yet"));
  gathering->done = std::move(done);
  if (batch.empty()) return gathering->done({});
  std::vector<Command> commands = std::move(batch).commands();
  // One turn of the strand takes all of them, so that they go out in one write.
  handle_->state().Run([redis = *this, gathering,
                        commands = std::move(commands)](net::Router&) mutable {
    std::size_t i = 0;
    for (Command& command : commands) {
      redis.StartExecute(std::move(command), [gathering, at = i++](absl::StatusOr<Reply> reply) {
        gathering->replies[at] = std::move(reply);
        if (--gathering->missing == 0) gathering->done(std::move(gathering->replies));
      });
    }
  });
}

void Redis::StartTransaction(Batch batch,
                             detail::Completion<absl::StatusOr<std::vector<Reply>>> done) const {
  RedisState& state = handle_->state();
  auto request = detail::MakeTransaction(state, std::move(batch));
  if (!request.ok()) return done(request.status());
  request->node = node_;
  request->waiter.done = [done = std::move(done)](absl::StatusOr<net::Replies> replies) mutable {
    if (!replies.ok()) return done(replies.status());
    auto executed = detail::ReadTransaction(*replies);
    if (!executed.ok()) return done(executed.status());
    if (*executed) return done(**std::move(executed));
    done(absl::InternalError("EXEC: the server says that a key was changed, but none was watched"));
  };
  state.Execute(*std::move(request));
}

void Redis::StartRun(const Script& script, const Arguments& keys, const Arguments& arguments,
                     detail::Completion<absl::StatusOr<Reply>> done) const {
  Command by_sha = {"EVALSHA", script.sha1(), keys.size()};
  by_sha.AddAll(keys.words()).AddAll(arguments.words());
  const core::TimePoint deadline = handle_->state().Deadline();  // Of both commands together.
  StartExecute(by_sha, [redis = *this, deadline, script, keys, arguments,
                        done = std::move(done)](absl::StatusOr<Reply> reply) mutable {
    const auto error = GetRedisError(reply.status());
    // In the server's own words: a script that was executed may say NOSCRIPT, too.
    const bool unknown =
        error && error->code == "NOSCRIPT" && error->message.starts_with("No matching script");
    if (!unknown) return done(std::move(reply));
    Command with_text = {"EVAL", script.text(), keys.size()};
    with_text.AddAll(keys.words()).AddAll(arguments.words());
    redis.handle_->state().Execute(
        MakeRequest(std::move(with_text), redis.node_, deadline, std::move(done)));
  });
}

void Redis::StartNodes(detail::Completion<absl::StatusOr<std::vector<RedisNode>>> done) const {
  RedisState& state = handle_->state();
  const absl::Status status = state.CheckProcess();
  if (!status.ok()) return done(status);
  auto listed = [redis = *this,
                 done = std::move(done)](absl::StatusOr<std::vector<net::NodeInfo>> nodes) mutable {
    if (!nodes.ok()) return done(nodes.status());
    std::vector<RedisNode> made;
    for (const net::NodeInfo& node : *nodes) {
      made.push_back({node.address(), node.id,
                      node.master ? RedisNode::Role::kMaster : RedisNode::Role::kReplica,
                      node.master_address, Redis(redis.handle_, node.address())});
    }
    done(std::move(made));
  };
  state.Run([deadline = state.Deadline(), listed = std::move(listed)](net::Router& router) mutable {
    router.Nodes(deadline, std::move(listed));
  });
}

bool Redis::is_open() const { return handle_->state().is_open(); }

bool Redis::is_ready() const { return handle_->state().router().is_ready(); }

void Redis::StartQuit(detail::Completion<absl::Status> done) const {
  const absl::Status status = handle_->state().CheckProcess();
  if (!status.ok()) return done(status);
  handle_->state().Run([subscriber = handle_->state().subscriber(),
                        done = std::move(done)](net::Router& router) mutable {
    subscriber->End(absl::CancelledError("the client was told to quit"));
    router.Quit([done = std::move(done)]() mutable { done(absl::OkStatus()); });
  });
}

void Redis::Disconnect() const { handle_->state().Disconnect(); }

}  // namespace holdfast
