#include "core/handshake.h"

#include <algorithm>
#include <utility>

#include "core/auth.h"
#include "core/scripts.h"
#include "core/text.h"

namespace holdfast::core {
namespace {

// The year 5138: a time beyond it is none, and could overflow what is computed with it.
constexpr std::int64_t kMaxUnixSeconds = 100'000'000'000;

// A time beyond it, 11 days, could overflow what is computed with it.
constexpr std::int64_t kLongestNodeTimeoutMs = 1'000'000'000;

enum Step : Tag { kAuth, kSelect, kTime, kInfo, kCommandStats, kFsync, kNodeTimeout, kName, kLoad };

const Script* const kScripts[] = {&kAdmitScript,    &kOpenScript,    &kAcquireScript,
                                  &kFinaliseScript, &kReleaseScript, &kExtendScript,
                                  &kInspectScript};

}  // namespace

void Handshake::Start(const Endpoint& endpoint, std::string_view client_name, bool seat,
                      Pipeline& pipeline, TimePoint now, TimePoint deadline) {
  sent_ = now;
  PushAuth(pipeline, kAuth, endpoint, deadline);
  PushName(pipeline, kName, client_name, deadline);
  PushSelect(pipeline, kSelect, endpoint, deadline);
  PushCommand(pipeline, kTime, deadline, {"TIME"});
  PushCommand(pipeline, kInfo, deadline, {"INFO"});
  PushCommand(pipeline, kCommandStats, deadline, {"INFO", "commandstats"});
  PushCommand(pipeline, kFsync, deadline, {"CONFIG", "GET", "*appendfsync*"});
  if (seat) {
    PushCommand(pipeline, kNodeTimeout, deadline, {"CONFIG", "GET", "cluster-node-timeout"});
  }
  last_ = kLoad;
  for (const Script* script : kScripts) {
    PushCommand(pipeline, last_++, deadline, {"SCRIPT", "LOAD", script->text});
  }
  --last_;
}

Handshake::State Handshake::OnReply(Tag tag, ReplyView reply) {
  if (state_ != State::kUnderWay) return state_;
  // Who may not see how the server is set up takes the worst for granted; that is all.
  if (reply.is_error() && tag != kFsync && tag != kNodeTimeout) {
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
  } else if (tag == kNodeTimeout) {
    ReadNodeTimeout(reply);
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

void Handshake::ReadNodeTimeout(ReplyView reply) {
  const auto timeout_ms = ParseNumber<std::int64_t>(reply.at(1).text()).value_or(0);
  greeting_.cluster_node_timeout =
      milliseconds(std::clamp<std::int64_t>(timeout_ms, 0, kLongestNodeTimeoutMs));
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
