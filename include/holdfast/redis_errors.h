// What a failed command tells: an `absl::Status` that these functions read.
//
//   absl::StatusOr<Reply> reply = client.Execute({"INCR", "orders"});
//   if (MayHaveBeenExecuted(reply.status())) …  // Do not just send it again.
//   if (auto error = GetRedisError(reply.status()); error && error->code == "WRONGTYPE") …
//
// A command fails in one of three ways. The server answered with an error: GetRedisError. It was
// sent, and no answer came: MayHaveBeenExecuted. It was never sent: WasNotSent. Other errors, like
// kInvalidArgument for a command without a name or for a reply that does not convert, are none of
// them.
//
// Codes of the server's errors: kPermissionDenied (NOAUTH, WRONGPASS, NOPERM), kUnavailable
// (LOADING, BUSY, CLUSTERDOWN, MASTERDOWN, TRYAGAIN, NOREPLICAS, too many clients),
// kFailedPrecondition (WRONGTYPE, READONLY, MISCONF, MOVED, ASK), kResourceExhausted (OOM),
// kNotFound (NOSCRIPT, NOGROUP), kAlreadyExists (BUSYGROUP, BUSYKEY), kAborted (EXECABORT,
// UNBLOCKED), kUnimplemented (an unknown command), kInvalidArgument (CROSSSLOT and every other
// ERR), kUnknown (any other code, such as a script's own). Never parse the message; it is for
// people.
#ifndef HOLDFAST_REDIS_ERRORS_H_
#define HOLDFAST_REDIS_ERRORS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"

namespace holdfast {

// An error that a server answered with, without the arguments that it may have quoted.
struct RedisError {
  std::string code = {};     // "WRONGTYPE", "ERR", "NOSCRIPT"; empty if the server gave none.
  std::string message = {};  // What follows the code. Printable, and cut at 500 bytes.
};

// The server's error; nullopt where none answered.
std::optional<RedisError> GetRedisError(const absl::Status& status);

// The command was sent, at least in part, and no answer came: the connection was lost, the time ran
// out, or the client was disconnected. Whether the server executed it is not known.
bool MayHaveBeenExecuted(const absl::Status& status);

// The command was certainly never sent, so that sending it again is safe.
bool WasNotSent(const absl::Status& status);

// No server answered, because it could not be reached, the connection was lost, or the time ran
// out. True only together with one of the two above. An error that the server answered with, like
// LOADING, is none of these.
bool IsUnreachable(const absl::Status& status);

}  // namespace holdfast

#endif  // HOLDFAST_REDIS_ERRORS_H_
