// Automatic extension: one keeper for all locks of a client.
#include <algorithm>

#include "core/engine.h"

namespace holdfast::core {
namespace {

// Locks are extended at a third of their ttl: two more tries fit before the loss.
constexpr int kTries = 3;

// Extensions are due at multiples of this, so that many locks go out in one write for each node.
nanoseconds Beat(milliseconds ttl) {
  return std::clamp<nanoseconds>(nanoseconds(ttl) / 200, milliseconds(1), milliseconds(50));
}

// How soon a failed extension is tried again.
nanoseconds RetryPause(milliseconds ttl) {
  return std::clamp<nanoseconds>(nanoseconds(ttl) / 20, milliseconds(5), milliseconds(500));
}

}  // namespace

void Engine::KeepSince(std::uint32_t index, TimePoint confirmed) {
  ScheduleKeeper(index, confirmed + leases_[index].ttl / kTries);
}

void Engine::ScheduleKeeper(std::uint32_t index, TimePoint when) {
  const nanoseconds beat = Beat(leases_[index].ttl);
  const nanoseconds since = when.time_since_epoch();
  SetTimer(TimerKind::kKeeper, index, TimePoint(since / beat * beat));
}

void Engine::Keep(std::uint32_t index, TimePoint now) {
  const LeaseSlot& lease = leases_[index];
  milliseconds ttl = lease.ttl;
  if (lease.kept_until != kNever) {
    // The last extension goes no further than max_hold; then the lock is left to run out.
    ttl = std::min(ttl, std::chrono::floor<milliseconds>(lease.kept_until - now));
    if (ttl < kMinTtl || CertainUntil(now, ttl, options_.drift_factor) <= lease.valid_until) return;
  }
  const std::uint32_t r = NewExtension(index, ttl, now);
  rounds_[r].automatic = true;
  Begin(r, now);
}

void Engine::AfterExtension(const Round& round, const absl::Status& status, TimePoint now) {
  ReportExtension(round, status, now);
  const LeaseSlot& lease = leases_[round.lease];
  if (!round.automatic || lease.phase != LeaseSlot::Phase::kHeld) return;
  if (status.ok()) return KeepSince(round.lease, round.sent);
  // Until the loss there is always time for one more try.
  ScheduleKeeper(round.lease, now + RetryPause(lease.ttl));
}

}  // namespace holdfast::core
