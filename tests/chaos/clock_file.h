// The wall clock of a process that somebody else sets, also while it runs.
#ifndef HOLDFAST_TESTS_CHAOS_CLOCK_FILE_H_
#define HOLDFAST_TESTS_CHAOS_CLOCK_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "chaos/wall_clock.h"
#include "support/socket.h"

namespace holdfast::testing {

class ClockFile {
 public:
  explicit ClockFile(std::int64_t nanoseconds_ahead);
  ~ClockFile();
  ClockFile(ClockFile&& other) noexcept;
  ClockFile& operator=(ClockFile&&) = delete;

  // For processes that are to have this clock, while this process runs.
  std::vector<std::string> environment() const;

  void Step(std::int64_t nanoseconds) { *offset_ += nanoseconds; }

 private:
  Fd file_;
  ClockOffset* offset_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_CLOCK_FILE_H_
