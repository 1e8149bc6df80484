// A cache: bytes under keys, for a while, in a Redis server or a cluster.
//
//   asio::io_context io;
//   auto cache = Cache::Create(*Redis::Create(io.get_executor(), {}), {.prefix = "price:"});
//   cache->Set("EUR", "1.08", {.ttl = 30s}, [&](absl::StatusOr<bool> set) {
//     cache->Get("EUR", [&](absl::StatusOr<std::optional<std::string>> price) {
//       if (price.ok() && *price) std::cout << **price << "\n";
//       cache = absl::CancelledError();       // the last copy: lets io.run() return
//     });
//   });
//   io.run();
//
// For threads that wait see holdfast/blocking_cache.h.
#ifndef HOLDFAST_CACHE_H_
#define HOLDFAST_CACHE_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asio/any_io_executor.hpp"
#include "holdfast/cache_options.h"
#include "holdfast/client.h"
#include "holdfast/detail/initiate.h"
#include "holdfast/redis.h"

namespace holdfast {

namespace detail {
struct CacheState;
class Computation;

// An operation that is ready to be started, once.
template <class Result>
using CacheCall = absl::AnyInvocable<void(Completion<Result>)>;
}  // namespace detail

// Keys and values are bytes of any kind; a value may be empty. Cheap to copy: copies share the
// client underneath, which may have other users, too.
//
// Absent and unreachable are different: what is not there is nullopt, false or 0; a server that
// cannot be asked is an error.
//
// Errors: those of holdfast/redis_errors.h, as WRONGTYPE (kFailedPrecondition) for a key of another
// type; kInvalidArgument for options that contradict each other or are out of bounds, which the
// message names; what the codec's `decode` says. Each call ends within the command timeout, unless
// it says otherwise.
//
// Thread safety: any member may be called from any thread. Arguments are copied, and values
// encoded, before a call returns. Completion, lifetime and fork(2): as `Redis`. Only GetOrCompute
// can be cancelled.
class Cache {
 public:
  // On a Redis client; GetOrCompute then fails with kFailedPrecondition, as it needs locks.
  static absl::StatusOr<Cache> Create(Redis redis, CacheOptions options = {});

  // On the server that the lock client has for data (`Client::redis`), or on any other.
  static absl::StatusOr<Cache> Create(Client locks, CacheOptions options = {});
  static absl::StatusOr<Cache> Create(Client locks, Redis redis, CacheOptions options = {});

  // The value; nullopt: no such key. Signature: void(absl::StatusOr<std::optional<std::string>>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::optional<std::string>>))
                CompletionToken>
  auto Get(std::string_view key, CompletionToken&& completion_token) const;

  // The values in the order of their keys (MGET). A key of another type counts as absent here.
  // Signature: void(absl::StatusOr<std::vector<std::optional<std::string>>>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::vector<std::optional<std::string>>>))
                CompletionToken>
  auto GetMany(const Keys& keys, CompletionToken&& completion_token) const;

  // Stores a value, in the place of whatever is there. Whether it was stored: false where a
  // condition was not met, and where the expiry is in the past, which removes the key instead (with
  // only_if_absent: does nothing). Signature: void(absl::StatusOr<bool>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<bool>)) CompletionToken>
  auto Set(std::string_view key, std::string_view value, SetOptions options,
           CompletionToken&& completion_token) const;

  // Stores several. Without a ttl all at once (MSET; on a cluster, all of a slot at once); with one
  // by a SET for each, and the error says how many failed, and the first one why. Signature:
  // void(absl::Status).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::Status)) CompletionToken>
  auto SetMany(const Entries& entries, SetManyOptions options,
               CompletionToken&& completion_token) const;

  // Whether it was there. Signature: void(absl::StatusOr<bool>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<bool>)) CompletionToken>
  auto Remove(std::string_view key, CompletionToken&& completion_token) const;

  // How many of them were there. Signature: void(absl::StatusOr<std::int64_t>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::int64_t>)) CompletionToken>
  auto RemoveMany(const Keys& keys, CompletionToken&& completion_token) const;

  // A key of any type. Signature: void(absl::StatusOr<bool>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<bool>)) CompletionToken>
  auto Exists(std::string_view key, CompletionToken&& completion_token) const;

