#include "core/redis_errors.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "core/text.h"

namespace holdfast {
namespace {

// The payload is the server's text, cleaned.
constexpr char kErrorUrl[] = "holdfast/redis_error";

// The payload is one of the two below.
constexpr char kDeliveryUrl[] = "holdfast/redis_delivery";
constexpr char kNotSent[] = "not sent";
constexpr char kMayBeExecuted[] = "may have been executed";

// Of a server's text in a message.
constexpr std::size_t kLongest = 500;

struct Meaning {
  std::string_view start;  // Of an error's code, or of the words behind ERR.
  absl::StatusCode code;
};

constexpr Meaning kCodes[] = {
    {"ASK", absl::StatusCode::kFailedPrecondition},
    {"BUSY", absl::StatusCode::kUnavailable},
    {"BUSYGROUP", absl::StatusCode::kAlreadyExists},
    {"BUSYKEY", absl::StatusCode::kAlreadyExists},
    {"CLUSTERDOWN", absl::StatusCode::kUnavailable},
    {"CROSSSLOT", absl::StatusCode::kInvalidArgument},
    {"DENIED", absl::StatusCode::kPermissionDenied},
    {"EXECABORT", absl::StatusCode::kAborted},
    {"LOADING", absl::StatusCode::kUnavailable},
    {"MASTERDOWN", absl::StatusCode::kUnavailable},
    {"MISCONF", absl::StatusCode::kFailedPrecondition},
    {"MOVED", absl::StatusCode::kFailedPrecondition},
    {"NOAUTH", absl::StatusCode::kPermissionDenied},
    {"NOGROUP", absl::StatusCode::kNotFound},
    {"NOPERM", absl::StatusCode::kPermissionDenied},
    {"NOPROTO", absl::StatusCode::kUnimplemented},
    {"NOREPLICAS", absl::StatusCode::kUnavailable},
    {"NOSCRIPT", absl::StatusCode::kNotFound},
    {"OOM", absl::StatusCode::kResourceExhausted},
    {"READONLY", absl::StatusCode::kFailedPrecondition},
    {"TRYAGAIN", absl::StatusCode::kUnavailable},
    {"UNBLOCKED", absl::StatusCode::kAborted},
    {"WRONGPASS", absl::StatusCode::kPermissionDenied},
    {"WRONGTYPE", absl::StatusCode::kFailedPrecondition},
};

// What has no code of its own.
constexpr Meaning kPlainErrors[] = {
    {"unknown command", absl::StatusCode::kUnimplemented},
    {"unknown subcommand", absl::StatusCode::kUnimplemented},
    {"max number of clients", absl::StatusCode::kUnavailable},
    {"invalid password", absl::StatusCode::kPermissionDenied},  // Before Redis 6.
};

bool IsInCodes(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// The text's first word, if it looks like a code.
std::string_view CodeIn(std::string_view text) {
  const std::string_view word = text.substr(0, text.find(' '));
  return std::all_of(word.begin(), word.end(), IsInCodes) ? word : std::string_view();
}

RedisError Parse(std::string_view text) {
  const std::string_view code = CodeIn(text);
  std::string_view message = text.substr(code.size());
  if (!code.empty() && message.starts_with(' ')) message.remove_prefix(1);
  return {.code = std::string(code), .message = std::string(message)};
}

absl::StatusCode CodeOf(const RedisError& error) {
  for (const Meaning& meaning : kCodes) {
    if (error.code == meaning.start) return meaning.code;
  }
  if (error.code != "ERR") return absl::StatusCode::kUnknown;
  for (const Meaning& meaning : kPlainErrors) {
    if (error.message.starts_with(meaning.start)) return meaning.code;
  }
  return absl::StatusCode::kInvalidArgument;
}

std::string Clean(std::string_view text) {
  std::size_t quotes = std::string_view::npos;
  for (const std::string_view start :
       {"with args beginning with", " modifier '", "Invalid argument '"}) {
    quotes = std::min(quotes, text.find(start));
  }
  text = text.substr(0, quotes);
  if (quotes != std::string_view::npos) text = text.substr(0, text.find_last_not_of(" ,") + 1);
  return core::Printable(text, kLongest);
}

bool HasDelivery(const absl::Status& status, std::string_view delivery) {
  const auto payload = status.GetPayload(kDeliveryUrl);
  return payload.has_value() && *payload == core::ToAbsl(delivery);
}

absl::Status WithDelivery(absl::StatusCode code, const std::string& message, const char* delivery) {
  absl::Status status(code, message);
  status.SetPayload(kDeliveryUrl, absl::Cord(delivery));
  return status;
}

}  // namespace

std::optional<RedisError> GetRedisError(const absl::Status& status) {
  const auto payload = status.GetPayload(kErrorUrl);
  if (!payload.has_value()) return std::nullopt;
  return Parse(std::string(*payload));
}

bool MayHaveBeenExecuted(const absl::Status& status) { return HasDelivery(status, kMayBeExecuted); }

bool WasNotSent(const absl::Status& status) { return HasDelivery(status, kNotSent); }

bool IsUnreachable(const absl::Status& status) {
  if (!MayHaveBeenExecuted(status) && !WasNotSent(status)) return false;
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

namespace detail {

absl::Status ErrorReplyStatus(std::string_view error_reply) {
  const std::string text = Clean(error_reply);
  absl::Status status(CodeOf(Parse(text)), text);
  status.SetPayload(kErrorUrl, absl::Cord(text));
  return status;
}

absl::Status NotSent(absl::StatusCode code, const std::string& why) {
  return WithDelivery(code, why + "; the command was not sent", kNotSent);
}

absl::Status MayBeExecuted(absl::StatusCode code, const std::string& why) {
  return WithDelivery(code, why + "; the command may have been executed", kMayBeExecuted);
}

absl::Status WithContext(const std::string& where, const absl::Status& status) {
  absl::Status with(status.code(), where + ": " + std::string(status.message()));
  status.ForEachPayload(
      [&with](absl::string_view url, const absl::Cord& payload) { with.SetPayload(url, payload); });
  return with;
}

}  // namespace detail
}  // namespace holdfast
