// Small helpers of those who read configuration.
#ifndef HOLDFAST_CONFIG_TEXT_H_
#define HOLDFAST_CONFIG_TEXT_H_

#include <string>

#include "absl/status/status.h"

namespace holdfast::detail {

inline std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

}  // namespace holdfast::detail

#endif  // HOLDFAST_CONFIG_TEXT_H_
