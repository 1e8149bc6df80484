#include "lease_term.h"

#include "net/clock.h"

namespace holdfast::detail {
namespace {

// In the place of the validity's end when it is over.
constexpr core::TimePoint kOver = core::kLongAgo + core::nanoseconds(1);

}  // namespace

void LeaseTerm::Watch(std::weak_ptr<net::LossWatch::Target> self) {
  ticket_ = watch_.Add(std::move(self), core::kNever);
}

LeaseTerm::~LeaseTerm() {
  if (ticket_) watch_.Remove(*ticket_);
  delete stop_.load();
}

// Either this sees that it is over, or whoever ends it sees that somebody listens.
std::stop_token LeaseTerm::lost() const {
  std::stop_source* stop = stop_.load();
  if (stop == nullptr) {
    auto made = std::make_unique<std::stop_source>();
    if (stop_.compare_exchange_strong(stop, made.get())) {
      stop = made.release();
      // Nobody can have registered a callback before, which would run in this call.
      if (valid_until_.load() == kOver) stop->request_stop();
    }
  }
  return stop->get_token();
}

void LeaseTerm::Tell() {
  if (std::stop_source* stop = stop_.load()) stop->request_stop();
}

std::chrono::nanoseconds LeaseTerm::left() const {
  const core::TimePoint until = valid_until_.load();
  const core::TimePoint now = net::Now();
  return until > now ? until - now : std::chrono::nanoseconds(0);
}

bool LeaseTerm::Hold(core::TimePoint valid_until, core::TimePoint lost_at) {
  // After a standstill of the process it is open who runs first, the watch thread or this.
  if (net::Now() >= watched_at_.load()) return false;
  // Before the end itself: who sees the new end must not judge it by the old instant.
  watched_at_.store(lost_at + (valid_until - lost_at) / 4);
  core::TimePoint before = valid_until_.load();
  do {
    if (before == kOver) return false;
  } while (!valid_until_.compare_exchange_weak(before, valid_until));
  watch_.Move(*ticket_, watched_at_.load());
  return true;
}

void LeaseTerm::End() {
  if (valid_until_.exchange(kOver) == kOver) return;
  Tell();
  if (ticket_) watch_.Move(*ticket_, core::kNever);
}

void LeaseTerm::OnDeadline() noexcept {
  core::TimePoint until = valid_until_.load();
  const core::TimePoint watched_at = watched_at_.load();
  if (net::Now() < watched_at) return watch_.Move(*ticket_, watched_at);
  // If it fails, it was prolonged this very moment, or is over.
  if (valid_until_.compare_exchange_strong(until, kOver)) Tell();
}

}  // namespace holdfast::detail