  // Which of them exist, in their order. Signature: void(absl::StatusOr<std::vector<bool>>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::vector<bool>>)) CompletionToken>
  auto ExistsMany(const Keys& keys, CompletionToken&& completion_token) const;

  // How long a key still lasts, 0 for less than a millisecond; kNoExpiry: it does not expire;
  // nullopt: no such key. Signature:
  // void(absl::StatusOr<std::optional<std::chrono::milliseconds>>).
  template <ASIO_COMPLETION_TOKEN_FOR(
      void(absl::StatusOr<std::optional<std::chrono::milliseconds>>)) CompletionToken>
  auto Ttl(std::string_view key, CompletionToken&& completion_token) const;

  // Makes a key, of any type, last `ttl` from now, or until `when` (whole milliseconds, rounded
  // down, by the server's clock); in the past: removes it. Whether it was there. Signature:
  // void(absl::StatusOr<bool>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<bool>)) CompletionToken>
  auto Expire(std::string_view key, std::chrono::milliseconds ttl,
              CompletionToken&& completion_token) const;
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<bool>)) CompletionToken>
  auto ExpireAt(std::string_view key, std::chrono::system_clock::time_point when,
                CompletionToken&& completion_token) const;

  // Makes a key last for good. Whether it was there and had an expiry. Signature:
  // void(absl::StatusOr<bool>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<bool>)) CompletionToken>
  auto Persist(std::string_view key, CompletionToken&& completion_token) const;

  // Calls back once, from any thread, with the value or an error. One that is destroyed uncalled
  // counts as kCancelled.
  using Done = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;
  // Starts a computation. Called on the cache's executor; must not block. An exception from it
  // becomes kInternal.
  using Compute = absl::AnyInvocable<void(Done)>;

  // The value if there is a fresh one; else computes it, once among all processes, under a lock of
  // the lock client on "compute:" and the key with its prefix (a lock's name: 1 KiB at most). Who
  // gets the lock looks again first: in most cases another has just stored what is wanted. Who does
  // not get it looks again now and then.
  //
  // The result is stored for `ttl` and `stale_for` as a plain value, so Get finds it, too, stale or
  // not. Errors of `compute` pass through, and nothing is stored. A value is returned, but not
  // stored, where the lock was lost before it was there: another may have computed a newer one,
  // which ours must not replace. It is also returned where it could not be stored.
  //
  // When `wait` is over: the stale value if there is one; else the error of `Client::Acquire`, as
  // IsHeld. Errors of reading the cache pass through, without a computation. Ends within `wait`,
  // the time of `compute`, and a few command timeouts; the lock has been released then.
  //
  // Cancellation: as `Client::Acquire`; a computation that has begun is left alone. Signature:
  // void(absl::StatusOr<std::string>). With gcc 12, a lambda that captures what owns memory must be
  // in a variable before the expression that has the co_await.
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::string>)) CompletionToken>
  auto GetOrCompute(std::string_view key, ComputeOptions options, Compute compute,
                    CompletionToken&& completion_token) const;

  // Adds to a counter, which is 0 where there is none; its new value. A counter is a number in
  // decimal: Get reads it (without a codec). Signature: void(absl::StatusOr<std::int64_t>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::int64_t>)) CompletionToken>
  auto Increment(std::string_view key, IncrementOptions options,
                 CompletionToken&& completion_token) const;

  // Hashes: fields and values under one key, without a prefix for the fields. A hash without fields
  // does not exist. SetFields says how many fields are new. A ttl in the past removes the hash.
  // Signature: void(absl::StatusOr<std::int64_t>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::int64_t>)) CompletionToken>
  auto SetFields(std::string_view key, const Entries& fields, SetFieldsOptions options,
                 CompletionToken&& completion_token) const;

  // nullopt: no such field, or key. Signature: void(absl::StatusOr<std::optional<std::string>>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::optional<std::string>>))
                CompletionToken>
  auto GetField(std::string_view key, std::string_view field,
                CompletionToken&& completion_token) const;

  // Empty: no such key. Signature: void(absl::StatusOr<std::map<std::string, std::string>>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::map<std::string, std::string>>))
                CompletionToken>
  auto GetAll(std::string_view key, CompletionToken&& completion_token) const;

  // How many of them were there. Signature: void(absl::StatusOr<std::int64_t>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::int64_t>)) CompletionToken>
  auto RemoveFields(std::string_view key, const Keys& fields,
                    CompletionToken&& completion_token) const;

  // The keys below the prefix that match a pattern ("*" for all; `*`, `?`, `[a-c]`, and `\` in
  // front of what is meant as it is), sorted, each once. By SCAN on each master, page by page, so
  // it may take many command timeouts. Keys that come or go meanwhile are found or not; so are, on
  // a cluster, those of slots that move. Signature: void(absl::StatusOr<std::vector<std::string>>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::vector<std::string>>))
                CompletionToken>
  auto Scan(std::string_view pattern, ScanOptions options,
            CompletionToken&& completion_token) const;

  // Removes all keys below the prefix, of any type, as Scan finds them, page by page; how many.
  // After an error some are left. kInvalidArgument without a prefix, unless `whole_database` says
  // that this is meant. Signature: void(absl::StatusOr<std::int64_t>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::int64_t>)) CompletionToken>
  auto Clear(ClearOptions options, CompletionToken&& completion_token) const;

  // OK: a server answers. Signature: void(absl::Status).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::Status)) CompletionToken>
  auto Ping(CompletionToken&& completion_token) const;

  // The client underneath, for all else. It knows nothing of the prefix and the codec.
  const Redis& redis() const;
  const std::string& prefix() const;

  using executor_type = asio::any_io_executor;
  executor_type get_executor() const;

 private:
  template <class T>
  using Call = detail::CacheCall<absl::StatusOr<T>>;
  using StatusCall = detail::CacheCall<absl::Status>;

  explicit Cache(std::shared_ptr<const detail::CacheState> state) : state_(std::move(state)) {}

  Call<std::optional<std::string>> MakeGet(std::string_view key) const;
  Call<std::vector<std::optional<std::string>>> MakeGetMany(const Keys& keys) const;
  Call<bool> MakeSet(std::string_view key, std::string_view value, const SetOptions& options) const;
  StatusCall MakeSetMany(const Entries& entries, const SetManyOptions& options) const;
  Call<bool> MakeRemove(std::string_view key) const;
  Call<std::int64_t> MakeRemoveMany(const Keys& keys) const;
  Call<bool> MakeExists(std::string_view key) const;
  Call<std::vector<bool>> MakeExistsMany(const Keys& keys) const;
  Call<std::optional<std::chrono::milliseconds>> MakeTtl(std::string_view key) const;
  Call<bool> MakeExpire(std::string_view key, std::chrono::milliseconds ttl) const;
  Call<bool> MakeExpireAt(std::string_view key, std::chrono::system_clock::time_point when) const;
  Call<bool> MakePersist(std::string_view key) const;
  Call<std::int64_t> MakeIncrement(std::string_view key, const IncrementOptions& options) const;
  Call<std::int64_t> MakeSetFields(std::string_view key, const Entries& fields,
                                   const SetFieldsOptions& options) const;
  Call<std::optional<std::string>> MakeGetField(std::string_view key, std::string_view field) const;
  Call<std::map<std::string, std::string>> MakeGetAll(std::string_view key) const;
  Call<std::int64_t> MakeRemoveFields(std::string_view key, const Keys& fields) const;
  Call<std::vector<std::string>> MakeScan(std::string_view pattern,
                                          const ScanOptions& options) const;
  Call<std::int64_t> MakeClear(const ClearOptions& options) const;
  StatusCall MakePing() const;

  std::shared_ptr<detail::Computation> MakeComputation(std::string_view key,
                                                       const ComputeOptions& options,
                                                       Compute compute) const;
  static void StartComputation(const std::shared_ptr<detail::Computation>& computation,
                               detail::Completion<absl::StatusOr<std::string>> done);
  static void CancelComputation(const std::weak_ptr<detail::Computation>& computation);

  std::shared_ptr<const detail::CacheState> state_;
};

}  // namespace holdfast

#include "holdfast/detail/cache_calls.h"  // IWYU pragma: export

#endif  // HOLDFAST_CACHE_H_
