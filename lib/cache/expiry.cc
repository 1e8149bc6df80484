#include "cache/expiry.h"

#include <initializer_list>
#include <string>
#include <utility>

#include "core/text.h"

namespace holdfast::detail {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;
using Kind = CacheExpiry::Kind;

// OK if at most one of these is set.
absl::Status AtMostOne(std::initializer_list<std::pair<const char*, bool>> options) {
  const char* first = nullptr;
  for (const auto& [name, set] : options) {
    if (!set) continue;
    if (first != nullptr) {
      return core::InvalidArgument(std::string(first) + " and " + name + " exclude each other");
    }
    first = name;
  }
  return absl::OkStatus();
}

absl::Status TooLong(const char* name) {
  return core::InvalidArgument(std::string(name) +
                               " is more than 100 years away; what shall not expire has kNoExpiry");
}

}  // namespace

void CacheExpiry::AddTo(Command& set) const {
  if (kind == Kind::kAfter) set.Add("PX", ms);
  if (kind == Kind::kAt) set.Add("PXAT", ms);
  if (kind == Kind::kKeep) set.Add("KEEPTTL");
}

absl::Status CheckCacheOptions(const CacheOptions& options) {
  if (options.ttl < milliseconds(0)) return core::InvalidArgument("ttl of the cache is negative");
  if (options.ttl > kLongestTtl && options.ttl != kNoExpiry) return TooLong("ttl of the cache");
  if (!options.codec.encode != !options.codec.decode) {
    return core::InvalidArgument("codec has only one of encode and decode");
  }
  return absl::OkStatus();
}

absl::StatusOr<CacheExpiry> ExpiryOf(std::optional<milliseconds> ttl, milliseconds fallback) {
  if (!ttl && fallback == milliseconds(0)) return CacheExpiry();
  const milliseconds chosen = ttl.value_or(fallback);
  if (chosen == kNoExpiry) return CacheExpiry();
  if (chosen > kLongestTtl) return TooLong("ttl");
  if (chosen <= milliseconds(0)) return CacheExpiry{Kind::kPast};
  return CacheExpiry{Kind::kAfter, chosen.count()};
}

absl::StatusOr<CacheExpiry> ExpiryOf(const SetOptions& options, milliseconds fallback,
                                     system_clock::time_point now) {
  absl::Status status = AtMostOne({{"ttl", options.ttl.has_value()},
                                   {"expires_at", options.expires_at.has_value()},
                                   {"keep_ttl", options.keep_ttl}});
  status.Update(AtMostOne(
      {{"only_if_absent", options.only_if_absent}, {"only_if_present", options.only_if_present}}));
  if (!status.ok()) return status;
  if (options.keep_ttl) return CacheExpiry{Kind::kKeep};
  if (!options.expires_at) return ExpiryOf(options.ttl, fallback);
  const auto at = UnixMs("expires_at", *options.expires_at, now);
  if (!at.ok()) return at.status();
  if (*options.expires_at <= now) return CacheExpiry{Kind::kPast};
  return CacheExpiry{Kind::kAt, *at};
}

absl::StatusOr<std::int64_t> UnixMs(const char* name, system_clock::time_point when,
                                    system_clock::time_point now) {
  if (when > now + kLongestTtl) return TooLong(name);
  return std::chrono::floor<milliseconds>(when.time_since_epoch()).count();
}

}  // namespace holdfast::detail
