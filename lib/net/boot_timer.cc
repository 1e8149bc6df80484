#include "net/boot_timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include "net/clock.h"

namespace holdfast::net {

absl::Status BootTimer::Open(std::weak_ptr<void> owner, absl::AnyInvocable<void()> on_time) {
  const int fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) {
    return absl::ResourceExhaustedError("timerfd_create: " +
                                        std::generic_category().message(errno));
  }
  descriptor_.assign(fd);
  owner_ = std::move(owner);
  on_time_ = std::move(on_time);
  Wait();
  return absl::OkStatus();
}

void BootTimer::EnsureBy(core::TimePoint when) {
  if (when < armed_) Arm(when);
}

void BootTimer::Arm(core::TimePoint when) {
  armed_ = when;
  // An instant of zero would disarm it.
  const auto ns = std::max<std::int64_t>(when.time_since_epoch().count(), 1);
  itimerspec spec = {};
  spec.it_value.tv_sec = ns / 1'000'000'000;
  spec.it_value.tv_nsec = ns % 1'000'000'000;
  timerfd_settime(descriptor_.native_handle(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

void BootTimer::Wait() {
  auto on_ready = [this, owner = owner_.lock()](asio::error_code error) {
    if (error || !descriptor_.is_open()) return;
    // A forked child that runs the same loop must not take the expiry from its parent.
    if (ForkGeneration() != fork_generation_) return;
    std::uint64_t expirations = 0;
    // Whatever it yields: at worst the callback finds nothing due, and arms the timer anew.
    static_cast<void>(!read(descriptor_.native_handle(), &expirations, sizeof expirations));
    armed_ = core::kNever;
    on_time_();
    if (descriptor_.is_open()) Wait();
  };
  descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, std::move(on_ready));
}

void BootTimer::Close() {
  asio::error_code ignored;
  descriptor_.close(ignored);
}

}  // namespace holdfast::net
