// Rounds: one question to all nodes at once, and what they answer.
#include <algorithm>
#include <array>
#include <utility>

#include "core/engine.h"
#include "core/text.h"

namespace holdfast::core {
namespace {

// How soon a release is tried again where it was answered with an error.
constexpr milliseconds kReleaseRetry{500};

// How long a node keeps the fencing counter of a name that nobody locks.
constexpr milliseconds kRetention = std::chrono::hours(7 * 24);

// Why the transport took nothing.
constexpr char kUnanswered[] = "too many commands are unanswered";
constexpr char kUnansweredOrSilent[] =
    "too many commands are unanswered, or its server was silent for too long";

constexpr char kHex[] = "0123456789abcdef";

const Script& ScriptOf(Round::Kind kind) {
  switch (kind) {
    case Round::Kind::kAcquire:
      return kAcquireScript;
    case Round::Kind::kFinalise:
      return kFinaliseScript;
    case Round::Kind::kExtend:
      return kExtendScript;
    case Round::Kind::kRelease:
      return kReleaseScript;
    case Round::Kind::kInspect:
      break;
  }
  return kInspectScript;
}

}  // namespace

std::uint32_t Engine::NewLease(std::span<const std::string> names, milliseconds ttl) {
  const std::uint32_t index = leases_.Take();
  LeaseSlot& lease = leases_[index];
  ++lease.generation;
  lease.phase = LeaseSlot::Phase::kAcquiring;
  lease.keys.Assign(names, options_.key_prefix, options_.admission.tags);
  lease.fences.assign(names.size(), 0);
  lease.ttl = ttl;
  lease.margin = LossMargin(ttl);
  lease.validity.Reset(nodes());
  lease.valid_until = kLongAgo;
  lease.attached = false;
  lease.stretched = false;
  lease.told.reset();
  lease.adrift.reset();
  lease.adrift_until = kLongAgo;
  lease.gone_by = kLongAgo;
  lease.observer = nullptr;
  lease.open = false;
  lease.rounds = 0;
  lease.extending = 0;
  lease.extension = kNoSlot;
  lease.kept = false;
  lease.kept_until = kNever;
  std::array<std::byte, kNonceDigits / 2> bytes;
  randomness_.Fill(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    lease.nonce[2 * i] = kHex[std::to_integer<unsigned>(bytes[i]) / 16];
    lease.nonce[2 * i + 1] = kHex[std::to_integer<unsigned>(bytes[i]) % 16];
  }
  return index;
}

std::uint32_t Engine::NewRound(Round::Kind kind, std::uint32_t lease, TimePoint deadline) {
  const std::uint32_t index = rounds_.Take();
  Round& round = rounds_[index];
  round.kind = kind;
  round.active = true;
  round.gated = false;
  round.lease = lease;
  round.acquisition = kNoSlot;
  round.ttl = leases_[lease].ttl;
  round.hint = 0;
  round.automatic = false;
  round.deadline = deadline;
  round.outstanding = 0;
  round.tally.Reset(nodes(), quorum());
  round.took.fill(nanoseconds(-1));
  round.counters.clear();
  round.views.resize(nodes());
  round.spared.reset();
  round.owed.reset();
  round.asked.reset();
  round.given_text.reset();
  round.alone.reset();
  ++leases_[lease].rounds;
  return index;
}

void Engine::Begin(std::uint32_t r, TimePoint now) {
  if (gate_.open()) return Launch(r, now);
  rounds_[r].gated = true;
  gated_.push_back(r);
  SetTimer(TimerKind::kRound, r, rounds_[r].deadline);
}

void Engine::Launch(std::uint32_t r, TimePoint now) {
  Round& round = rounds_[r];
  const LeaseSlot& lease = leases_[round.lease];
  round.gated = false;
  round.sent = now;
  round.runs_seen = admission_.runs_seen();
  round.deadline = std::min(round.deadline, now + options_.command_timeout);
  if (round.kind == Round::Kind::kAcquire) {
    round.deadline = std::min(round.deadline, CertainUntil(now, round.ttl, options_.drift_factor));
  }
  if (round.kind == Round::Kind::kRelease) round.owed = lease.told;
  SetTimer(TimerKind::kRound, r, round.deadline);
  ScriptCall call(ScriptOf(round.kind), false);
  for (int node = 0; node < nodes(); ++node) {
    if (round.spared.test(node)) continue;
    if (round.kind == Round::Kind::kRelease && !lease.told.test(node)) {
      round.tally.Cast(node, Vote::kAbsent);
    } else if (!MayBeAsked(round, node, now)) {
      // Rule 5: a node that is not connected, or not admitted, votes at once; nothing waits for it.
      NodeProblem problem = ProblemOfNode(node, now);
      round.tally.Cast(node, problem.vote, std::move(problem.reason));
    } else if (!Ask(r, node, call, now)) {
      round.tally.Cast(node, Vote::kNoAnswer,
                       options_.admission.tags.empty() ? kUnanswered : kUnansweredOrSilent);
    }
  }
  Judge(r, now);
}

bool Engine::AskAgain(std::uint32_t r, int node, bool with_text, TimePoint now) {
  ScriptCall call(ScriptOf(rounds_[r].kind), with_text);
  return Ask(r, node, call, now);
}

bool Engine::Ask(std::uint32_t r, int node, ScriptCall& call, TimePoint now) {
  Round& round = rounds_[r];
  Write(round, node, call);
  if (round.alone.test(node)) call.StandAlone();
  const bool urgent = round.kind == Round::Kind::kRelease;
  if (!transport_.Send(node, r, call, urgent, now)) return false;
  ++round.outstanding;
  if (urgent) {
    round.asked.set(node);
    round.settles.set(node, now > leases_[round.lease].adrift_until);
  }
  if (call.with_text()) round.given_text.set(node);
  Note(round, node);
  return true;
}

// `call` may be what another node was just told in this round. Where the keys are the same on all,
// so is most of that.
void Engine::Write(const Round& round, int node, ScriptCall& call) const {
  const bool alike = options_.admission.tags.empty() && round.kind != Round::Kind::kFinalise;
  if (!call.keys().empty() && alike) return WriteForNode(round, node, call);
  call.Clear();
  WriteKeys(round, node, call);
  WriteArguments(round, node, call);
}

// The third and fourth argument of an acquire and an extension.
void Engine::WriteForNode(const Round& round, int node, ScriptCall& call) const {
  const bool acquire = round.kind == Round::Kind::kAcquire;
  if (!acquire && round.kind != Round::Kind::kExtend) return;
  call.Replace(2, DeadlineOf(round, node));
  call.Replace(3, acquire ? admission_.pass(node) : admission_.config(node));
}

// By the node's own clock, in ms.
std::int64_t Engine::DeadlineOf(const Round& round, int node) const {
  return FloorMs(round.deadline) + 1 + nodes_[node].clock_offset_ms;
}

void Engine::WriteKeys(const Round& round, int node, ScriptCall& call) const {
  const LeaseSlot& lease = leases_[round.lease];
  const bool counters = round.kind != Round::Kind::kExtend;
  if (round.kind != Round::Kind::kInspect) call.Key(admission_.guard_key(node));
  for (std::size_t i = 0; i < lease.keys.size(); ++i) {
    call.Key(lease.keys.lock(node, i));
    if (counters) call.Key(lease.keys.counter(node, i));
  }
}

// What each script takes is said at its head.
void Engine::WriteArguments(const Round& round, int node, ScriptCall& call) const {
  if (round.kind == Round::Kind::kInspect) return;
  const LeaseSlot& lease = leases_[round.lease];
  if (round.kind == Round::Kind::kFinalise) {
    call.Argument(lease.token());
  } else {
    call.OwnArgument(lease.token());
  }
  if (round.kind == Round::Kind::kAcquire || round.kind == Round::Kind::kExtend) {
    call.Argument(round.ttl.count());
    call.Argument(DeadlineOf(round, node));
  }
  if (round.kind == Round::Kind::kExtend) return call.Argument(admission_.config(node));
  if (round.kind == Round::Kind::kAcquire) {
    call.Argument(admission_.pass(node));
    call.OwnArgument(round.hint);
  }
  call.Argument(kRetention.count());
  if (round.kind == Round::Kind::kAcquire) return call.Argument(options_.owner);
  for (std::size_t i = 0; i < lease.keys.size(); ++i) {
    if (round.kind == Round::Kind::kFinalise) {
      call.Argument(round.counters[node * lease.keys.size() + i]);
      call.Argument(lease.fences[i]);
    } else {
      call.OwnArgument(lease.fences[i]);
    }
  }
}

// What may now be on the node.
void Engine::Note(const Round& round, int node) {
  LeaseSlot& lease = leases_[round.lease];
  if (round.kind == Round::Kind::kExtend) lease.stretched = true;
  if (round.kind != Round::Kind::kAcquire && round.kind != Round::Kind::kExtend) return;
  lease.told.set(node);
  // The node may carry the request out as late as at the round's deadline, or a little later: what
  // we know of its clock is off by a round trip.
  lease.adrift_until = std::max(lease.adrift_until, round.deadline + kReleaseRetry);
  lease.gone_by = std::max(lease.gone_by, round.deadline + round.ttl);
}

void Engine::CastUnanswered(Round& round, TimePoint now) {
  for (int node = 0; node < nodes(); ++node) {
    if (round.tally.vote(node) != Vote::kPending || round.spared.test(node)) continue;
    if (!MayBeAsked(round, node, now)) {
      NodeProblem problem = ProblemOfNode(node, now);
      round.tally.Cast(node, problem.vote, std::move(problem.reason));
    } else {
      round.tally.Cast(node, Vote::kNoAnswer, "connected, but silent until the deadline");
    }
  }
}

void Engine::OnRoundTimer(std::uint32_t r, TimePoint now) {
  Round& round = rounds_[r];
  // Never begun for want of connections: now it gets the votes of those that there are.
  if (round.gated) return Launch(r, now);
  if (round.active) CastUnanswered(round, now);
  AskOwed(r, now);
  Judge(r, now);
}

// Rule 4: a release is owed until the node confirms it, however often that takes.
void Engine::AskOwed(std::uint32_t r, TimePoint now) {
  const NodeSet due = rounds_[r].owed & ~rounds_[r].asked;
  for (int node = 0; node < nodes(); ++node) {
    if (due.test(node) && nodes_[node].ready) AskAgain(r, node, false, now);
  }
}

void Engine::Judge(std::uint32_t r, TimePoint now) {
  Round& round = rounds_[r];
  if (round.active) {
    switch (round.kind) {
      case Round::Kind::kAcquire:
        return JudgeAcquire(r, now);
      case Round::Kind::kFinalise:
        return JudgeFinalise(r, now);
      case Round::Kind::kExtend:
        return JudgeExtend(r, now);
      case Round::Kind::kRelease:
        return JudgeRelease(r, now);
      case Round::Kind::kInspect:
        return JudgeInspect(r, now);
    }
  }
  FreeIfDone(r, now);
}

// Nodes that are down are asked when they are back.
TimePoint Engine::NextReleaseTry(const Round& round, TimePoint now) const {
  const TimePoint gone_by = leases_[round.lease].gone_by;
  for (int node = 0; node < nodes(); ++node) {
    if (round.owed.test(node) && nodes_[node].ready) return std::min(gone_by, now + kReleaseRetry);
  }
  return gone_by;
}

void Engine::FreeIfDone(std::uint32_t r, TimePoint now) {
  Round& round = rounds_[r];
  if (round.outstanding > 0) return;
  LeaseSlot& lease = leases_[round.lease];
  if (round.owed.any() && now < lease.gone_by) {
    return SetTimer(TimerKind::kRound, r, NextReleaseTry(round, now));
  }
  SetTimer(TimerKind::kRound, r, kNever);
  const std::uint32_t index = round.lease;
  --lease.rounds;
  rounds_.GiveBack(r);
  FreeIfUnused(index);
}

void Engine::FreeIfUnused(std::uint32_t index) {
  const LeaseSlot& lease = leases_[index];
  if (lease.open || lease.rounds > 0) return;
  SetTimer(TimerKind::kLease, index, kNever);
  SetTimer(TimerKind::kKeeper, index, kNever);
  leases_.GiveBack(index);
}

}  // namespace holdfast::core
