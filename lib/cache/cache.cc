#include "holdfast/cache.h"

#include <utility>

#include "cache/call.h"
#include "cache/expiry.h"
#include "cache/state.h"
#include "core/redis_errors.h"
#include "core/text.h"

namespace holdfast {
namespace detail {

Command CacheState::WithKeys(std::string_view name, const Keys& keys) const {
  Command command(name);
  for (const std::string& key : keys.list()) command.Add(KeyOf(key));
  return command;
}

absl::StatusOr<std::optional<std::string>> CacheState::Decode(std::string_view key,
                                                              const Reply& reply) const {
  auto stored = reply.As<std::optional<std::string>>();
  if (!stored.ok() || !*stored || !options.codec.decode) return stored;
  auto value = options.codec.decode(**stored);
  if (value.ok()) return std::optional(*std::move(value));
  return WithContext("the value of " + core::Printable(key) + " cannot be decoded", value.status());
}

}  // namespace detail

namespace {

absl::StatusOr<std::shared_ptr<const detail::CacheState>> MakeState(Redis redis,
                                                                    std::optional<Client> locks,
                                                                    CacheOptions options) {
  absl::Status status = detail::CheckCacheOptions(options);
  if (!status.ok()) return status;
  return std::make_shared<const detail::CacheState>(
      detail::CacheState{std::move(redis), std::move(locks), std::move(options)});
}

}  // namespace

absl::StatusOr<Cache> Cache::Create(Redis redis, CacheOptions options) {
  auto state = MakeState(std::move(redis), std::nullopt, std::move(options));
  if (!state.ok()) return state.status();
  return Cache(*std::move(state));
}

absl::StatusOr<Cache> Cache::Create(Client locks, CacheOptions options) {
  absl::StatusOr<Redis> redis = locks.redis();
  if (!redis.ok()) return redis.status();
  return Create(std::move(locks), *std::move(redis), std::move(options));
}

absl::StatusOr<Cache> Cache::Create(Client locks, Redis redis, CacheOptions options) {
  auto state = MakeState(std::move(redis), std::move(locks), std::move(options));
  if (!state.ok()) return state.status();
  return Cache(*std::move(state));
}

Cache::StatusCall Cache::MakePing() const {
  return detail::Ask<absl::Status>(state_, {"PING"}, [](const Reply& reply) {
    return reply.text() == "PONG" ? absl::OkStatus()
                                  : absl::InternalError("PING: another answer than PONG");
  });
}

const Redis& Cache::redis() const { return state_->redis; }

const std::string& Cache::prefix() const { return state_->options.prefix; }

asio::any_io_executor Cache::get_executor() const { return state_->redis.get_executor(); }

}  // namespace holdfast
