// Acquisitions: attempt after attempt until one is won or time is over.
#include <algorithm>
#include <utility>

#include "core/engine.h"

namespace holdfast::core {
namespace {

// Waiting does not mend it.
bool IsFinal(const absl::Status& failure) {
  return failure.code() == absl::StatusCode::kPermissionDenied ||
         failure.code() == absl::StatusCode::kCancelled || IsMisconfigured(failure);
}

}  // namespace

void Engine::Acquire(std::uint64_t ticket, std::span<const std::string> names,
                     const AcquireOptions& options, AcquireDone done, TimePoint now) {
  const std::uint32_t a = acquisitions_.Take();
  Acquisition& acquisition = acquisitions_[a];
  acquisition.ticket = ticket;
  acquisition.names.assign(names.begin(), names.end());
  acquisition.options = options;
  acquisition.started = now;
  acquisition.deadline = now + (options.wait.count() > 0 ? options.wait : options_.command_timeout);
  acquisition.attempts = 0;
  acquisition.last_failure = absl::OkStatus();
  acquisition.done = std::move(done);
  StartAttempt(a, now);
}

// Rule 5: each attempt is a new one, with a new nonce; the release of the one before it was sent
// when that failed, so it is ahead in each node's stream.
void Engine::StartAttempt(std::uint32_t a, TimePoint now) {
  Acquisition& acquisition = acquisitions_[a];
  ++acquisition.attempts;
  ++stats_.attempts;
  const std::uint32_t lease = NewLease(acquisition.names, acquisition.options.ttl);
  const std::uint32_t r = NewRound(Round::Kind::kAcquire, lease, acquisition.deadline);
  rounds_[r].acquisition = a;
  if (options_.fencing) {
    rounds_[r].hint = std::max(wall_clock_.UnixMicros(), largest_counter_ + 1);
  }
  acquisition.round = r;
  Begin(r, now);
}

void Engine::JudgeAcquire(std::uint32_t r, TimePoint now) {
  Round& round = rounds_[r];
  const Verdict verdict = round.tally.verdict();
  if (verdict == Verdict::kUndecided) return;
  if (verdict == Verdict::kLost) return FailAttempt(r, FailureOf(round), now);
  if (options_.fencing && !SetFences(round)) return StartFinalise(r, now);
  if (options_.fencing) ++stats_.final_in_one_round_trip;
  Win(r, now);
}

// Rule 3: the token is the largest counter among the nodes that granted. True if they all agree on
// it, for each name.
bool Engine::SetFences(const Round& round) {
  std::vector<std::int64_t>& fences = leases_[round.lease].fences;
  bool agreed = true;
  for (int node = 0, granted = 0; node < nodes(); ++node) {
    if (round.tally.vote(node) != Vote::kGranted) continue;
    const auto counters = round.counters.begin() + node * fences.size();
    agreed = agreed && (granted++ == 0 || std::equal(fences.begin(), fences.end(), counters));
    for (std::size_t i = 0; i < fences.size(); ++i) fences[i] = std::max(fences[i], counters[i]);
  }
  return agreed;
}

// Rule 3: the nodes of the quorum that are below the token take it over, while they still hold this
// very grant. Any other quorum, or a second try, could give two holders one token.
void Engine::StartFinalise(std::uint32_t won, TimePoint now) {
  const Round& grants = rounds_[won];
  LeaseSlot& lease = leases_[grants.lease];
  const TimePoint valid_until = lease.validity.Until(quorum());
  const std::uint32_t r = NewRound(Round::Kind::kFinalise, grants.lease,
                                   std::min(grants.deadline, valid_until - lease.margin));
  Round& round = rounds_[r];
  round.acquisition = grants.acquisition;
  round.counters = grants.counters;
  for (int node = 0; node < nodes(); ++node) {
    const auto counters = round.counters.begin() + node * lease.fences.size();
    const bool below = grants.tally.vote(node) == Vote::kGranted &&
                       !std::equal(lease.fences.begin(), lease.fences.end(), counters);
    if (!below) round.spared.set(node);
  }
  rounds_[won].active = false;
  SetTimer(TimerKind::kRound, won, kNever);
  acquisitions_[round.acquisition].round = r;
  FreeIfDone(won, now);
  Begin(r, now);
}

void Engine::JudgeFinalise(std::uint32_t r, TimePoint now) {
  Round& round = rounds_[r];
  const int needed = nodes() - static_cast<int>(round.spared.count());
  const int final = round.tally.count(Vote::kGranted);
  if (nodes() - round.tally.count(Vote::kPending) > final) {
    ++stats_.finalise_failed;
    return FailAttempt(r,
                       Failed(leases_[round.lease], Failure::Kind::kUndecided,
                              "its fencing token could not be made final", VotesOf(round)),
                       now);
  }
  if (final < needed) return;
  ++stats_.finalised;
  Win(r, now);
}

void Engine::Win(std::uint32_t r, TimePoint now) {
  Round& round = rounds_[r];
  LeaseSlot& lease = leases_[round.lease];
  // Rule 1: the last step before success. A grant may have been long on its way.
  lease.valid_until = lease.validity.Until(quorum());
  if (now >= lease.valid_until - lease.margin) {
    return FailAttempt(r,
                       Failed(lease, Failure::Kind::kUndecided,
                              "its validity ran out while it was acquired", VotesOf(round)),
                       now);
  }
  round.active = false;
  lease.phase = LeaseSlot::Phase::kHeld;
  lease.open = true;
  ++stats_.held;
  const LeaseId id = {round.lease, lease.generation};
  const std::uint32_t a = round.acquisition;
  const AcquireOptions& options = acquisitions_[a].options;
  lease.kept = options.auto_extend;
  if (options.max_hold.count() > 0) lease.kept_until = now + options.max_hold;
  SetTimer(TimerKind::kLease, id.slot, lease.valid_until - lease.margin);
  SetTimer(TimerKind::kRound, r, kNever);
  if (lease.kept) KeepSince(id.slot, now);
  FreeIfDone(r, now);
  Finish(a, id, now);
}

// Rule 4: whatever the reason, the attempt is undone on all nodes that were told of it, also on
// those that refused or did not answer, behind the acquire in the same stream.
void Engine::FailAttempt(std::uint32_t r, absl::Status failure, TimePoint now) {
  Round& round = rounds_[r];
  const std::uint32_t a = round.acquisition;
  const std::uint32_t lease = round.lease;
  round.active = false;
  round.gated = false;
  SetTimer(TimerKind::kRound, r, kNever);
  leases_[lease].phase = LeaseSlot::Phase::kEnded;
  if (leases_[lease].told.any()) StartRelease(lease, nullptr, now);
  FreeIfDone(r, now);
  acquisitions_[a].round = kNoSlot;
  RetryOrFinish(a, std::move(failure), now);
}

void Engine::RetryOrFinish(std::uint32_t a, absl::Status failure, TimePoint now) {
  Acquisition& acquisition = acquisitions_[a];
  // An attempt that the end of the wait cut short tells less than the one before it.
  const bool cut_short = now >= acquisition.deadline;
  if (cut_short && !acquisition.last_failure.ok()) failure = acquisition.last_failure;
  acquisition.last_failure = failure;
  const AcquireOptions& options = acquisition.options;
  const bool enough = options.max_attempts > 0 && acquisition.attempts >= options.max_attempts;
  if (options.wait.count() == 0 || cut_short || enough || IsFinal(failure)) {
    return Finish(a, std::move(failure), now);
  }
  const nanoseconds jitter = std::min(options.retry_jitter, options.retry_delay);
  const auto spread = static_cast<std::uint64_t>(2 * jitter.count() + 1);
  const nanoseconds pause =
      options.retry_delay - jitter + nanoseconds(static_cast<std::int64_t>(Random64() % spread));
  // The end of the wait is a last chance that falls in a pause; the answers need a moment, too.
  const TimePoint last_chance = acquisition.deadline - kLastChance;
  const TimePoint next = now < last_chance ? std::min(now + pause, last_chance) : kNever;
  if (next != kNever) return SetTimer(TimerKind::kAcquisition, a, next);
  Finish(a, std::move(failure), now);
}

void Engine::Finish(std::uint32_t a, absl::StatusOr<LeaseId> result, TimePoint now) {
  Report(acquisitions_[a], result, now);
  AcquireDone done = std::move(acquisitions_[a].done);
  SetTimer(TimerKind::kAcquisition, a, kNever);
  acquisitions_.GiveBack(a);
  ++callbacks_;
  done(*this, std::move(result));
}

void Engine::Cancel(std::uint64_t ticket, TimePoint now) {
  for (std::uint32_t a = 0; a < acquisitions_.bound(); ++a) {
    Acquisition& acquisition = acquisitions_[a];
    if (acquisition.used && acquisition.ticket == ticket)
      return CancelAcquisition(a, "cancelled", now);
  }
}

void Engine::CancelAcquisition(std::uint32_t a, std::string summary, TimePoint now) {
  const Acquisition& acquisition = acquisitions_[a];
  absl::Status status = MakeFailure(Joined(acquisition.names), {.kind = Failure::Kind::kCancelled,
                                                                .summary = std::move(summary)});
  if (acquisition.round == kNoSlot) return Finish(a, std::move(status), now);
  FailAttempt(acquisition.round, std::move(status), now);
}

}  // namespace holdfast::core
