#include "chaos/wall_clock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace holdfast::testing {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

ClockOffset own_offset{0};
ClockOffset* offset = &own_offset;

// Runs before anything is ready, malloc for one.
__attribute__((constructor)) void UseFile() {
  const char* path = getenv(kClockVariable);
  const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void* memory = mmap(nullptr, sizeof(ClockOffset), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (memory != MAP_FAILED) offset = static_cast<ClockOffset*>(memory);
}

bool IsWallClock(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

int Read(clockid_t clock, timespec* time) {
  const int result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  if (result != 0 || !IsWallClock(clock)) return result;
  const std::int64_t told = time->tv_sec * kSecond + time->tv_nsec + offset->load();
  time->tv_sec = told / kSecond;
  time->tv_nsec = told % kSecond;
  return 0;
}

}  // namespace

void SetWallClock(std::int64_t nanoseconds_ahead) { own_offset = nanoseconds_ahead; }

}  // namespace holdfast::testing

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  return holdfast::testing::Read(clock, time);
}

int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  timespec now{};
  holdfast::testing::Read(CLOCK_REALTIME, &now);
  *time = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* copy) noexcept {
  timespec now{};
  holdfast::testing::Read(CLOCK_REALTIME, &now);
  if (copy != nullptr) *copy = now.tv_sec;
  return now.tv_sec;
}
}
