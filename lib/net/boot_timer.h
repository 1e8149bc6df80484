// A timer on CLOCK_BOOTTIME. Asio's own timers stand still while the machine is suspended.
#ifndef HOLDFAST_NET_BOOT_TIMER_H_
#define HOLDFAST_NET_BOOT_TIMER_H_

#include <asio/any_io_executor.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "core/time.h"
#include "net/clock.h"

namespace holdfast::net {

// Calls back on its executor when the time has come, or later; also when it was set to something
// later meanwhile, so that moving it back and forth costs nothing. Not thread-safe.
class BootTimer {
 public:
  explicit BootTimer(const asio::any_io_executor& executor) : descriptor_(executor) {}

  // Once, before anything else. Until Close(), `on_time` is called, and `owner` kept alive, which
  // this timer must be part of.
  absl::Status Open(std::weak_ptr<void> owner, absl::AnyInvocable<void()> on_time);

  // Fires at `when` at the latest.
  void EnsureBy(core::TimePoint when);

  void Close();

 private:
  void Arm(core::TimePoint when);
  void Wait();

  asio::posix::stream_descriptor descriptor_;
  std::weak_ptr<void> owner_;
  absl::AnyInvocable<void()> on_time_;
  core::TimePoint armed_ = core::kNever;
  const int fork_generation_ = ForkGeneration();
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_BOOT_TIMER_H_
