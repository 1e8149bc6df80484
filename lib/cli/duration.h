// Durations as people type and read them.
#ifndef HOLDFAST_CLI_DURATION_H_
#define HOLDFAST_CLI_DURATION_H_

#include <chrono>
#include <string>

#include "absl/status/statusor.h"

namespace holdfast::cli {

// "500ms", "10s", "2m", "1h": digits and a unit, nothing else, at most a year. A number without a
// unit is an error, because some tools would take it for seconds and others for milliseconds.
absl::StatusOr<std::chrono::milliseconds> ParseDuration(const std::string& text);

// "350 ms", "8.2 s", "2 min 5 s", "1 h 3 min".
std::string FormatDuration(std::chrono::milliseconds duration);

// "9.898 s": for a validity, where the milliseconds matter.
std::string FormatExactly(std::chrono::milliseconds duration);

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_DURATION_H_
