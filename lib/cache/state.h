// What a cache is made of, and how its keys and values become those of the server.
#ifndef HOLDFAST_CACHE_STATE_H_
#define HOLDFAST_CACHE_STATE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "holdfast/cache_options.h"
#include "holdfast/client.h"
#include "holdfast/command.h"
#include "holdfast/redis.h"
#include "holdfast/reply.h"

namespace holdfast::detail {

struct CacheState {
  const Redis redis;
  const std::optional<Client> locks;
  const CacheOptions options;

  std::string KeyOf(std::string_view key) const { return options.prefix + std::string(key); }

  // `name` and the keys.
  Command WithKeys(std::string_view name, const Keys& keys) const;

  std::string Encode(std::string_view value) const {
    return options.codec.encode ? options.codec.encode(value) : std::string(value);
  }

  // From what the server answered; nil is nullopt. `key` is for the message.
  absl::StatusOr<std::optional<std::string>> Decode(std::string_view key, const Reply& reply) const;
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_CACHE_STATE_H_
