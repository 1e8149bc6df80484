// The clock and the dice of real machines.
#ifndef HOLDFAST_NET_CLOCK_H_
#define HOLDFAST_NET_CLOCK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/engine.h"
#include "core/time.h"

namespace holdfast::net {

// CLOCK_BOOTTIME: runs on while the machine is suspended, and is never set.
core::TimePoint Now();

// getrandom(2), in pieces large enough that few calls go to the kernel. Not thread-safe. After a
// fork both processes would draw the same from it: a client refuses to work in the child.
class SystemRandomness final : public core::Randomness {
 public:
  void Fill(std::span<std::byte> bytes) override;

 private:
  std::array<std::byte, 1024> buffer_;
  std::size_t used_ = sizeof buffer_;
};

// One number from getrandom(2).
std::uint64_t RandomNumber();

// CLOCK_REALTIME. Only for hints.
class SystemWallClock final : public core::WallClock {
 public:
  std::int64_t UnixMicros() override;
};

// Another number in a process that was forked off since. Connections and timers are shared with it:
// whoever finds a number other than that of its making must not touch them.
int ForkGeneration();

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_CLOCK_H_
