// How long a lock is still ours, and that it is lost.
#ifndef HOLDFAST_LEASE_TERM_H_
#define HOLDFAST_LEASE_TERM_H_

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>

#include "core/time.h"
#include "net/loss_watch.h"

namespace holdfast::detail {

// The strand tells of the loss a margin before the validity ends. When it is kept from that for a
// quarter of the margin, the watch thread does.
class LeaseTerm final : public net::LossWatch::Target {
 public:
  explicit LeaseTerm(net::LossWatch& watch) : watch_(watch) {}
  ~LeaseTerm();
  LeaseTerm(const LeaseTerm&) = delete;
  LeaseTerm& operator=(const LeaseTerm&) = delete;

  // Before anything else. `self`: this, kept by whoever keeps it. The watch thread may be the last
  // to let go of that.
  void Watch(std::weak_ptr<net::LossWatch::Target> self);

  // Any thread. Zero before the first Hold, and once it is over.
  std::chrono::nanoseconds left() const;
  std::stop_token lost() const;

  // Strand only. Ours until then, and lost a margin before if nothing happens. False when it is
  // over, or should be: what was lost never comes back.
  bool Hold(core::TimePoint valid_until, core::TimePoint lost_at);

  // Any thread. Tells whoever listens, unless they have been told. For good.
  void End();

 private:
  using Instant = std::atomic<core::TimePoint>;
  static_assert(Instant::is_always_lock_free);

  void OnDeadline() noexcept override;
  void Tell();

  net::LossWatch& watch_;
  std::optional<net::LossWatch::Ticket> ticket_;
  Instant watched_at_ = core::kNever;
  Instant valid_until_ = core::kLongAgo;
  // Made when somebody wants to listen. No mutex: in a forked child it might be held for ever.
  mutable std::atomic<std::stop_source*> stop_ = nullptr;
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_LEASE_TERM_H_
