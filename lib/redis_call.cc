#include "redis_call.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "core/redis_errors.h"
#include "core/shared_connection.h"
#include "core/text.h"

namespace holdfast::detail {
namespace {

absl::Status CheckWords(const Command& command) {
  if (command.empty()) return absl::InvalidArgumentError("an empty command");
  const std::string_view words[] = {command.word(0), command.word(1)};
  const std::string refused =
      core::RefusedOnSharedConnection(std::span(words, std::min<std::size_t>(command.size(), 2)));
  return refused.empty() ? absl::OkStatus() : absl::InvalidArgumentError(refused);
}

// A user without the right to MULTI may have that to the commands behind it.
bool ExecutedWithoutMulti(const net::Replies& replies) {
  if (!replies.front().is_error()) return false;
  return !std::all_of(replies.begin(), replies.end(),
                      [](const Reply& reply) { return reply.is_error(); });
}

// With the server's error, for GetRedisError().
absl::Status Aborted(const absl::Status& cause) {
  absl::Status status(absl::StatusCode::kAborted,
                      "transaction: nothing was executed: " + std::string(cause.message()));
  cause.ForEachPayload([&status](absl::string_view url, const absl::Cord& payload) {
    status.SetPayload(url, payload);
  });
  return status;
}

std::vector<Reply> Elements(const Reply& array) { return {array.begin(), array.end()}; }

}  // namespace

absl::Status CheckCommand(const RedisState& state, const Command& command) {
  const absl::Status status = state.CheckProcess();
  return status.ok() ? CheckWords(command) : status;
}

RepliesDone OneReply(std::string_view name, Completion<absl::StatusOr<Reply>> done) {
  return [name = std::string(name),
          done = std::move(done)](absl::StatusOr<net::Replies> replies) mutable {
    const absl::Status status = replies.ok() ? replies->front().status() : replies.status();
    if (!status.ok()) return done(WithContext(core::Printable(name), status));
    done(std::move(replies->front()));
  };
}

absl::StatusOr<net::Request> MakeTransaction(const RedisState& state, Batch batch) {
  absl::Status status = state.CheckProcess();
  net::Request request;
  request.deadline = state.Deadline();
  request.commands.push_back(Command("MULTI"));
  for (Command& command : std::move(batch).commands()) {
    if (status.ok()) status = CheckWords(command);
    request.commands.push_back(std::move(command));
  }
  request.commands.push_back(Command("EXEC"));
  if (!status.ok()) return status;
  return request;
}

absl::StatusOr<std::optional<std::vector<Reply>>> ReadTransaction(const net::Replies& replies) {
  if (ExecutedWithoutMulti(replies)) {
    return MayBeExecuted(replies.front().status().code(),
                         "the server refused MULTI, and executed what followed one by one: " +
                             std::string(replies.front().status().message()));
  }
  // The server says of EXEC only that something was refused; what it was, it said then.
  for (const Reply& reply : replies) {
    if (reply.is_error()) return Aborted(reply.status());
  }
  if (replies.back().is_nil()) return std::nullopt;
  return Elements(replies.back());
}

}  // namespace holdfast::detail
