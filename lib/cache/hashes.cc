// The members of Cache that are about hashes.
#include <utility>

#include "cache/call.h"
#include "cache/expiry.h"
#include "cache/state.h"
#include "holdfast/cache.h"
#include "holdfast/script.h"

namespace holdfast {
namespace {

using detail::CacheState;
using Value = std::optional<std::string>;
using Fields = std::map<std::string, std::string>;

// HSET and the expiry: at once, and no expiry for what turns out to be no hash, as MULTI would set
// it. In pieces, since Lua's stack has room for some thousand arguments only.
const Script& SetFieldsScript() {
  static const Script script(R"(
    local new = 0
    for i = 2, #ARGV, 1000 do
      new = new + redis.call('HSET', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))
    end
    if ARGV[1] == 'none' then
      redis.call('PERSIST', KEYS[1])
    else
      redis.call('PEXPIRE', KEYS[1], ARGV[1])
    end
    return new)");
  return script;
}

// A field, for messages.
std::string FieldOf(std::string_view key, std::string_view field) {
  return std::string(field) + " of " + std::string(key);
}

absl::StatusOr<Fields> DecodeFields(const CacheState& cache, std::string_view key,
                                    const Reply& reply) {
  auto stored = reply.As<std::map<std::string, Reply>>();
  if (!stored.ok()) return stored.status();
  Fields fields;
  for (const auto& [field, element] : *stored) {
    auto value = cache.Decode(FieldOf(key, field), element);
    if (!value.ok()) return value.status();
    fields.emplace(field, std::move(*value).value_or(""));
  }
  return fields;
}

}  // namespace

Cache::Call<std::int64_t> Cache::MakeSetFields(std::string_view key, const Entries& fields,
                                               const SetFieldsOptions& options) const {
  using Result = absl::StatusOr<std::int64_t>;
  const auto expiry = detail::ExpiryOf(options.ttl, state_->options.ttl);
  if (!expiry.ok()) return detail::Answered<Result>(expiry.status());
  const std::string full = state_->KeyOf(key);
  if (expiry->past()) {
    return detail::Ask<Result>(state_, {"UNLINK", full}, [](const Reply&) { return 0; });
  }
  if (fields.list().empty()) return detail::Answered<Result>(0);
  Command pairs;
  for (const auto& [field, value] : fields.list()) pairs.Add(field, state_->Encode(value));
  if (!options.ttl && state_->options.ttl == std::chrono::milliseconds(0)) {
    return detail::AskFor<std::int64_t>(state_, Command("HSET", full).AddAll(pairs.words()));
  }
  const bool none = expiry->kind == detail::CacheExpiry::Kind::kNone;
  Arguments arguments = none ? Arguments("none") : Arguments(expiry->ms);
  return detail::AskScript<std::int64_t>(state_, SetFieldsScript(), full,
                                         std::move(arguments.AddAll(pairs.words())));
}

Cache::Call<Value> Cache::MakeGetField(std::string_view key, std::string_view field) const {
  return detail::Ask<absl::StatusOr<Value>>(
      state_, {"HGET", state_->KeyOf(key), field},
      [cache = state_, name = FieldOf(key, field)](const Reply& reply) {
        return cache->Decode(name, reply);
      });
}

Cache::Call<Fields> Cache::MakeGetAll(std::string_view key) const {
  return detail::Ask<absl::StatusOr<Fields>>(
      state_, {"HGETALL", state_->KeyOf(key)},
      [cache = state_, key = std::string(key)](const Reply& reply) {
        return DecodeFields(*cache, key, reply);
      });
}

Cache::Call<std::int64_t> Cache::MakeRemoveFields(std::string_view key, const Keys& fields) const {
  if (fields.list().empty()) return detail::Answered<absl::StatusOr<std::int64_t>>(0);
  Command remove("HDEL", state_->KeyOf(key));
  return detail::AskFor<std::int64_t>(state_, std::move(remove.AddAll(fields.list())));
}

}  // namespace holdfast
