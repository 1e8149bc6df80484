// The members of Cache that are about keys, whatever their values.
#include <utility>

#include "cache/call.h"
#include "cache/expiry.h"
#include "cache/state.h"
#include "core/text.h"
#include "holdfast/cache.h"

namespace holdfast {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

// PTTL says -2 of no key, and -1 of no expiry.
absl::StatusOr<std::optional<milliseconds>> ReadTtl(const Reply& reply) {
  const auto ttl = reply.As<std::int64_t>();
  if (!ttl.ok()) return ttl.status();
  if (*ttl == -2) return std::optional<milliseconds>();
  return std::optional(*ttl == -1 ? kNoExpiry : milliseconds(*ttl));
}

absl::StatusOr<std::vector<bool>> ReadEach(const std::vector<absl::StatusOr<Reply>>& replies) {
  std::vector<bool> there;
  for (const auto& reply : replies) {
    const auto exists = reply.ok() ? reply->As<bool>() : reply.status();
    if (!exists.ok()) return exists.status();
    there.push_back(*exists);
  }
  return there;
}

}  // namespace

Cache::Call<bool> Cache::MakeRemove(std::string_view key) const {
  return detail::AskFor<bool>(state_, {"UNLINK", state_->KeyOf(key)});
}

Cache::Call<std::int64_t> Cache::MakeRemoveMany(const Keys& keys) const {
  if (keys.list().empty()) return detail::Answered<absl::StatusOr<std::int64_t>>(0);
  return detail::AskFor<std::int64_t>(state_, state_->WithKeys("UNLINK", keys));
}

Cache::Call<bool> Cache::MakeExists(std::string_view key) const {
  return detail::AskFor<bool>(state_, {"EXISTS", state_->KeyOf(key)});
}

Cache::Call<std::vector<bool>> Cache::MakeExistsMany(const Keys& keys) const {
  Batch batch;
  for (const std::string& key : keys.list()) batch.Add({"EXISTS", state_->KeyOf(key)});
  return detail::AskEach<absl::StatusOr<std::vector<bool>>>(state_, std::move(batch), ReadEach);
}

Cache::Call<std::optional<milliseconds>> Cache::MakeTtl(std::string_view key) const {
  return detail::Ask<absl::StatusOr<std::optional<milliseconds>>>(
      state_, {"PTTL", state_->KeyOf(key)}, ReadTtl);
}

Cache::Call<bool> Cache::MakeExpire(std::string_view key, milliseconds ttl) const {
  if (ttl == kNoExpiry) {
    return detail::Answered<absl::StatusOr<bool>>(
        core::InvalidArgument("ttl is kNoExpiry: to let a key not expire is what Persist does"));
  }
  const auto expiry = detail::ExpiryOf(ttl, milliseconds(0));
  if (!expiry.ok()) return detail::Answered<absl::StatusOr<bool>>(expiry.status());
  return detail::AskFor<bool>(state_, {"PEXPIRE", state_->KeyOf(key), expiry->ms});
}

Cache::Call<bool> Cache::MakeExpireAt(std::string_view key, system_clock::time_point when) const {
  const auto at = detail::UnixMs("when", when, system_clock::now());
  if (!at.ok()) return detail::Answered<absl::StatusOr<bool>>(at.status());
  return detail::AskFor<bool>(state_, {"PEXPIREAT", state_->KeyOf(key), *at});
}

Cache::Call<bool> Cache::MakePersist(std::string_view key) const {
  return detail::AskFor<bool>(state_, {"PERSIST", state_->KeyOf(key)});
}

}  // namespace holdfast
