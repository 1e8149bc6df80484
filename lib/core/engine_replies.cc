// What nodes answer, and what it means for the lease and the vote.
#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "core/engine.h"

namespace holdfast::core {
namespace {

// Another program's key may have an expiry beyond what nanoseconds can count.
constexpr milliseconds kLongestTtl = std::chrono::hours(24 * 365 * 100);

// The year 5138, in Unix milliseconds: a node's time beyond it is none.
constexpr std::int64_t kMaxUnixMs = 100'000'000'000'000;

constexpr char kUnknownAnswer[] = "an answer of unknown form";

std::optional<milliseconds> TtlOf(ReplyView pttl) {
  if (pttl.integer() < 0) return std::nullopt;
  return std::min(milliseconds(pttl.integer()), kLongestTtl);
}

// A counter for each name, and none that would spoil the other nodes' when it is carried there.
bool IsGrant(ReplyView reply, std::size_t names, std::int64_t least) {
  if (reply.size() != names + 1) return false;
  for (std::size_t i = 1; i <= names; ++i) {
    const std::int64_t counter = reply.at(i).integer();
    if (counter < least || !IsCounter(counter)) return false;
  }
  return true;
}

// Whether its calls may go out as one with others.
bool IsJoined(Round::Kind kind) {
  return kind != Round::Kind::kFinalise && kind != Round::Kind::kInspect;
}

// Not carried out, since one of its keys is not for us, or not there while its slot moves: a key of
// another call, perhaps, that it was joined with. (What a script was refused when it ran already,
// may have changed something.)
bool IsRefusedForKeys(std::string_view error) {
  const bool forbidden = error.starts_with("NOPERM") && error.find("@user_script") == error.npos;
  return forbidden || error.starts_with("TRYAGAIN") || error.starts_with("ASK ");
}

}  // namespace

void Engine::ReadReply(std::uint32_t r, int node, ReplyView reply, TimePoint now) {
  Round& round = rounds_[r];
  if (reply.is_error()) return ReadError(r, node, reply.text(), now);
  switch (round.kind) {
    case Round::Kind::kAcquire:
      return ReadAcquireReply(round, node, reply, now);
    case Round::Kind::kFinalise:
      return ReadFinaliseReply(round, node, reply);
    case Round::Kind::kExtend:
      return ReadExtendReply(round, node, reply, now);
    case Round::Kind::kRelease:
      return ReadReleaseReply(round, node, reply);
    case Round::Kind::kInspect:
      return ReadInspectReply(round, node, reply);
  }
}

// What carried nothing out is asked again, but only while the answer still matters: behind the
// release of an attempt given up, an acquire would leave a lock.
void Engine::ReadError(std::uint32_t r, int node, std::string_view error, TimePoint now) {
  Round& round = rounds_[r];
  const bool wanted = StillWanted(round, node, now);
  if (error.starts_with("NOSCRIPT") && wanted && AskAgain(r, node, true, now)) return;
  NodeProblem problem = ProblemOf(error);
  if (IsJoined(round.kind) && IsRefusedForKeys(error) && !round.alone.test(node)) {
    round.alone.set(node);
    if (wanted && AskAgain(r, node, false, now)) return;
    problem.vote = Vote::kError;  // Who knows whose fault it was.
  }
  round.tally.Cast(node, problem.vote, std::move(problem.reason));
}

// Nor is a node asked again that has come to be shut since.
bool Engine::StillWanted(const Round& round, int node, TimePoint now) const {
  if (round.given_text.test(node)) return false;
  if (round.kind == Round::Kind::kRelease) return round.owed.test(node);
  return round.active && MayBeAsked(round, node, now);
}

void Engine::ReadAcquireReply(Round& round, int node, ReplyView reply, TimePoint now) {
  const std::string_view answer = reply.at(0).text();
  if (answer == "OK" || answer == "OWN") return ReadGrant(round, node, reply);
  if (answer == "BUSY") return ReadBusy(round, node, reply);
  if (answer == "SHUT") return ReadShut(round, node, now);
  ReadLate(round, node, reply, now);
}

void Engine::ReadGrant(Round& round, int node, ReplyView reply) {
  LeaseSlot& lease = leases_[round.lease];
  const std::size_t names = lease.keys.size();
  if (!IsGrant(reply, names, round.hint > 0 ? 1 : 0)) {
    return round.tally.Cast(node, Vote::kError, kUnknownAnswer);
  }
  round.counters.resize(names * nodes());
  for (std::size_t i = 0; i < names; ++i) {
    const std::int64_t counter = reply.at(i + 1).integer();
    round.counters[node * names + i] = counter;
    See(counter);
  }
  Confirm(round, node);
}

void Engine::Confirm(Round& round, int node) {
  const TimePoint until = CertainUntil(round.sent, round.ttl, options_.drift_factor);
  leases_[round.lease].validity.Confirm(node, until, admission_.run(node), round.runs_seen);
  round.tally.Cast(node, Vote::kGranted);
}

// The next hint will be above it. But a node takes no hint that is far ahead of its clock: one such
// counter, rubbish perhaps, must not spoil all hints to come.
void Engine::See(std::int64_t counter) {
  constexpr std::int64_t kDayUs = 86'400'000'000;
  if (counter > largest_counter_ && counter < wall_clock_.UnixMicros() + kDayUs) {
    largest_counter_ = counter;
  }
}

void Engine::ReadBusy(Round& round, int node, ReplyView reply) {
  NodeView& view = round.views[node];
  view.ttl = TtlOf(reply.at(1));
  view.holder = reply.at(2).text();
  view.counter = static_cast<std::uint64_t>(std::max<std::int64_t>(reply.at(3).integer(), 0));
  See(reply.at(3).integer());
  const KeySet& keys = leases_[round.lease].keys;
  const std::int64_t which = reply.at(4).integer();
  view.reason.clear();
  if (keys.size() > 1 && which >= 1 && which <= static_cast<std::int64_t>(keys.size())) {
    view.reason = keys.name(which - 1);
  }
  round.tally.Cast(node, Vote::kHeld);
}

// It is not the node that we were admitted to: it lost its data while it ran, or was set up anew.
void Engine::ReadShut(Round& round, int node, TimePoint now) {
  round.tally.Cast(node, Vote::kQuarantined, "it lost its data, or was set up anew");
  admission_.OnShut(node);
  AfterAdmission(node, now);
}

void Engine::ReadFinaliseReply(Round& round, int node, ReplyView reply) {
  if (reply.text() == "FINAL") return round.tally.Cast(node, Vote::kGranted);
  if (reply.text() == "GONE") return round.tally.Cast(node, Vote::kAbsent);
  round.tally.Cast(node, Vote::kError, kUnknownAnswer);
}

void Engine::ReadLate(Round& round, int node, ReplyView reply, TimePoint now) {
  const std::int64_t node_ms = reply.at(1).integer();
  if (reply.at(0).text() != "LATE" || node_ms < 0 || node_ms > kMaxUnixMs) {
    return round.tally.Cast(node, Vote::kError, kUnknownAnswer);
  }
  // Late by its clock, yet in time by ours: its clock was set forward since we compared them.
  if (now <= round.deadline) nodes_[node].clock_offset_ms = node_ms + 1 - FloorMs(round.sent);
  round.tally.Cast(node, Vote::kLate, "it got the request after its deadline");
}

void Engine::ReadExtendReply(Round& round, int node, ReplyView reply, TimePoint now) {
  LeaseSlot& lease = leases_[round.lease];
  if (reply.text() == "EXTENDED") {
    // Rule 6: what comes after the end of the old validity cannot bring it back.
    if (lease.phase == LeaseSlot::Phase::kHeld && !lease.attached && now >= lease.valid_until) {
      Lose(round.lease, "it was not extended in time");
    }
    Confirm(round, node);
  } else if (reply.text() == "ABSENT" || reply.text() == "FOREIGN") {
    lease.validity.Deny(node);
    round.tally.Cast(node, Vote::kAbsent);
  } else if (reply.at(0).text() == "SHUT") {
    return ReadShut(round, node, now);
  } else {
    return ReadLate(round, node, reply, now);
  }
  Refresh(round.lease, now);
}

void Engine::ReadReleaseReply(Round& round, int node, ReplyView reply) {
  const std::string_view answer = reply.text();
  if (answer != "DELETED" && answer != "ABSENT" && answer != "FOREIGN") {
    return round.tally.Cast(node, Vote::kError, kUnknownAnswer);
  }
  // What lies in the buffer of a connection that broke may come after this release. When that was
  // carried out, is not known; when it was sent, is.
  if (!leases_[round.lease].adrift.test(node) || round.settles.test(node)) round.owed.reset(node);
  round.tally.Cast(node, answer == "DELETED" ? Vote::kGranted : Vote::kAbsent);
}

void Engine::ReadInspectReply(Round& round, int node, ReplyView reply) {
  NodeView& view = round.views[node];
  view = {};
  const std::string_view answer = reply.at(0).text();
  const bool free = answer == "FREE";
  const std::int64_t counter = reply.at(free ? 1 : 3).integer();
  view.counter = static_cast<std::uint64_t>(std::max<std::int64_t>(counter, 0));
  if (!free) view.ttl = TtlOf(reply.at(1));
  if (answer == "HELD") {
    view.state = NodeView::State::kHeld;
    view.holder = reply.at(2).text();
  } else if (answer == "FOREIGN") {
    view.state = NodeView::State::kForeign;
    view.reason = reply.at(2).text();
  } else if (free) {
    view.state = NodeView::State::kFree;
  } else {
    return round.tally.Cast(node, Vote::kError, kUnknownAnswer);
  }
  round.tally.Cast(node, Vote::kGranted);
}

}  // namespace holdfast::core
