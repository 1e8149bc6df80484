#include "chaos/clock_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <utility>

#include "chaos/shared_memory.h"

namespace holdfast::testing {
namespace {

Fd MakeFile() {
  Fd file(memfd_create("clock", MFD_CLOEXEC));
  if (ftruncate(file.get(), sizeof(ClockOffset)) == 0) return file;
  perror("clock");
  abort();
}

}  // namespace

ClockFile::ClockFile(std::int64_t nanoseconds_ahead)
    : file_(MakeFile()),
      offset_(new (MapShared(sizeof(ClockOffset), file_.get())) ClockOffset(nanoseconds_ahead)) {}

ClockFile::ClockFile(ClockFile&& other) noexcept
    : file_(std::move(other.file_)), offset_(std::exchange(other.offset_, nullptr)) {}

ClockFile::~ClockFile() {
  if (offset_ != nullptr) munmap(offset_, sizeof(ClockOffset));
}

std::vector<std::string> ClockFile::environment() const {
  return {"LD_PRELOAD=" HOLDFAST_CLOCK_LIBRARY, std::string(kClockVariable) + "=/proc/" +
                                                    std::to_string(getpid()) + "/fd/" +
                                                    std::to_string(file_.get())};
}

}  // namespace holdfast::testing
