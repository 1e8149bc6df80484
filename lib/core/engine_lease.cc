// What becomes of a lease: extended, lost, released; and looking at one without holding it.
#include <algorithm>
#include <span>
#include <utility>

#include "core/engine.h"

namespace holdfast::core {
namespace {

constexpr char kNotInTime[] = "it was not extended in time";
constexpr char kToldOtherwise[] = "its holder was told by the clock before this was read";

}  // namespace

LeaseId Engine::Attach(std::span<const std::string> names, std::string_view token, TimePoint now) {
  const std::uint32_t index = NewLease(names, max_ttl());
  LeaseSlot& lease = leases_[index];
  std::copy(token.begin(), token.end(), lease.nonce.begin());
  lease.phase = LeaseSlot::Phase::kHeld;
  lease.attached = true;
  lease.open = true;
  ++stats_.held;
  for (int node = 0; node < nodes(); ++node) lease.told.set(node);
  lease.gone_by = now + max_ttl();
  return {index, lease.generation};
}

bool Engine::IsOpen(LeaseId id) const {
  const LeaseSlot& lease = leases_[id.slot];
  return lease.used && lease.open && lease.generation == id.generation;
}

void Engine::Observe(LeaseId id, LeaseObserver* observer) {
  if (!IsOpen(id)) return;
  LeaseSlot& lease = leases_[id.slot];
  lease.observer = observer;
  if (lease.attached) return;
  if (!observer->OnValidity(lease.valid_until, lease.valid_until - lease.margin)) {
    Lose(id.slot, kToldOtherwise);
  }
}

void Engine::Extend(LeaseId id, milliseconds ttl, StatusDone done, TimePoint now) {
  if (!IsOpen(id)) return done(ClosedStatus());
  LeaseSlot& lease = leases_[id.slot];
  if (!lease.attached && now >= lease.valid_until - lease.margin) Lose(id.slot, kNotInTime);
  if (lease.phase != LeaseSlot::Phase::kHeld) return done(LostStatus(lease));
  if (lease.attached) lease.margin = LossMargin(ttl);
  const std::uint32_t r = NewExtension(id.slot, ttl, now);
  rounds_[r].done = std::move(done);
  Begin(r, now);
}

std::uint32_t Engine::NewExtension(std::uint32_t index, milliseconds ttl, TimePoint now) {
  const std::uint32_t r = NewRound(Round::Kind::kExtend, index, now + options_.command_timeout);
  rounds_[r].ttl = ttl;
  ++leases_[index].extending;
  leases_[index].extension = r;
  return r;
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
      // One that was too short to change anything leaves the margin as well.
      if (CertainUntil(round.sent, round.ttl, options_.drift_factor) >= lease.valid_until &&
          lease.margin != LossMargin(round.ttl)) {
        lease.margin = LossMargin(round.ttl);
        Hold(round.lease);
      }
      if (lease.phase != LeaseSlot::Phase::kHeld) {
        return Complete(r, LostStatus(lease, &round), now);
      }
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
  const TimePoint until = lease.validity.Until(quorum());
  // Of a lock taken over by token nothing is known before a quorum confirmed it at one time.
  if (lease.attached && (until == kLongAgo || now >= until - lease.margin)) return;
  if (now >= until) return Lose(index, "it is gone on too many nodes");
  if (until == lease.valid_until) return;
  lease.attached = false;
  lease.valid_until = until;
  Hold(index);
}

// Its validity is new.
void Engine::Hold(std::uint32_t index) {
  LeaseSlot& lease = leases_[index];
  const TimePoint lost_at = lease.valid_until - lease.margin;
  SetTimer(TimerKind::kLease, index, lost_at);
  if (lease.observer != nullptr && !lease.observer->OnValidity(lease.valid_until, lost_at)) {
    Lose(index, kToldOtherwise);
  }
}

void Engine::Lose(std::uint32_t index, const char* why) {
  LeaseSlot& lease = leases_[index];
  if (lease.phase != LeaseSlot::Phase::kHeld) return;
  lease.phase = LeaseSlot::Phase::kLost;
  SetTimer(TimerKind::kKeeper, index, kNever);
  --stats_.held;
  if (lease.observer != nullptr) lease.observer->OnLost();
  ReportLoss(lease, why);
}

void Engine::Release(LeaseId id, StatusDone done, TimePoint now) {
  if (!IsOpen(id)) {
    if (done) done(ClosedStatus());
    return;
  }
  LeaseSlot& lease = leases_[id.slot];
  // It may have been told already, by who watches where the loop is late.
  if (!lease.attached && now >= lease.valid_until - lease.margin) Lose(id.slot, kNotInTime);
  if (lease.attached) lease.gone_by = std::max(lease.gone_by, now + max_ttl());
  const bool lost = lease.phase == LeaseSlot::Phase::kLost;
  absl::Status status = lost ? LostStatus(lease) : absl::OkStatus();
  End(id.slot);
  EndExtensions(id.slot, now);
  lease.open = false;  // Only now: the end of its last round would free it.
  if (!lost && !done) ReportRelease(lease, absl::OkStatus());  // Nobody waits to see how it ends.
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
  End(id.slot);
  leases_[id.slot].open = false;
  FreeIfUnused(id.slot);
}

// Its holder has no claim on it any more.
void Engine::End(std::uint32_t index) {
  LeaseSlot& lease = leases_[index];
  if (lease.phase == LeaseSlot::Phase::kHeld) --stats_.held;
  lease.phase = LeaseSlot::Phase::kEnded;
  lease.observer = nullptr;
  SetTimer(TimerKind::kLease, index, kNever);
  SetTimer(TimerKind::kKeeper, index, kNever);
}

void Engine::EndExtensions(std::uint32_t index, TimePoint now) {
  const LeaseSlot& lease = leases_[index];
  if (lease.extending == 0) return;
  // Almost always there is one at most, and many locks may be lost at the same time.
  if (lease.extending == 1 && IsExtension(lease.extension, index)) {
    return EndExtension(lease.extension, now);
  }
  for (std::uint32_t r = 0; lease.extending > 0 && r < rounds_.bound(); ++r) {
    if (IsExtension(r, index)) EndExtension(r, now);
  }
}

bool Engine::IsExtension(std::uint32_t r, std::uint32_t lease) const {
  const Round& round = rounds_[r];
  return round.used && round.active && round.lease == lease && round.kind == Round::Kind::kExtend;
}

void Engine::EndExtension(std::uint32_t r, TimePoint now) {
  Round& round = rounds_[r];
  CastUnanswered(round, now);
  Complete(r, LostStatus(leases_[round.lease], &round), now);
}

void Engine::StartRelease(std::uint32_t index, StatusDone done, TimePoint now) {
  const std::uint32_t r = NewRound(Round::Kind::kRelease, index, now + options_.command_timeout);
  rounds_[r].active = done != nullptr;
  rounds_[r].done = std::move(done);
  // Where nobody waits for the outcome, no vote is to be saved up for nodes that still connect:
  // those that were told are released at once, or when they are back.
  if (!rounds_[r].active) return Launch(r, now);
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
  if (nodes() - absent < quorum()) return Complete(r, FailureOf(round), now);
  if (tally.count(Vote::kPending) > 0) return;
  if (free >= quorum()) return Complete(r, absl::OkStatus(), now);
  Complete(r, FailureOf(round), now);
}

void Engine::Inspect(const std::string& name, InspectDone done, TimePoint now) {
  const std::uint32_t lease = NewLease(std::span(&name, 1), milliseconds(0));
  const std::uint32_t r = NewRound(Round::Kind::kInspect, lease, now + options_.command_timeout);
  rounds_[r].inspected = std::move(done);
  Begin(r, now);
}

void Engine::JudgeInspect(std::uint32_t r, TimePoint now) {
  Round& round = rounds_[r];
  if (round.tally.count(Vote::kPending) > 0) return;
  Inspection inspection = {.quorum = quorum(), .nodes = {}};
  for (int node = 0; node < nodes(); ++node) {
    NodeView& view = inspection.nodes.emplace_back();
    if (round.tally.vote(node) == Vote::kGranted) view = round.views[node];
    view.node = name_of(node);
    view.server = admission_.server(node);
    view.denied = round.tally.vote(node) == Vote::kDenied;
    if (round.tally.vote(node) != Vote::kGranted) view.reason = round.tally.reason(node);
    const bool votes = admission_.standing(node) == Admission::Standing::kVoting;
    if (nodes_[node].ready && !votes) view.admission = ProblemOfNode(node, now).reason;
  }
  InspectDone done = std::move(round.inspected);
  round.active = false;
  FreeIfDone(r, now);
  done(std::move(inspection));
}

void Engine::Complete(std::uint32_t r, absl::Status status, TimePoint now) {
  Round& round = rounds_[r];
  StatusDone done = std::move(round.done);
  round.active = false;
  SetTimer(TimerKind::kRound, r, kNever);
  if (round.kind == Round::Kind::kExtend) {
    --leases_[round.lease].extending;
    AfterExtension(round, status, now);
  } else {
    if (status.ok()) release_times_.Record(now - round.sent);
    ReportRelease(leases_[round.lease], status);
  }
  FreeIfDone(r, now);
  if (!done) return;
  ++callbacks_;
  done(std::move(status));
}

}  // namespace holdfast::core
