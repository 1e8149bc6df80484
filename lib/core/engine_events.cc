// What statistics and observers hear. Texts are made only where somebody listens.
#include <string>

#include "core/engine.h"
#include "core/text.h"

namespace holdfast::core {
namespace {

LockEvent EventOf(const std::string& name, const LeaseSlot& lease) {
  return {.name = name, .fence = static_cast<std::uint64_t>(lease.fences.front())};
}

void CountRefusal(const absl::Status& status, Stats& stats) {
  if (absl::IsCancelled(status)) {
    ++stats.cancelled;
  } else if (IsHeld(status)) {
    ++stats.refused_held;
  } else if (IsUndecided(status)) {
    ++stats.refused_undecided;
  } else if (IsNoQuorum(status)) {
    ++stats.refused_no_quorum;
  } else {
    ++stats.refused_other;
  }
}

}  // namespace

void Engine::Report(const Acquisition& acquisition, const absl::StatusOr<LeaseId>& result,
                    TimePoint now) {
  const nanoseconds took = now - acquisition.started;
  if (result.ok()) {
    ++stats_.acquired;
    acquire_times_.Record(took);
  } else {
    CountRefusal(result.status(), stats_);
  }
  if (options_.observer == nullptr) return;
  const std::string name = Joined(acquisition.names);
  if (!result.ok()) return options_.observer->OnRefused({.name = name}, result.status());
  options_.observer->OnAcquired(EventOf(name, leases_[result->slot]), took, acquisition.attempts);
}

void Engine::ReportExtension(const Round& round, const absl::Status& status, TimePoint now) {
  if (status.ok()) {
    ++stats_.extended;
    stats_.auto_extended += round.automatic ? 1 : 0;
    extend_times_.Record(now - round.sent);
  } else {
    ++stats_.extend_failed;
  }
  if (options_.observer == nullptr) return;
  const LeaseSlot& lease = leases_[round.lease];
  const std::string name = lease.keys.Text();
  const LockEvent event = EventOf(name, lease);
  if (!status.ok()) return options_.observer->OnExtendFailed(event, status, round.automatic);
  options_.observer->OnExtended(event, lease.valid_until - now, round.automatic);
}

void Engine::ReportRelease(const LeaseSlot& lease, const absl::Status& status) {
  ++(status.ok() ? stats_.released : stats_.release_failed);
  if (options_.observer == nullptr) return;
  const std::string name = lease.keys.Text();
  options_.observer->OnReleased(EventOf(name, lease), status);
}

void Engine::ReportLoss(const LeaseSlot& lease, const char* why) {
  ++stats_.lost;
  if (options_.observer == nullptr) return;
  const std::string name = lease.keys.Text();
  options_.observer->OnLost(EventOf(name, lease), why);
}

}  // namespace holdfast::core
