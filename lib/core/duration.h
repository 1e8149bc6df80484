// Durations as people write them.
#ifndef HOLDFAST_CORE_DURATION_H_
#define HOLDFAST_CORE_DURATION_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "core/time.h"

namespace holdfast::core {

// "500ms", "10s", "2m", "1h": digits and a unit, nothing else, at most a year. A number without a
// unit is an error, because some tools would take it for seconds and others for milliseconds.
absl::StatusOr<milliseconds> ParseDuration(std::string_view text);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_DURATION_H_
