// From a call of the public API to a request, and from the replies back.
#ifndef HOLDFAST_REDIS_CALL_H_
#define HOLDFAST_REDIS_CALL_H_

#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holdfast/batch.h"
#include "holdfast/command.h"
#include "holdfast/detail/initiate.h"
#include "holdfast/reply.h"
#include "net/router.h"
#include "redis_state.h"

namespace holdfast::detail {

// Whether this command may be sent on the client's shared connection.
absl::Status CheckCommand(const RedisState& state, const Command& command);

using RepliesDone = absl::AnyInvocable<void(absl::StatusOr<net::Replies>)>;

// Hands on the only reply; one that is an error as its status, which names the command.
RepliesDone OneReply(std::string_view name, Completion<absl::StatusOr<Reply>> done);

// MULTI, the batch's commands, EXEC.
absl::StatusOr<net::Request> MakeTransaction(const RedisState& state, Batch batch);

// From the replies to those: what EXEC answered; nullopt where a watched key had changed.
absl::StatusOr<std::optional<std::vector<Reply>>> ReadTransaction(const net::Replies& replies);

}  // namespace holdfast::detail

#endif  // HOLDFAST_REDIS_CALL_H_
