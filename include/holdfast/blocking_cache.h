// The cache for threads that wait.
//
//   auto redis = BlockingRedis::Create({.url = "redis://localhost"});
//   auto cache = BlockingCache::Create(*redis, {.prefix = "price:"});
//   cache->Set("EUR", "1.08", {.ttl = 30s});
//   absl::StatusOr<std::optional<std::string>> price = cache->Get("EUR");
//   if (!price.ok()) return price.status();           // The server cannot be asked.
//   if (!*price) …                                    // It has none.
//
// One computation among all processes, under a lock:
//
//   auto client = BlockingClient::Create({.nodes = {"redis://localhost"}});
//   auto rates = BlockingCache::Create(*client, {.prefix = "rates:"});
//   auto today = rates->GetOrCompute("today", {.ttl = 1h, .stale_for = 10min},
//                                    [&] { return Download(url); });
#ifndef HOLDFAST_BLOCKING_CACHE_H_
#define HOLDFAST_BLOCKING_CACHE_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holdfast/blocking.h"
#include "holdfast/blocking_redis.h"
#include "holdfast/cache.h"
#include "holdfast/cache_options.h"

namespace holdfast {

namespace detail {
class IoThread;
}

// `Cache` on the thread of a blocking client; what is said there holds here, of callbacks, too.
// Cheap to copy, safe to call from any thread. Each call blocks its caller; in a callback of the
// client it fails at once with kFailedPrecondition. Keeps the client alive: whoever destroys the
// last copy of both waits as the client's destructor does.
class BlockingCache {
 public:
  BlockingCache(const BlockingCache&) = default;
  BlockingCache(BlockingCache&&) noexcept = default;
  BlockingCache& operator=(BlockingCache other) noexcept {
    cache_ = std::move(other.cache_);  // First: the threads wait for the last client on them.
    thread_ = std::move(other.thread_);
    locks_thread_ = std::move(other.locks_thread_);
    return *this;
  }
  ~BlockingCache() = default;

  // As those of `Cache`.
  static absl::StatusOr<BlockingCache> Create(const BlockingRedis& redis,
                                              CacheOptions options = {});
  static absl::StatusOr<BlockingCache> Create(const BlockingClient& locks,
                                              CacheOptions options = {});
  static absl::StatusOr<BlockingCache> Create(const BlockingClient& locks,
                                              const BlockingRedis& redis,
                                              CacheOptions options = {});

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const;
  absl::StatusOr<std::vector<std::optional<std::string>>> GetMany(const Keys& keys) const;
  absl::StatusOr<bool> Set(std::string_view key, std::string_view value,
                           SetOptions options = {}) const;
  absl::Status SetMany(const Entries& entries, SetManyOptions options = {}) const;
  absl::StatusOr<bool> Remove(std::string_view key) const;
  absl::StatusOr<std::int64_t> RemoveMany(const Keys& keys) const;
  absl::StatusOr<bool> Exists(std::string_view key) const;
  absl::StatusOr<std::vector<bool>> ExistsMany(const Keys& keys) const;
  absl::StatusOr<std::optional<std::chrono::milliseconds>> Ttl(std::string_view key) const;
  absl::StatusOr<bool> Expire(std::string_view key, std::chrono::milliseconds ttl) const;
  absl::StatusOr<bool> ExpireAt(std::string_view key,
                                std::chrono::system_clock::time_point when) const;
  absl::StatusOr<bool> Persist(std::string_view key) const;

  // `compute` returns a std::string or an absl::StatusOr<std::string>. It is called by this thread,
  // within the call, and may use the cache. What it throws is thrown on, after the release. A stop
  // request on `cancel` is what cancellation is in `Cache`.
  using Compute = absl::AnyInvocable<absl::StatusOr<std::string>()>;
  absl::StatusOr<std::string> GetOrCompute(std::string_view key, ComputeOptions options,
                                           Compute compute, std::stop_token cancel = {}) const;

  absl::StatusOr<std::int64_t> Increment(std::string_view key, IncrementOptions options = {}) const;
  absl::StatusOr<std::int64_t> SetFields(std::string_view key, const Entries& fields,
                                         SetFieldsOptions options = {}) const;
  absl::StatusOr<std::optional<std::string>> GetField(std::string_view key,
                                                      std::string_view field) const;
  absl::StatusOr<std::map<std::string, std::string>> GetAll(std::string_view key) const;
  absl::StatusOr<std::int64_t> RemoveFields(std::string_view key, const Keys& fields) const;
  absl::StatusOr<std::vector<std::string>> Scan(std::string_view pattern = "*",
                                                ScanOptions options = {}) const;
  absl::StatusOr<std::int64_t> Clear(ClearOptions options = {}) const;
  absl::Status Ping() const;

  const std::string& prefix() const { return cache_.prefix(); }

  // The cache underneath, as BlockingRedis::async() is the client underneath that.
  const Cache& async() const;

 private:
  BlockingCache(std::shared_ptr<detail::IoThread> locks_thread,
                std::shared_ptr<detail::IoThread> thread, Cache cache)
      : locks_thread_(std::move(locks_thread)),
        thread_(std::move(thread)),
        cache_(std::move(cache)) {}

  std::shared_ptr<detail::IoThread> locks_thread_;  // Null where `thread_` is that, too.
  std::shared_ptr<detail::IoThread> thread_;        // Both before cache_: must outlive it.
  Cache cache_;
};

}  // namespace holdfast

#endif  // HOLDFAST_BLOCKING_CACHE_H_
