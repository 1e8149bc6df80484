#include "redis_limits.h"

#include <chrono>
#include <cstddef>
#include <string>

#include "core/limits.h"
#include "core/text.h"
#include "holdfast/endpoint.h"

namespace holdfast::detail {
namespace {

using core::InvalidArgument;
using std::chrono::milliseconds;

constexpr milliseconds kHour = std::chrono::hours(1);
constexpr milliseconds kDay = std::chrono::hours(24);
constexpr int kMaxRedirections = 1'000;
constexpr std::size_t kMinReplyBytes = 1024;
constexpr std::size_t kMaxReplyBytes = std::size_t{512} << 20;
constexpr std::size_t kMaxReplyElements = std::size_t{16} << 20;

template <class Number>
absl::Status CheckNumber(const std::string& option, Number value, Number least, Number most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return InvalidArgument(option + " of " + std::to_string(value) + " is not within " +
                         std::to_string(least) + " to " + std::to_string(most));
}

absl::Status CheckTimes(const RedisOptions& options) {
  constexpr milliseconds kLeast{1};
  absl::Status status = core::CheckRange("connect_timeout", options.connect_timeout, kLeast, kHour);
  if (status.ok())
    status = core::CheckRange("command_timeout", options.command_timeout, kLeast, kHour);
  if (status.ok() && options.ping_interval.count() != 0) {
    status = core::CheckRange("ping_interval", options.ping_interval, milliseconds(10), kDay);
  }
  if (status.ok())
    status = core::CheckRange("keep_alive", options.keep_alive, milliseconds(0), kDay);
  return status;
}

absl::Status CheckNumbers(const RedisOptions& options) {
  absl::Status status =
      CheckNumber("max_redirections", options.max_redirections, 0, kMaxRedirections);
  if (status.ok()) {
    status =
        CheckNumber("max_reply_bytes", options.max_reply_bytes, kMinReplyBytes, kMaxReplyBytes);
  }
  if (status.ok()) {
    status = CheckNumber("max_reply_elements", options.max_reply_elements, std::size_t{1},
                         kMaxReplyElements);
  }
  return status;
}

absl::Status CheckServer(RedisOptions& options) {
  if (!options.url.empty()) {
    auto endpoint = ParseUrl(options.url);
    if (!endpoint.ok()) return endpoint.status();
    options.server = *std::move(endpoint);
    return absl::OkStatus();
  }
  // The fields go the way that a URL goes, so that both are held to the same rules.
  auto endpoint = ParseUrl(FormatUrl(options.server));
  if (!endpoint.ok()) return endpoint.status();
  options.server = *std::move(endpoint);
  return absl::OkStatus();
}

absl::Status CheckCluster(const RedisOptions& options) {
  if (!options.url.empty()) return InvalidArgument("url: not together with cluster");
  if (options.server.database != 0) {
    return InvalidArgument("server: a cluster has no database but 0");
  }
  if (options.cluster.size() > core::kMaxClusterRoots) {
    return InvalidArgument("cluster: more than " + std::to_string(core::kMaxClusterRoots) +
                           " root nodes");
  }
  for (const std::string& url : options.cluster) {
    const auto root = ParseUrl(url);
    if (!root.ok()) return root.status();
    if (root->database != 0 || !root->unix_socket.empty()) {
      return InvalidArgument("cluster: " + MaskUrl(url) +
                             ": a cluster's node has a host, and no database but 0");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRedisOptions(RedisOptions& options) {
  absl::Status status = CheckTimes(options);
  if (status.ok()) status = CheckNumbers(options);
  if (status.ok()) status = core::CheckClientName(options.client_name);
  if (status.ok() && !options.cluster.empty()) status = CheckCluster(options);
  if (status.ok()) status = CheckServer(options);
  return status;
}

}  // namespace holdfast::detail
