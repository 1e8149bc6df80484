#include "core/login.h"

#include <string_view>

#include "core/text.h"

namespace holdfast::core {
namespace {

enum Step : Tag { kAuth, kName, kSelect, kReadOnly, kPing };

bool IsTransient(std::string_view error) {
  for (const std::string_view code : {"LOADING ", "BUSY ", "MASTERDOWN "}) {
    if (error.starts_with(code)) return true;
  }
  return false;
}

// What a server says to whoever connects, and then closes: no answer to the first command, which
// may be any.
bool IsNoAnswer(std::string_view error) {
  return error.starts_with("ERR max number of clients") || error.starts_with("DENIED ");
}

NodeProblem ProblemAtStep(Tag tag, std::string_view error) {
  if (IsNoAnswer(error)) {
    return {error.starts_with("DENIED ") ? Vote::kDenied : Vote::kDown, Printable(error)};
  }
  return tag == kAuth ? AuthProblemOf(error) : ProblemOf(error);
}

}  // namespace

void Login::Start(const Endpoint& endpoint, const LoginOptions& options, Pipeline& pipeline,
                  TimePoint deadline) {
  refused_for_now_ = false;
  PushAuth(pipeline, kAuth, endpoint, deadline);
  PushName(pipeline, kName, options.client_name, deadline);
  PushSelect(pipeline, kSelect, endpoint, deadline);
  if (options.replica_reads) PushCommand(pipeline, kReadOnly, deadline, {"READONLY"});
  PushCommand(pipeline, kPing, deadline, {"PING"});
}

Login::State Login::OnReply(Tag tag, ReplyView reply) {
  if (reply.is_error()) return OnError(tag, reply.text());
  return tag == kPing ? OnPing(reply.text()) : State::kUnderWay;
}

Login::State Login::OnError(Tag tag, std::string_view error) {
  if (IsTransient(error)) {
    // Any step may be the one that was refused, SELECT too: all of them are said again.
    refused_for_now_ = true;
    problem_ = {Vote::kDown, Printable(error)};
    return tag == kPing ? State::kNotYet : State::kUnderWay;
  }
  // Who may not PING may do other things.
  if (tag == kPing && error.starts_with("NOPERM")) return OnPing("PONG");
  problem_ = ProblemAtStep(tag, error);
  return State::kFailed;
}

Login::State Login::OnPing(std::string_view answer) {
  if (refused_for_now_) return State::kNotYet;
  if (answer == "PONG") return State::kDone;
  problem_ = {Vote::kError,
              "not a Redis server: it answers PING with \"" + Printable(answer) + "\""};
  return State::kFailed;
}

}  // namespace holdfast::core
