// When a key expires: what a caller says of it, and the words of the commands.
#ifndef HOLDFAST_CACHE_EXPIRY_H_
#define HOLDFAST_CACHE_EXPIRY_H_

#include <chrono>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holdfast/cache_options.h"
#include "holdfast/command.h"

namespace holdfast::detail {

struct CacheExpiry {
  enum class Kind { kNone, kKeep, kAfter, kAt, kPast };
  Kind kind = Kind::kNone;
  std::int64_t ms = 0;  // kAfter: from now; kAt: since 1970.

  bool past() const { return kind == Kind::kPast; }

  // For SET.
  void AddTo(Command& set) const;
};

absl::Status CheckCacheOptions(const CacheOptions& options);

// Of a call that says `ttl`, on a cache whose own is `fallback` (0: none).
absl::StatusOr<CacheExpiry> ExpiryOf(std::optional<std::chrono::milliseconds> ttl,
                                     std::chrono::milliseconds fallback);

// The same for all that Set can be told.
absl::StatusOr<CacheExpiry> ExpiryOf(const SetOptions& options, std::chrono::milliseconds fallback,
                                     std::chrono::system_clock::time_point now);

// In milliseconds since 1970; kInvalidArgument, with `name` in the message, for what is too far
// away.
absl::StatusOr<std::int64_t> UnixMs(const char* name, std::chrono::system_clock::time_point when,
                                    std::chrono::system_clock::time_point now);

}  // namespace holdfast::detail

#endif  // HOLDFAST_CACHE_EXPIRY_H_
