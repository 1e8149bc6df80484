// Makes the errors that holdfast/redis_errors.h describes.
#ifndef HOLDFAST_CORE_REDIS_ERRORS_H_
#define HOLDFAST_CORE_REDIS_ERRORS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "holdfast/redis_errors.h"

namespace holdfast::detail {

// From the text of an error reply. The message is that text, printable, at most 500 bytes of it,
// and without the arguments that a server quotes when it does not know a command: the command may
// have been AUTH.
absl::Status ErrorReplyStatus(std::string_view error_reply);

// The command was certainly not sent; the message says so behind `why`.
absl::Status NotSent(absl::StatusCode code, const std::string& why);

// The command was sent, at least in part, without an answer; the message says so behind `why`.
absl::Status MayBeExecuted(absl::StatusCode code, const std::string& why);

// The same error with "<where>: " in front of its message.
absl::Status WithContext(const std::string& where, const absl::Status& status);

}  // namespace holdfast::detail

#endif  // HOLDFAST_CORE_REDIS_ERRORS_H_
