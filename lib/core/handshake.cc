#include "core/handshake.h"

#include <initializer_list>
#include <span>
#include <utility>

#include "core/resp.h"
#include "core/scripts.h"
#include "core/text.h"

namespace holdfast::core {
namespace {

// The year 5138: a time beyond it is none, and could overflow what is computed with it.
constexpr std::int64_t kMaxUnixSeconds = 100'000'000'000;

enum Step : Tag { kAuth, kSelect, kTime, kInfo, kCommandStats, kFsync, kLoad };

const Script* const kScripts[] = {&kAdmitScript,    &kOpenScript,    &kAcquireScript,
                                  &kFinaliseScript, &kReleaseScript, &kExtendScript,
                                  &kInspectScript};

void Push(Pipeline& pipeline, Tag tag, TimePoint deadline,
          std::initializer_list<std::string_view> words) {
  AppendCommand(pipeline.outgoing(), std::span(words.begin(), words.size()));
  pipeline.Expect(tag, deadline);
}

void PushAuth(Pipeline& pipeline, const Endpoint& endpoint, TimePoint deadline) {
  if (endpoint.username.empty()) {
    Push(pipeline, kAuth, deadline, {"AUTH", endpoint.password});
  } else {
    Push(pipeline, kAuth, deadline, {"AUTH", endpoint.username, endpoint.password});
  }
}

}  // namespace

NodeProblem ProblemOf(std::string_view error_reply) {
  for (const std::string_view denial : {"NOAUTH", "WRONGPASS", "NOPERM"}) {
    if (error_reply.starts_with(denial)) return {Vote::kDenied, Printable(error_reply)};
  }
  return {Vote::kError, Printable(error_reply)};
}

namespace {

// In our own words: a server that does not know AUTH may quote what it did not understand, and the
// password with it.
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

}  // namespace

void Handshake::Start(const Endpoint& endpoint, Pipeline& pipeline, TimePoint now,
                      TimePoint deadline) {
  sent_ = now;
  if (!endpoint.password.empty()) PushAuth(pipeline, endpoint, deadline);
  if (endpoint.database != 0) {
    Push(pipeline, kSelect, deadline, {"SELECT", Digits(endpoint.database).view()});
  }
  Push(pipeline, kTime, deadline, {"TIME"});
  Push(pipeline, kInfo, deadline, {"INFO"});
  Push(pipeline, kCommandStats, deadline, {"INFO", "commandstats"});
  Push(pipeline, kFsync, deadline, {"CONFIG", "GET", "*appendfsync*"});
  last_ = kLoad;
  for (const Script* script : kScripts) {
    Push(pipeline, last_++, deadline, {"SCRIPT", "LOAD", script->text});
  }
  --last_;
}

Handshake::State Handshake::OnReply(Tag tag, ReplyView reply) {
  if (state_ != State::kUnderWay) return state_;
  // Who may not see how the server persists cannot tell that it forgets nothing; that is all.
  if (reply.is_error() && tag != kFsync) {
    Fail(tag == kAuth ? AuthProblemOf(reply.text()) : ProblemOf(reply.text()));
  } else {
    Read(tag, reply);
  }
  if (state_ == State::kUnderWay && tag == last_) state_ = State::kDone;
  return state_;
}

void Handshake::Read(Tag tag, ReplyView reply) {
  if (tag == kTime) return ReadTime(reply);
  if (tag == kInfo || tag == kCommandStats) return ReadInfo(reply);
  if (tag == kFsync) {
    ReadFsync(reply);
  } else if (tag >= kLoad && reply.text() != kScripts[tag - kLoad]->sha1) {
    Fail({Vote::kError, "not a Redis server: it does not know its scripts by their SHA-1"});
  }
}

// A server that leaves out the fsync while a child rewrites its files forgets what it acknowledged
// meanwhile.
void Handshake::ReadFsync(ReplyView reply) {
  bool always = false;
  bool on_rewrite = false;
  for (std::size_t i = 0; i + 1 < reply.size(); i += 2) {
    const std::string_view value = reply.at(i + 1).text();
    if (reply.at(i).text() == "appendfsync") always = value == "always";
    if (reply.at(i).text() == "no-appendfsync-on-rewrite") on_rewrite = value == "no";
  }
  greeting_.durable = greeting_.info.aof && always && on_rewrite;
}

void Handshake::ReadInfo(ReplyView reply) {
  if (ParseInfo(reply.text(), greeting_.info) && !greeting_.info.run_id.empty()) return;
  Fail({Vote::kError, "not a Redis server: its answer to INFO names no run_id"});
}

void Handshake::ReadTime(ReplyView reply) {
  const auto seconds = ParseNumber<std::int64_t>(reply.at(0).text());
  const auto micros = ParseNumber<std::int64_t>(reply.at(1).text());
  if (!seconds || !micros || *seconds < 0 || *seconds > kMaxUnixSeconds) {
    return Fail({Vote::kError, "not a Redis server: its answer to TIME is no time"});
  }
  // The node read its clock after `sent_`: the offset is too large by the way there, at most.
  const std::int64_t node_ms = *seconds * 1000 + *micros / 1000 + 1;
  greeting_.clock_offset_ms = node_ms - FloorMs(sent_);
}

void Handshake::Fail(NodeProblem problem) {
  state_ = State::kFailed;
  problem_ = std::move(problem);
}

}  // namespace holdfast::core
