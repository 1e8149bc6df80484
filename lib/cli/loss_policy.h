// What becomes of a command whose lock is about to be lost, and when.
#ifndef HOLDFAST_CLI_LOSS_POLICY_H_
#define HOLDFAST_CLI_LOSS_POLICY_H_

#include <algorithm>
#include <chrono>

#include "cli/guardian_process.h"

namespace holdfast::cli {

enum class OnLost { kTerm, kKill, kIgnore };

struct LossPolicy {
  OnLost on_lost = OnLost::kTerm;
  std::chrono::milliseconds ttl{};
  std::chrono::milliseconds grace{};     // Between TERM and KILL.
  std::chrono::milliseconds max_hold{};  // After which the lock is not extended; 0: always is.

  // For the KILL to take effect while the lease still stands; the same as that of `Lock::lost()`.
  std::chrono::nanoseconds margin() const {
    using std::chrono::milliseconds;
    using std::chrono::nanoseconds;
    const nanoseconds least = std::min<nanoseconds>(milliseconds(5), nanoseconds(ttl) / 4);
    return std::clamp<nanoseconds>(nanoseconds(ttl) / 20, least, milliseconds(250));
  }

  // For a lease that at `now` was valid for another `valid_for`.
  Deadlines At(std::chrono::nanoseconds now, std::chrono::nanoseconds valid_for) const {
    if (on_lost == OnLost::kIgnore) return {};
    const auto kill_at = now + valid_for - margin();
    return {on_lost == OnLost::kTerm ? kill_at - grace : kill_at, kill_at};
  }

  // For a lease that turned out to be gone at `now`: `planned`, but from this moment on.
  Deadlines AtOnce(std::chrono::nanoseconds now, const Deadlines& planned) const {
    if (on_lost == OnLost::kIgnore) return {};
    if (on_lost == OnLost::kKill) return {now, now};
    return {now, std::min(planned.kill_at, now + grace)};
  }
};

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_LOSS_POLICY_H_
