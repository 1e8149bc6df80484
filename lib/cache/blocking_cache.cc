#include "holdfast/blocking_cache.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/post.hpp>
#include <exception>
#include <utility>
#include <variant>

#include "io_thread.h"

namespace holdfast {
namespace {

using Value = absl::StatusOr<std::string>;

// Either it is this thread's turn to compute, or all is over. A Status: there was nobody to wait
// for.
using Step = std::variant<absl::Status, Cache::Done, Value>;

// What the caller waits for next. Used in the client's loop only.
struct NextStep {
  absl::AnyInvocable<void(Step)> tell;
};

Value ToValue(Step step) {
  if (auto* value = std::get_if<Value>(&step)) return std::move(*value);
  return std::get<absl::Status>(step);
}

Value Computed(BlockingCache::Compute& compute, std::exception_ptr& thrown) {
  try {
    return compute();
  } catch (...) {
    thrown = std::current_exception();
    return absl::AbortedError("the computation threw");
  }
}

}  // namespace

absl::StatusOr<BlockingCache> BlockingCache::Create(const BlockingRedis& redis,
                                                    CacheOptions options) {
  auto cache = Cache::Create(redis.redis_, std::move(options));
  if (!cache.ok()) return cache.status();
  return BlockingCache(nullptr, redis.thread_, *std::move(cache));
}

absl::StatusOr<BlockingCache> BlockingCache::Create(const BlockingClient& locks,
                                                    CacheOptions options) {
  auto cache = Cache::Create(locks.client_, std::move(options));
  if (!cache.ok()) return cache.status();
  return BlockingCache(nullptr, locks.thread_, *std::move(cache));
}

absl::StatusOr<BlockingCache> BlockingCache::Create(const BlockingClient& locks,
                                                    const BlockingRedis& redis,
                                                    CacheOptions options) {
  auto cache = Cache::Create(locks.client_, redis.redis_, std::move(options));
  if (!cache.ok()) return cache.status();
  locks.thread_->Stay();  // Locks are asked for from the other client's loop.
  return BlockingCache(locks.thread_, redis.thread_, *std::move(cache));
}

absl::StatusOr<std::optional<std::string>> BlockingCache::Get(std::string_view key) const {
  return thread_->Await<absl::StatusOr<std::optional<std::string>>>(
      [&](auto handler) { cache_.Get(key, std::move(handler)); });
}

absl::StatusOr<std::vector<std::optional<std::string>>> BlockingCache::GetMany(
    const Keys& keys) const {
  return thread_->Await<absl::StatusOr<std::vector<std::optional<std::string>>>>(
      [&](auto handler) { cache_.GetMany(keys, std::move(handler)); });
}

absl::StatusOr<bool> BlockingCache::Set(std::string_view key, std::string_view value,
                                        SetOptions options) const {
  return thread_->Await<absl::StatusOr<bool>>(
      [&](auto handler) { cache_.Set(key, value, options, std::move(handler)); });
}

absl::Status BlockingCache::SetMany(const Entries& entries, SetManyOptions options) const {
  return thread_->Await<absl::Status>(
      [&](auto handler) { cache_.SetMany(entries, options, std::move(handler)); });
}

absl::StatusOr<bool> BlockingCache::Remove(std::string_view key) const {
  return thread_->Await<absl::StatusOr<bool>>(
      [&](auto handler) { cache_.Remove(key, std::move(handler)); });
}

absl::StatusOr<std::int64_t> BlockingCache::RemoveMany(const Keys& keys) const {
  return thread_->Await<absl::StatusOr<std::int64_t>>(
      [&](auto handler) { cache_.RemoveMany(keys, std::move(handler)); });
}

absl::StatusOr<bool> BlockingCache::Exists(std::string_view key) const {
  return thread_->Await<absl::StatusOr<bool>>(
      [&](auto handler) { cache_.Exists(key, std::move(handler)); });
}

absl::StatusOr<std::vector<bool>> BlockingCache::ExistsMany(const Keys& keys) const {
  return thread_->Await<absl::StatusOr<std::vector<bool>>>(
      [&](auto handler) { cache_.ExistsMany(keys, std::move(handler)); });
}

absl::StatusOr<std::optional<std::chrono::milliseconds>> BlockingCache::Ttl(
    std::string_view key) const {
  return thread_->Await<absl::StatusOr<std::optional<std::chrono::milliseconds>>>(
      [&](auto handler) { cache_.Ttl(key, std::move(handler)); });
}

absl::StatusOr<bool> BlockingCache::Expire(std::string_view key,
                                           std::chrono::milliseconds ttl) const {
  return thread_->Await<absl::StatusOr<bool>>(
      [&](auto handler) { cache_.Expire(key, ttl, std::move(handler)); });
}

absl::StatusOr<bool> BlockingCache::ExpireAt(std::string_view key,
                                             std::chrono::system_clock::time_point when) const {
  return thread_->Await<absl::StatusOr<bool>>(
      [&](auto handler) { cache_.ExpireAt(key, when, std::move(handler)); });
}

absl::StatusOr<bool> BlockingCache::Persist(std::string_view key) const {
  return thread_->Await<absl::StatusOr<bool>>(
      [&](auto handler) { cache_.Persist(key, std::move(handler)); });
}

// The computation is outside the loop: the client's thread goes on with connections and locks.
Value BlockingCache::GetOrCompute(std::string_view key, ComputeOptions options, Compute compute,
                                  std::stop_token cancel) const {
  const auto next = std::make_shared<NextStep>();
  const auto signal = std::make_shared<asio::cancellation_signal>();
  auto emit = [thread = thread_, signal] {
    // Signals are not thread-safe: only ever in the loop.
    asio::post(thread->io(), [signal] { signal->emit(asio::cancellation_type::terminal); });
  };
  // Registered once the call has started; a stop request from before is noticed then.
  std::optional<std::stop_callback<decltype(emit)>> on_cancel;
  Step step = thread_->Await<Step>([&](auto handler) {
    next->tell = std::move(handler);
    cache_.GetOrCompute(
        key, options, [next](Cache::Done done) { next->tell(std::move(done)); },
        asio::bind_cancellation_slot(signal->slot(),
                                     [next](Value value) { next->tell(std::move(value)); }));
    on_cancel.emplace(cancel, emit);
  });
  auto* done = std::get_if<Cache::Done>(&step);
  if (done == nullptr) return ToValue(std::move(step));
  std::exception_ptr thrown;
  Value value = Computed(compute, thrown);
  value = ToValue(thread_->Await<Step>([&](auto handler) {
    next->tell = std::move(handler);
    (*done)(std::move(value));
  }));
  if (thrown != nullptr) std::rethrow_exception(thrown);
  return value;
}

absl::StatusOr<std::int64_t> BlockingCache::Increment(std::string_view key,
                                                      IncrementOptions options) const {
  return thread_->Await<absl::StatusOr<std::int64_t>>(
      [&](auto handler) { cache_.Increment(key, options, std::move(handler)); });
}

absl::StatusOr<std::int64_t> BlockingCache::SetFields(std::string_view key, const Entries& fields,
                                                      SetFieldsOptions options) const {
  return thread_->Await<absl::StatusOr<std::int64_t>>(
      [&](auto handler) { cache_.SetFields(key, fields, options, std::move(handler)); });
}

absl::StatusOr<std::optional<std::string>> BlockingCache::GetField(std::string_view key,
                                                                   std::string_view field) const {
  return thread_->Await<absl::StatusOr<std::optional<std::string>>>(
      [&](auto handler) { cache_.GetField(key, field, std::move(handler)); });
}

absl::StatusOr<std::map<std::string, std::string>> BlockingCache::GetAll(
    std::string_view key) const {
  return thread_->Await<absl::StatusOr<std::map<std::string, std::string>>>(
      [&](auto handler) { cache_.GetAll(key, std::move(handler)); });
}

absl::StatusOr<std::int64_t> BlockingCache::RemoveFields(std::string_view key,
                                                         const Keys& fields) const {
  return thread_->Await<absl::StatusOr<std::int64_t>>(
      [&](auto handler) { cache_.RemoveFields(key, fields, std::move(handler)); });
}

absl::StatusOr<std::vector<std::string>> BlockingCache::Scan(std::string_view pattern,
                                                             ScanOptions options) const {
  return thread_->Await<absl::StatusOr<std::vector<std::string>>>(
      [&](auto handler) { cache_.Scan(pattern, options, std::move(handler)); });
}

absl::StatusOr<std::int64_t> BlockingCache::Clear(ClearOptions options) const {
  return thread_->Await<absl::StatusOr<std::int64_t>>(
      [&](auto handler) { cache_.Clear(options, std::move(handler)); });
}

absl::Status BlockingCache::Ping() const {
  return thread_->Await<absl::Status>([&](auto handler) { cache_.Ping(std::move(handler)); });
}

const Cache& BlockingCache::async() const {
  thread_->Stay();
  return cache_;
}

}  // namespace holdfast
