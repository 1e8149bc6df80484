#include "cli/lease_keeper.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "asio/error_code.hpp"
#include "asio/io_context.hpp"
#include "holdfast/errors.h"
#include "holdfast/lock.h"

namespace holdfast::cli {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

LeaseKeeper::LeaseKeeper(asio::io_context& io, Lock& lock, milliseconds ttl,
                         std::function<void()> on_extended)
    : timer_(io), lock_(lock), ttl_(ttl), on_extended_(std::move(on_extended)) {}

void LeaseKeeper::Stop() {
  stopped_ = true;
  timer_.cancel();
}

void LeaseKeeper::ScheduleNext() { ExtendAfter(lock_.valid_for() - nanoseconds(ttl_) * 2 / 3); }

void LeaseKeeper::ScheduleRetry() { ExtendAfter(std::max(milliseconds(50), ttl_ / 20)); }

void LeaseKeeper::ExtendAfter(nanoseconds delay) {
  timer_.expires_after(std::max(delay, nanoseconds(0)));
  timer_.async_wait([self = shared_from_this()](const asio::error_code&) {
    // Not by the error code: a handler may already be queued when the timer is cancelled.
    if (!self->stopped_) self->Extend();
  });
}

void LeaseKeeper::Extend() {
  extending_ = true;
  lock_.Extend(
      ttl_, [self = shared_from_this()](const absl::Status& status) { self->OnExtended(status); });
}

void LeaseKeeper::OnExtended(const absl::Status& status) {
  extending_ = false;
  last_failure_ = status;
  if (stopped_) return;
  if (status.ok()) {
    on_extended_();
    return ScheduleNext();
  }
  if (!IsLost(status)) ScheduleRetry();
}

}  // namespace holdfast::cli
