// Acquisitions: attempt after attempt until one is won or time is over.
#include <algorithm>
#include <utility>

#include "core/engine.h"

namespace holdfast::core {

void Engine::Acquire(std::uint64_t ticket, std::string_view key, const AcquireOptions& options,
                     AcquireDone done, TimePoint now) {
  const std::uint32_t a = acquisitions_.Take();
  Acquisition& acquisition = acquisitions_[a];
  acquisition.ticket = ticket;
  acquisition.key = key;
  acquisition.options = options;
  acquisition.deadline = now + (options.wait.count() > 0 ? options.wait : options_.command_timeout);
  acquisition.last_failure = absl::OkStatus();
  acquisition.done = std::move(done);
  StartAttempt(a, now);
}

// Rule 5: each attempt is a new one, with a new nonce; the release of the one before it was sent
// when that failed, so it is ahead in each node's stream.
void Engine::StartAttempt(std::uint32_t a, TimePoint now) {
  Acquisition& acquisition = acquisitions_[a];
  const std::uint32_t lease = NewLease(acquisition.key, acquisition.options.ttl);
  const std::uint32_t r = NewRound(Round::Kind::kAcquire, lease, acquisition.deadline);
  rounds_[r].acquisition = a;
  acquisition.round = r;
  Begin(r, now);
}

void Engine::JudgeAcquire(std::uint32_t r, TimePoint now) {
  Round& round = rounds_[r];
  const Verdict verdict = round.tally.verdict();
  if (verdict == Verdict::kUndecided) return;
  LeaseSlot& lease = leases_[round.lease];
  if (verdict == Verdict::kLost) return FailAttempt(r, FailureOf(round), now);

  // Rule 1: the last step before success. A grant may have been long on its way.
  lease.valid_until = lease.validity.Until(options_.quorum);
  if (now >= lease.valid_until - lease.margin) {
    return FailAttempt(r,
                       Failed(lease, Failure::Kind::kUndecided,
                              "its validity ran out while it was acquired", VotesOf(round)),
                       now);
  }
  round.active = false;
  lease.phase = LeaseSlot::Phase::kHeld;
  lease.open = true;
  const LeaseId id = {round.lease, lease.generation};
  SetTimer(TimerKind::kLease, id.slot, lease.valid_until - lease.margin);
  SetTimer(TimerKind::kRound, r, kNever);
  const std::uint32_t a = round.acquisition;
  FreeIfDone(r, now);
  Finish(a, id);
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
  const bool final = acquisition.options.wait.count() == 0 || cut_short ||
                     failure.code() == absl::StatusCode::kPermissionDenied ||
                     failure.code() == absl::StatusCode::kCancelled;
  if (final) return Finish(a, std::move(failure));
  const nanoseconds jitter =
      std::min(acquisition.options.retry_jitter, acquisition.options.retry_delay);
  const auto spread = static_cast<std::uint64_t>(2 * jitter.count() + 1);
  const nanoseconds pause = acquisition.options.retry_delay - jitter +
                            nanoseconds(static_cast<std::int64_t>(Random64() % spread));
  // The end of the wait is a last chance that falls in a pause; the answers need a moment, too.
  const TimePoint last_chance = acquisition.deadline - kLastChance;
  const TimePoint next = now < last_chance ? std::min(now + pause, last_chance) : kNever;
  if (next != kNever) return SetTimer(TimerKind::kAcquisition, a, next);
  Finish(a, std::move(failure));
}

void Engine::Finish(std::uint32_t a, absl::StatusOr<LeaseId> result) {
  AcquireDone done = std::move(acquisitions_[a].done);
  SetTimer(TimerKind::kAcquisition, a, kNever);
  acquisitions_.GiveBack(a);
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
  const std::string_view name = std::string_view(acquisition.key).substr(options_.key_prefix_size);
  absl::Status status =
      MakeFailure(name, {.kind = Failure::Kind::kCancelled, .summary = std::move(summary)});
  if (acquisition.round == kNoSlot) return Finish(a, std::move(status));
  FailAttempt(acquisition.round, std::move(status), now);
}

}  // namespace holdfast::core
