// Durations as people type and read them.
#ifndef HOLDFAST_CLI_DURATION_H_
#define HOLDFAST_CLI_DURATION_H_

#include <chrono>
#include <string>

#include "core/duration.h"

namespace holdfast::cli {

using core::ParseDuration;

// "350 ms", "8.2 s", "2 min 5 s", "1 h 3 min".
std::string FormatDuration(std::chrono::milliseconds duration);

// "9.898 s": for a validity, where the milliseconds matter.
std::string FormatExactly(std::chrono::milliseconds duration);

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_DURATION_H_
