// The clock of leases and of their enforcement: it also runs while the machine is suspended.
#ifndef HOLDFAST_CLI_BOOT_CLOCK_H_
#define HOLDFAST_CLI_BOOT_CLOCK_H_

#include <time.h>

#include <chrono>

namespace holdfast::cli {

// Time since boot, the same for all processes of the machine.
inline std::chrono::nanoseconds BootNow() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_BOOT_CLOCK_H_
