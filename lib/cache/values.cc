// The members of Cache that read, store and count values.
#include <cstddef>
#include <utility>

#include "cache/call.h"
#include "cache/expiry.h"
#include "cache/state.h"
#include "core/redis_errors.h"
#include "core/text.h"
#include "holdfast/cache.h"

namespace holdfast {
namespace {

using detail::CacheExpiry;
using detail::CacheState;
using Value = std::optional<std::string>;
using Values = std::vector<Value>;

absl::StatusOr<Values> DecodeAll(const CacheState& cache, const Keys& keys, const Reply& reply) {
  if (reply.size() != keys.list().size()) {
    return absl::InternalError("MGET: not as many values as keys");
  }
  Values values;
  for (const std::string& key : keys.list()) {
    auto value = cache.Decode(key, reply[values.size()]);
    if (!value.ok()) return value.status();
    values.push_back(*std::move(value));
  }
  return values;
}

Command SetCommand(const CacheState& cache, std::string_view key, std::string_view value,
                   const CacheExpiry& expiry) {
  Command set("SET", cache.KeyOf(key), cache.Encode(value));
  expiry.AddTo(set);
  return set;
}

// What is left to do about an expiry in the past. Where the key must be absent that is nothing, but
// whether the server can be asked is still told.
Command ExpiredCommand(const CacheState& cache, std::string_view key, const SetOptions& options) {
  return {options.only_if_absent ? "EXISTS" : "UNLINK", cache.KeyOf(key)};
}

Keys KeysOf(const Entries& entries) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : entries.list()) keys.push_back(key);
  return keys;
}

// OK, or the first error, with how many there are.
absl::Status FirstError(const std::vector<std::string>& keys,
                        const std::vector<absl::StatusOr<Reply>>& replies) {
  std::size_t failed = 0, first = 0;
  for (std::size_t i = replies.size(); i-- > 0;) {
    if (replies[i].ok()) continue;
    first = i;
    ++failed;
  }
  if (failed == 0) return absl::OkStatus();
  return detail::WithContext(std::to_string(failed) + " of " + std::to_string(replies.size()) +
                                 " keys not set, the first " + core::Printable(keys[first]),
                             replies[first].status());
}

}  // namespace

Cache::Call<Value> Cache::MakeGet(std::string_view key) const {
  return detail::Ask<absl::StatusOr<Value>>(
      state_, {"GET", state_->KeyOf(key)},
      [cache = state_, key = std::string(key)](const Reply& reply) {
        return cache->Decode(key, reply);
      });
}

Cache::Call<Values> Cache::MakeGetMany(const Keys& keys) const {
  if (keys.list().empty()) return detail::Answered<absl::StatusOr<Values>>(Values());
  return detail::Ask<absl::StatusOr<Values>>(
      state_, state_->WithKeys("MGET", keys),
      [cache = state_, keys](const Reply& reply) { return DecodeAll(*cache, keys, reply); });
}

Cache::Call<bool> Cache::MakeSet(std::string_view key, std::string_view value,
                                 const SetOptions& options) const {
  using Result = absl::StatusOr<bool>;
  const auto expiry =
      detail::ExpiryOf(options, state_->options.ttl, std::chrono::system_clock::now());
  if (!expiry.ok()) return detail::Answered<Result>(expiry.status());
  if (expiry->past()) {
    return detail::Ask<Result>(state_, ExpiredCommand(*state_, key, options),
                               [](const Reply&) { return false; });
  }
  Command set = SetCommand(*state_, key, value, *expiry);
  if (options.only_if_absent) set.Add("NX");
  if (options.only_if_present) set.Add("XX");
  return detail::AskFor<bool>(state_, std::move(set));
}

Cache::StatusCall Cache::MakeSetMany(const Entries& entries, const SetManyOptions& options) const {
  const auto expiry = detail::ExpiryOf(options.ttl, state_->options.ttl);
  if (!expiry.ok()) return detail::Answered(expiry.status());
  if (entries.list().empty()) return detail::Answered(absl::OkStatus());
  const auto ok = [](const Reply&) { return absl::OkStatus(); };
  if (expiry->past()) {
    return detail::Ask<absl::Status>(state_, state_->WithKeys("UNLINK", KeysOf(entries)), ok);
  }
  if (expiry->kind == CacheExpiry::Kind::kNone) {
    Command mset("MSET");
    for (const auto& [key, value] : entries.list()) {
      mset.Add(state_->KeyOf(key), state_->Encode(value));
    }
    return detail::Ask<absl::Status>(state_, std::move(mset), ok);
  }
  Batch batch;
  for (const auto& [key, value] : entries.list()) {
    batch.Add(SetCommand(*state_, key, value, *expiry));
  }
  return detail::AskEach<absl::Status>(
      state_, std::move(batch),
      [keys = KeysOf(entries)](const std::vector<absl::StatusOr<Reply>>& replies) {
        return FirstError(keys.list(), replies);
      });
}

Cache::Call<std::int64_t> Cache::MakeIncrement(std::string_view key,
                                               const IncrementOptions& options) const {
  using Result = absl::StatusOr<std::int64_t>;
  const auto expiry = detail::ExpiryOf(options.ttl, state_->options.ttl);
  if (!expiry.ok()) return detail::Answered<Result>(expiry.status());
  if (expiry->past()) {
    return detail::Answered<Result>(core::InvalidArgument("ttl of a counter must be more than 0"));
  }
  const std::string full = state_->KeyOf(key);
  Command add("INCRBY", full, options.by);
  if (expiry->kind == CacheExpiry::Kind::kNone) {
    return detail::AskFor<std::int64_t>(state_, std::move(add));
  }
  // A counter that is there is left alone by the SET, and with it its expiry.
  Command create("SET", full, 0);
  expiry->AddTo(create);
  return detail::AskAtOnce<std::int64_t>(
      state_, Batch().Add(std::move(create.Add("NX"))).Add(std::move(add)), 1);
}

}  // namespace holdfast
