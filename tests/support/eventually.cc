#include "support/eventually.h"

#include <poll.h>

#include <ctime>

namespace holdfast::testing {

using Clock = std::chrono::steady_clock;

void Yield() {
  const timespec moment{.tv_sec = 0, .tv_nsec = 2'000'000};
  ppoll(nullptr, 0, &moment, nullptr);
}

bool Eventually(const std::function<bool()>& condition, std::chrono::milliseconds deadline) {
  const Clock::time_point end = Clock::now() + deadline;
  while (!condition()) {
    if (Clock::now() >= end) return false;
    Yield();
  }
  return true;
}

std::chrono::milliseconds TimeOf(const std::function<void()>& action) {
  const Clock::time_point start = Clock::now();
  action();
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

}  // namespace holdfast::testing
