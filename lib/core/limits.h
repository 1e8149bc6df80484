// Bounds on what users may ask for. Each check names the thing that is wrong.
#ifndef HOLDFAST_CORE_LIMITS_H_
#define HOLDFAST_CORE_LIMITS_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/time.h"
#include "holdfast/options.h"

namespace holdfast::core {

inline constexpr std::size_t kMaxNameBytes = 1024;
inline constexpr std::size_t kMaxNames = 16;
inline constexpr std::size_t kMaxClusterRoots = 100;
inline constexpr std::size_t kMaxMembershipBytes = 512;
inline constexpr std::size_t kMaxOwnerBytes = 256;
inline constexpr std::size_t kMaxLabelBytes = 100;
inline constexpr std::size_t kNonceDigits = 32;
inline constexpr milliseconds kMinTtl{10};

// Whether `what`, an option, is within these bounds.
absl::Status CheckRange(const std::string& what, milliseconds value, milliseconds low,
                        milliseconds high);

absl::Status CheckClientName(const std::string& name);
absl::Status CheckName(std::string_view name);
absl::Status CheckNames(std::span<const std::string> names);
absl::Status CheckToken(std::string_view token);
absl::Status CheckTtl(milliseconds ttl, milliseconds max_ttl);
absl::Status CheckAcquire(const AcquireOptions& options, milliseconds max_ttl);
// All but the URLs, which are checked where they are read.
absl::Status CheckClient(const ClientOptions& options);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_LIMITS_H_
