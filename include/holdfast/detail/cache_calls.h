// The members of Cache that take a completion token. Not for direct use.
#ifndef HOLDFAST_DETAIL_CACHE_CALLS_H_
#define HOLDFAST_DETAIL_CACHE_CALLS_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/cache.h"
#include "holdfast/detail/initiate.h"

namespace holdfast {
namespace detail {

template <class Result, class Token>
auto InitiateCache(Token&& token, const asio::any_io_executor& executor, CacheCall<Result> call) {
  return Initiate<Result>(std::forward<Token>(token), executor, std::move(call), [] {});
}

}  // namespace detail

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::optional<std::string>>))
              CompletionToken>
auto Cache::Get(std::string_view key, CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeGet(key));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::vector<std::optional<std::string>>>))
              CompletionToken>
auto Cache::GetMany(const Keys& keys, CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeGetMany(keys));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<bool>)) CompletionToken>
auto Cache::Set(std::string_view key, std::string_view value, SetOptions options,
                CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeSet(key, value, options));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::Status)) CompletionToken>
auto Cache::SetMany(const Entries& entries, SetManyOptions options,
                    CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeSetMany(entries, options));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<bool>)) CompletionToken>
auto Cache::Remove(std::string_view key, CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeRemove(key));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::int64_t>)) CompletionToken>
auto Cache::RemoveMany(const Keys& keys, CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeRemoveMany(keys));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<bool>)) CompletionToken>
auto Cache::Exists(std::string_view key, CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeExists(key));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::vector<bool>>)) CompletionToken>
auto Cache::ExistsMany(const Keys& keys, CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeExistsMany(keys));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::optional<std::chrono::milliseconds>>))
              CompletionToken>
auto Cache::Ttl(std::string_view key, CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeTtl(key));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<bool>)) CompletionToken>
auto Cache::Expire(std::string_view key, std::chrono::milliseconds ttl,
                   CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeExpire(key, ttl));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<bool>)) CompletionToken>
auto Cache::ExpireAt(std::string_view key, std::chrono::system_clock::time_point when,
                     CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeExpireAt(key, when));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<bool>)) CompletionToken>
auto Cache::Persist(std::string_view key, CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakePersist(key));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::string>)) CompletionToken>
auto Cache::GetOrCompute(std::string_view key, ComputeOptions options, Compute compute,
                         CompletionToken&& completion_token) const {
  using Result = absl::StatusOr<std::string>;
  const auto computation = MakeComputation(key, options, std::move(compute));
  return detail::Initiate<Result>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [computation](detail::Completion<Result> done) {
        StartComputation(computation, std::move(done));
      },
      [computation = std::weak_ptr(computation)] { CancelComputation(computation); });
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::int64_t>)) CompletionToken>
auto Cache::Increment(std::string_view key, IncrementOptions options,
                      CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeIncrement(key, options));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::int64_t>)) CompletionToken>
auto Cache::SetFields(std::string_view key, const Entries& fields, SetFieldsOptions options,
                      CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeSetFields(key, fields, options));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::optional<std::string>>))
              CompletionToken>
auto Cache::GetField(std::string_view key, std::string_view field,
                     CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeGetField(key, field));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::map<std::string, std::string>>))
              CompletionToken>
auto Cache::GetAll(std::string_view key, CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeGetAll(key));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::int64_t>)) CompletionToken>
auto Cache::RemoveFields(std::string_view key, const Keys& fields,
                         CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeRemoveFields(key, fields));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::vector<std::string>>)) CompletionToken>
auto Cache::Scan(std::string_view pattern, ScanOptions options,
                 CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeScan(pattern, options));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::int64_t>)) CompletionToken>
auto Cache::Clear(ClearOptions options, CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakeClear(options));
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::Status)) CompletionToken>
auto Cache::Ping(CompletionToken&& completion_token) const {
  return detail::InitiateCache(std::forward<CompletionToken>(completion_token), get_executor(),
                               MakePing());
}

}  // namespace holdfast

#endif  // HOLDFAST_DETAIL_CACHE_CALLS_H_
