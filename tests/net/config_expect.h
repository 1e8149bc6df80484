// How tests of configuration look at what was read.
#ifndef HOLDFAST_TESTS_NET_CONFIG_EXPECT_H_
#define HOLDFAST_TESTS_NET_CONFIG_EXPECT_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "holdfast/config.h"
#include "redis_limits.h"

namespace holdfast::testing {

// `text`, which must be right.
inline Config MustParse(std::string_view text) {
  auto config = ParseConfig(text, "test.yaml");
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *std::move(config) : Config();
}

// The options for data as a client would have them, which must be right.
inline RedisOptions DataOf(const Config& config) {
  if (!config.locks.cache.has_value()) {
    ADD_FAILURE() << "no server for data";
    return {};
  }
  RedisOptions redis = *config.locks.cache;
  const absl::Status status = detail::CheckRedisOptions(redis);
  EXPECT_TRUE(status.ok()) << status;
  return redis;
}

// What is wrong with `text`.
inline std::string ErrorOf(std::string_view text) {
  const auto config = ParseConfig(text, "test.yaml");
  if (config.ok()) return "nothing";
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(config.status().message());
}

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_NET_CONFIG_EXPECT_H_
