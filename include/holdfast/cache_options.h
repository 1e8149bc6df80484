// What a cache and its operations can be told.
#ifndef HOLDFAST_CACHE_OPTIONS_H_
#define HOLDFAST_CACHE_OPTIONS_H_

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace holdfast {

// As a ttl: the key does not expire. What Cache::Ttl says of such a key.
inline constexpr std::chrono::milliseconds kNoExpiry = std::chrono::milliseconds::max();

// No ttl may be longer, but for kNoExpiry; an absolute time may not be further away.
inline constexpr std::chrono::milliseconds kLongestTtl = std::chrono::hours(24 * 365 * 100);

// Turns values into the bytes that are stored, and back: to compress them, to encrypt them, to tell
// versions apart. Both functions or none. They are called on the threads that call the cache and on
// its executor's, several at a time, and must not block or throw. An error of `decode` becomes the
// error of the call, with the key in its message.
struct CacheCodec {
  std::function<std::string(std::string_view value)> encode = {};
  std::function<absl::StatusOr<std::string>(std::string_view stored)> decode = {};
};

// Given to `Cache::Create`, which copies it. A value out of bounds is kInvalidArgument there.
struct CacheOptions {
  // Put in front of every key, any bytes. Results have the keys without it.
  std::string prefix = {};

  // How long what is stored lasts where a call does not say it. 0: it does not expire. (Only here:
  // in a call 0 is in the past, which removes the key, and kNoExpiry is what does not expire.)
  std::chrono::milliseconds ttl{0};

  // For all values, also those of fields of hashes; not for counters, nor for the names of fields.
  CacheCodec codec = {};
};

// Given to single calls, and trivially destructible on purpose: gcc 12 destroys a temporary with
// owning members twice when it stands in the same expression as a `co_await`.
//
// At most one of `ttl`, `expires_at` and `keep_ttl`, and one of the two conditions.
struct SetOptions {
  // From now on; absent: `CacheOptions::ttl`. 0 or less is in the past.
  std::optional<std::chrono::milliseconds> ttl = {};
  // In whole milliseconds, rounded down, by the server's clock (Redis 6.2 or later). In the past,
  // by this machine's clock: the key is removed.
  std::optional<std::chrono::system_clock::time_point> expires_at = {};
  // A key that is there expires when it would have; a new one does not expire.
  bool keep_ttl = false;

  bool only_if_absent = false;
  bool only_if_present = false;
};
static_assert(std::is_trivially_destructible_v<SetOptions>);

struct SetManyOptions {
  std::optional<std::chrono::milliseconds> ttl = {};  // As in SetOptions.
};
static_assert(std::is_trivially_destructible_v<SetManyOptions>);

struct SetFieldsOptions {
  // Of the whole hash. Absent: `CacheOptions::ttl`; where that is 0, its expiry stays as it is.
  std::optional<std::chrono::milliseconds> ttl = {};
};
static_assert(std::is_trivially_destructible_v<SetFieldsOptions>);

struct IncrementOptions {
  std::int64_t by = 1;  // May be negative.
  // Of a counter that is created by this call; another keeps its own. Absent: `CacheOptions::ttl`.
  // Must be more than 0.
  std::optional<std::chrono::milliseconds> ttl = {};
};
static_assert(std::is_trivially_destructible_v<IncrementOptions>);

struct ScanOptions {
  // How many keys the server shall look at for one reply: about as long as it is busy with nothing
  // else. 1 to 100,000.
  int page = 1'000;
  // More keys than this are kResourceExhausted.
  std::size_t max_keys = 1'000'000;
};
static_assert(std::is_trivially_destructible_v<ScanOptions>);

struct ClearOptions {
  // Without a prefix, "all keys of the cache" are all keys of the database: that must be meant, and
  // never where there are locks, whose keys and fencing counters would go, too.
  bool whole_database = false;
  int page = 1'000;  // As in ScanOptions.
};
static_assert(std::is_trivially_destructible_v<ClearOptions>);

struct ComputeOptions {
  // How long a computed value is fresh: more than 0. Absent: `CacheOptions::ttl`.
  std::optional<std::chrono::milliseconds> ttl = {};

  // How much longer it is kept, stale, for those who cannot have a fresh one: whose `wait` is over
  // while another computes, or while the locks cannot be had. 0: not at all. A key whose expiry is
  // nearer than this counts as stale, so all who use a key must have the same `stale_for`; a value
  // that Set gave no longer ttl than that is stale from the start. Needs a ttl.
  std::chrono::milliseconds stale_for{0};

  // How long to wait for another's computation, up to kWaitForever. 0: not at all.
  std::chrono::milliseconds wait{5'000};

  // Of the lock, as AcquireOptions has them. It is extended for as long as the computation takes,
  // which `max_hold` bounds: then another may compute, too.
  std::chrono::milliseconds lock_ttl{10'000};
  std::chrono::milliseconds max_hold{0};
};
static_assert(std::is_trivially_destructible_v<ComputeOptions>);

// Several keys, or fields, in the order in which they are given: `{"EUR", "GBP"}`, or a vector. A
// class with constructors of its own on purpose: see Command.
class Keys {
 public:
  Keys() = default;
  template <std::convertible_to<std::string_view> First,
            std::convertible_to<std::string_view>... More>
  Keys(const First& first, const More&... more)  // NOLINT(google-explicit-constructor)
      : list_{std::string(std::string_view(first)), std::string(std::string_view(more))...} {}
  // A template, so that words in braces are not taken for a vector's.
  template <std::same_as<std::vector<std::string>> Strings>
  Keys(Strings keys)  // NOLINT(google-explicit-constructor)
      : list_(std::move(keys)) {}

  const std::vector<std::string>& list() const { return list_; }

 private:
  std::vector<std::string> list_;
};

// Keys, or fields, and their values: a map, a vector of pairs, `{{"EUR", "1.08"}, {"GBP",
// "0.86"}}`, or `Entries().Add("EUR", "1.08")`. (gcc 12 does not compile the braces in an
// expression that has a co_await.) The last of equal keys counts.
class Entries {
 public:
  using Entry = std::pair<std::string, std::string>;

  Entries() = default;
  Entries(std::initializer_list<std::pair<std::string_view, std::string_view>> entries) {
    AddAll(entries);
  }
  template <class Range>
  requires requires(const Range& range) { Entry(*range.begin()); }
  Entries(const Range& entries) {  // NOLINT(google-explicit-constructor)
    AddAll(entries);
  }

  Entries& Add(std::string_view key, std::string_view value) & {
    list_.emplace_back(key, value);
    return *this;
  }
  Entries&& Add(std::string_view key, std::string_view value) && {
    return std::move(Add(key, value));
  }

  const std::vector<Entry>& list() const { return list_; }

 private:
  template <class Range>
  void AddAll(const Range& entries) {
    for (const auto& [key, value] : entries) Add(key, value);
  }

  std::vector<Entry> list_;
};

}  // namespace holdfast

#endif  // HOLDFAST_CACHE_OPTIONS_H_
