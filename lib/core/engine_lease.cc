// What becomes of a lease: extended, lost, released; and looking at one without holding it.
#include <algorithm>
#include <utility>

#include "core/engine.h"

namespace holdfast::core {

LeaseId Engine::Attach(std::string_view key, std::string_view token, TimePoint now) {
  const std::uint32_t index = NewLease(key, options_.max_ttl);
  LeaseSlot& lease = leases_[index];
  std::copy(token.begin(), token.end(), lease.nonce.begin());
  lease.phase = LeaseSlot::Phase::kHeld;
  lease.attached = true;
  lease.open = true;
  for (int node = 0; node < nodes(); ++node) lease.told.set(node);
  lease.gone_by = now + options_.max_ttl;
  return {index, lease.generation};
}

bool Engine::IsOpen(LeaseId id) const {
  const LeaseSlot& lease = leases_[id.slot];
  return lease.used && lease.open && lease.generation == id.generation;
}

void Engine::Observe(LeaseId id, LeaseObserver* observer) {
  if (!IsOpen(id)) return;
  leases_[id.slot].observer = observer;
  if (!leases_[id.slot].attached) observer->OnValidity(leases_[id.slot].valid_until);
}

void Engine::Extend(LeaseId id, milliseconds ttl, StatusDone done, TimePoint now) {
  if (!IsOpen(id)) return done(ClosedStatus());
  LeaseSlot& lease = leases_[id.slot];
  if (!lease.attached && now >= lease.valid_until - lease.margin) Lose(lease);
  if (lease.phase != LeaseSlot::Phase::kHeld) return done(LostStatus(lease));
  if (lease.attached) lease.margin = LossMargin(ttl);
  const std::uint32_t r = NewRound(Round::Kind::kExtend, id.slot, now + options_.command_timeout);
  rounds_[r].ttl = ttl;
  rounds_[r].done = std::move(done);
  ++lease.extending;
  Begin(r, now);
}

void Engine::JudgeExtend(std::uint32_t r, TimePoint now) {
  Round& round = rounds_[r];
  LeaseSlot& lease = leases_[round.lease];
  if (lease.phase != LeaseSlot::Phase::kHeld) return Complete(r, LostStatus(lease, &round), now);
  switch (round.tally.verdict()) {
    case Verdict::kUndecided:
      return;
    case Verdict::kWon:
      if (lease.attached) {
        return Complete(r,
                        Failed(lease, Failure::Kind::kUndecided,
                               "its validity ran out while it was extended", VotesOf(round)),
                        now);
      }
      lease.margin = LossMargin(round.ttl);
      SetTimer(TimerKind::kLease, round.lease, lease.valid_until - lease.margin);
      return Complete(r, absl::OkStatus(), now);
    case Verdict::kLost:
      return Complete(r, FailureOf(round), now);
  }
}

// Called after each answer about a held lease. One more confirmation can only prolong it; a denial
// may leave it without a quorum, and then it is lost at once.
void Engine::Refresh(std::uint32_t index, TimePoint now) {
  LeaseSlot& lease = leases_[index];
  if (lease.phase != LeaseSlot::Phase::kHeld) return;
  const TimePoint until = lease.validity.Until(options_.quorum);
  // Of a lock taken over by token nothing is known before a quorum confirmed it at one time.
  if (lease.attached && (until == kLongAgo || now >= until - lease.margin)) return;
  if (now >= until) return Lose(lease);
  if (until == lease.valid_until) return;
  lease.attached = false;
  lease.valid_until = until;
  SetTimer(TimerKind::kLease, index, until - lease.margin);
  if (lease.observer != nullptr) lease.observer->OnValidity(until);
}

void Engine::Lose(LeaseSlot& lease) {
  if (lease.phase != LeaseSlot::Phase::kHeld) return;
  lease.phase = LeaseSlot::Phase::kLost;
  if (lease.observer != nullptr) lease.observer->OnLost();
}

void Engine::Release(LeaseId id, StatusDone done, TimePoint now) {
  if (!IsOpen(id)) {
    if (done) done(ClosedStatus());
    return;
  }
  LeaseSlot& lease = leases_[id.slot];
  if (!lease.attached && now >= lease.valid_until) Lose(lease);
  if (lease.attached) lease.gone_by = std::max(lease.gone_by, now + options_.max_ttl);
  const bool lost = lease.phase == LeaseSlot::Phase::kLost;
  absl::Status status = lost ? LostStatus(lease) : absl::OkStatus();
  lease.observer = nullptr;
  lease.phase = LeaseSlot::Phase::kEnded;
  SetTimer(TimerKind::kLease, id.slot, kNever);
  EndExtensions(id.slot, now);
  lease.open = false;  // Only now: the end of its last round would free it.
  if (!lost) return StartRelease(id.slot, std::move(done), now);
  // Rule 7: the answer does not wait for anybody. An expired lock is gone by itself; one that was
  // lost before it expired, or that an extension may have prolonged too late, is swept off the
  // nodes.
  if (now < (lease.stretched ? lease.gone_by : lease.valid_until)) {
    StartRelease(id.slot, nullptr, now);
  } else {
    FreeIfUnused(id.slot);
  }
  if (done) done(std::move(status));
}

void Engine::Forget(LeaseId id) {
  if (!IsOpen(id)) return;
  LeaseSlot& lease = leases_[id.slot];
  lease.open = false;
  lease.observer = nullptr;
  lease.phase = LeaseSlot::Phase::kEnded;
  SetTimer(TimerKind::kLease, id.slot, kNever);
  FreeIfUnused(id.slot);
}

void Engine::EndExtensions(std::uint32_t index, TimePoint now) {
  for (std::uint32_t r = 0; leases_[index].extending > 0 && r < rounds_.bound(); ++r) {
    Round& round = rounds_[r];
    if (!round.used || !round.active || round.lease != index) continue;
    if (round.kind != Round::Kind::kExtend) continue;
    CastUnanswered(round);
    Complete(r, LostStatus(leases_[index], &round), now);
  }
}

void Engine::StartRelease(std::uint32_t index, StatusDone done, TimePoint now) {
  const std::uint32_t r = NewRound(Round::Kind::kRelease, index, now + options_.command_timeout);
  rounds_[r].active = done != nullptr;
  rounds_[r].done = std::move(done);
  Begin(r, now);
}

// Released once a quorum deleted it. Where fewer could: it was lost if so many nodes had it no more
// that they rule out a quorum of ours; and it is free all the same if a quorum has nothing of it.
void Engine::JudgeRelease(std::uint32_t r, TimePoint now) {
  const Round& round = rounds_[r];
  const Tally& tally = round.tally;
  const int absent = tally.count(Vote::kAbsent);
  const int free = tally.count(Vote::kGranted) + absent;
  if (tally.verdict() == Verdict::kWon) return Complete(r, absl::OkStatus(), now);
  if (nodes() - absent < options_.quorum) return Complete(r, FailureOf(round), now);
  if (tally.count(Vote::kPending) > 0) return;
  if (free >= options_.quorum) return Complete(r, absl::OkStatus(), now);
  Complete(r, FailureOf(round), now);
}

void Engine::Inspect(std::string_view key, InspectDone done, TimePoint now) {
  const std::uint32_t lease = NewLease(key, milliseconds(0));
  const std::uint32_t r = NewRound(Round::Kind::kInspect, lease, now + options_.command_timeout);
  rounds_[r].inspected = std::move(done);
  Begin(r, now);
}

void Engine::JudgeInspect(std::uint32_t r, TimePoint now) {
  Round& round = rounds_[r];
  if (round.tally.count(Vote::kPending) > 0) return;
  Inspection inspection = {.quorum = options_.quorum, .nodes = {}};
  for (int node = 0; node < nodes(); ++node) {
    NodeView& view = inspection.nodes.emplace_back();
    if (round.tally.vote(node) == Vote::kGranted) view = round.views[node];
    view.node = options_.nodes[node];
    if (round.tally.vote(node) != Vote::kGranted) view.reason = round.tally.reason(node);
  }
  InspectDone done = std::move(round.inspected);
  round.active = false;
  FreeIfDone(r, now);
  done(std::move(inspection));
}

void Engine::Complete(std::uint32_t r, absl::Status status, TimePoint now) {
  Round& round = rounds_[r];
  StatusDone done = std::move(round.done);
  if (round.kind == Round::Kind::kExtend) --leases_[round.lease].extending;
  round.active = false;
  SetTimer(TimerKind::kRound, r, kNever);
  FreeIfDone(r, now);
  done(std::move(status));
}

}  // namespace holdfast::core
