#include "core/auth.h"

#include <span>

#include "core/redirect.h"
#include "core/resp.h"
#include "core/text.h"

namespace holdfast::core {

absl::Status StatusOf(const Endpoint& server, const NodeProblem& problem) {
  const std::string message = server.name() + ": " + problem.reason;
  if (problem.vote == Vote::kDenied) return absl::PermissionDeniedError(message);
  if (problem.vote == Vote::kError) return absl::InternalError(message);
  return absl::UnavailableError(message);
}

NodeProblem ProblemOf(std::string_view error_reply) {
  // Redis 7.0 of what a script may not call.
  if (error_reply.find("can't run this command") != error_reply.npos) {
    return {Vote::kDenied, Printable(error_reply)};
  }
  for (const std::string_view denial : {"NOAUTH", "WRONGPASS", "NOPERM"}) {
    if (error_reply.starts_with(denial)) return {Vote::kDenied, Printable(error_reply)};
  }
  switch (ReadRedirect(error_reply).kind) {
    case Redirect::Kind::kMoved:
      return {Vote::kDown, "its slot moved to another server"};
    case Redirect::Kind::kAsk:
    case Redirect::Kind::kTryAgain:
      return {Vote::kError, "its slot is being moved to another server"};
    case Redirect::Kind::kClusterDown:
      return {Vote::kError, "its cluster is down, or does not serve its slot"};
    default:
      return {Vote::kError, Printable(error_reply)};
  }
}

NodeProblem AuthProblemOf(std::string_view error_reply) {
  if (ProblemOf(error_reply).vote == Vote::kDenied) {
    return {Vote::kDenied, "it refuses the user name or the password (" +
                               Printable(error_reply.substr(0, error_reply.find(' '))) + ")"};
  }
  if (error_reply.starts_with("ERR AUTH <password> called without")) {
    return {Vote::kError, "a password was given, but the server has none configured"};
  }
  return {Vote::kError, "it does not understand AUTH"};
}

void PushCommand(Pipeline& pipeline, Tag tag, TimePoint deadline,
                 std::initializer_list<std::string_view> words) {
  AppendCommand(pipeline.outgoing(), std::span(words.begin(), words.size()));
  pipeline.Expect(tag, deadline);
}

void PushAuth(Pipeline& pipeline, Tag tag, const Endpoint& endpoint, TimePoint deadline) {
  if (endpoint.password.empty()) return;
  if (endpoint.username.empty()) {
    PushCommand(pipeline, tag, deadline, {"AUTH", endpoint.password});
  } else {
    PushCommand(pipeline, tag, deadline, {"AUTH", endpoint.username, endpoint.password});
  }
}

void PushName(Pipeline& pipeline, Tag tag, std::string_view client_name, TimePoint deadline) {
  if (client_name.empty()) return;
  PushCommand(pipeline, tag, deadline, {"CLIENT", "SETNAME", client_name});
}

void PushSelect(Pipeline& pipeline, Tag tag, const Endpoint& endpoint, TimePoint deadline) {
  if (endpoint.database == 0) return;
  PushCommand(pipeline, tag, deadline, {"SELECT", Digits(endpoint.database).view()});
}

}  // namespace holdfast::core
