// A cache on a server of its own.
#ifndef HOLDFAST_TESTS_REDIS_CACHE_HARNESS_H_
#define HOLDFAST_TESTS_REDIS_CACHE_HARNESS_H_

#include <gmock/gmock.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include "holdfast/blocking_cache.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {

inline constexpr std::chrono::milliseconds kLong = std::chrono::minutes(10);

// What a test cannot go on without.
template <class T>
T Must(absl::StatusOr<T> result) {
  if (result.ok()) return *std::move(result);
  std::cerr << result.status() << "\n";
  std::abort();
}

inline BlockingCache NewCache(RedisServer& server, CacheOptions options = {.prefix = "p:"},
                              std::chrono::milliseconds command_timeout = kPatience) {
  const auto redis = Must(BlockingRedis::Create(
      {.url = server.url(), .command_timeout = command_timeout, .reconnect = NeverReconnect()}));
  return Must(BlockingCache::Create(redis, std::move(options)));
}

// One that has locks, too, with connections and a thread of its own.
inline BlockingCache NewLockingCache(RedisServer& server, CacheOptions options = {.prefix = "p:"}) {
  const auto client = Must(BlockingClient::Create({.nodes = {server.url()}}));
  return Must(BlockingCache::Create(client, std::move(options)));
}

class CacheTest : public ::testing::Test {
 protected:
  std::string Command(const std::vector<std::string>& argv) { return server_.Command(argv); }

  // What the server has, without the cache.
  std::string Stored(const std::string& key) { return Command({"GET", key}); }
  std::chrono::milliseconds Pttl(const std::string& key) {
    return std::chrono::milliseconds(std::stoll(Command({"PTTL", key})));
  }

  RedisServer server_;
  BlockingCache cache_ = NewCache(server_);
};

// A result that is OK and whose value the matcher likes.
template <class Matcher>
auto Yields(Matcher matcher) {
  return ::testing::AllOf(
      IsOk(), ::testing::ResultOf([](const auto& result) { return *result; }, std::move(matcher)));
}

// A Get's result.
inline std::string Show(const absl::StatusOr<std::optional<std::string>>& value) {
  if (!value.ok()) return value.status().ToString();
  return *value ? "'" + **value + "'" : "absent";
}

template <class T>
std::string Show(const absl::StatusOr<T>& value) {
  if (!value.ok()) return value.status().ToString();
  return ::testing::PrintToString(*value);
}

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_REDIS_CACHE_HARNESS_H_
