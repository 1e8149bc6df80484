#include "net/clock.h"

#include <pthread.h>
#include <sys/random.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdlib>

namespace holdfast::net {
namespace {

std::atomic<int> fork_generation{0};

void Refill(std::span<std::byte> buffer) {
  while (!buffer.empty()) {
    const ssize_t n = getrandom(buffer.data(), buffer.size(), 0);
    if (n > 0) buffer = buffer.subspan(static_cast<std::size_t>(n));
    // Nonces that could repeat would let one holder release another: better no process at all.
    // Linux has had the call since 3.17; only a seccomp filter can take it away.
    if (n < 0 && errno != EINTR) std::abort();
  }
}

}  // namespace

core::TimePoint Now() {
  timespec time;
  clock_gettime(CLOCK_BOOTTIME, &time);
  return core::TimePoint(std::chrono::seconds(time.tv_sec) +
                         std::chrono::nanoseconds(time.tv_nsec));
}

void SystemRandomness::Fill(std::span<std::byte> bytes) {
  if (buffer_.size() - used_ < bytes.size()) {
    Refill(buffer_);
    used_ = 0;
  }
  std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(used_), bytes.size(), bytes.begin());
  used_ += bytes.size();
}

std::uint64_t RandomNumber() {
  std::array<std::byte, sizeof(std::uint64_t)> bytes;
  Refill(bytes);
  return std::bit_cast<std::uint64_t>(bytes);
}

std::int64_t SystemWallClock::UnixMicros() {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

int ForkGeneration() {
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { fork_generation.fetch_add(1); });
  static_cast<void>(registered);
  return fork_generation.load(std::memory_order_relaxed);
}

}  // namespace holdfast::net
