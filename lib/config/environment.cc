#include "config/environment.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "config/servers.h"
#include "config/text.h"
#include "config/values.h"
#include "core/duration.h"
#include "core/limits.h"
#include "core/text.h"

namespace holdfast {
namespace detail {
namespace {

constexpr char kNodes[] = "HOLDFAST_NODES";
constexpr char kCluster[] = "HOLDFAST_CLUSTER";
constexpr char kCache[] = "HOLDFAST_CACHE";
constexpr char kMaxTtl[] = "HOLDFAST_MAX_TTL";
constexpr char kMembership[] = "HOLDFAST_MEMBERSHIP";

absl::Status Bad(const char* source, const std::string& why) {
  return core::InvalidArgument(std::string(source) + ": " + why);
}

std::vector<std::string> Split(std::string_view list) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

absl::Status ReadNodes(const std::string& list, Config& config) {
  if (list.empty()) return absl::OkStatus();
  const auto endpoints = ReadUrls(kNodes, list);
  if (!endpoints.ok()) return endpoints.status();
  VoteByNodes(Split(list), config.locks);
  return absl::OkStatus();
}

// The file's place of the data, and the login that belongs there, mean nothing any more.
RedisOptions& Elsewhere(Config& config) {
  RedisOptions& redis = config.locks.cache.has_value()
                            ? *config.locks.cache
                            : config.locks.cache.emplace(RedisOptions{.tls = config.locks.tls});
  redis.url.clear();
  redis.server = {};
  redis.cluster.clear();
  redis.cluster_credentials.clear();
  return redis;
}

absl::Status ReadCluster(const std::string& list, Config& config) {
  if (list.empty()) return absl::OkStatus();
  const auto roots = ReadRootUrls(kCluster, list);
  if (!roots.ok()) return roots.status();
  RedisOptions& redis = Elsewhere(config);
  UseLogin(roots->front(), redis.server);
  for (const Endpoint& root : *roots) redis.cluster.push_back(FormatUrl(root));
  if (config.locks.nodes.empty()) config.locks.clusters = {redis.cluster};
  return absl::OkStatus();
}

absl::Status ReadCache(const std::string& url, Config& config) {
  if (url.empty()) return absl::OkStatus();
  const auto server = ParseUrl(url);
  if (!server.ok()) return Bad(kCache, MessageOf(server.status()));
  Elsewhere(config).server = *server;
  return absl::OkStatus();
}

// A number without a unit is an error, because some tools would take it for seconds.
absl::Status ReadMaxTtl(const std::string& text, Config& config) {
  if (text.empty()) return absl::OkStatus();
  const auto max_ttl = core::ParseDuration(text);
  if (!max_ttl.ok()) return Bad(kMaxTtl, std::string(max_ttl.status().message()));
  if (*max_ttl < core::kMinTtl || *max_ttl > kDay) return Bad(kMaxTtl, "must be 10ms to 24h");
  config.locks.max_ttl = *max_ttl;
  config.lock.ttl = std::min(config.lock.ttl, *max_ttl);
  config.atomize.ttl = std::min(config.atomize.ttl, *max_ttl);
  return absl::OkStatus();
}

absl::Status ReadMembership(const std::string& text, Config& config) {
  if (text.size() > core::kMaxMembershipBytes) return Bad(kMembership, "must be at most 512 bytes");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return Bad(kMembership, "must not contain control characters");
  }
  if (!text.empty()) config.locks.membership = text;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Endpoint>> ReadRootUrls(const char* source, const std::string& list) {
  auto roots = ReadUrls(source, list);
  if (!roots.ok()) return roots;
  for (const Endpoint& root : *roots) {
    if (root.database == 0 && root.unix_socket.empty()) continue;
    return Bad(source, "a cluster's node has a host, and no database but 0");
  }
  return roots;
}

void VoteByNodes(std::vector<std::string> nodes, ClientOptions& locks) {
  const ClientOptions defaults;
  locks.nodes = std::move(nodes);
  locks.clusters.clear();
  locks.seats = defaults.seats;
  locks.groups = defaults.groups;
}

std::string GetVariable(const char* variable) {
  const char* const value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

absl::StatusOr<std::vector<Endpoint>> ReadUrls(const char* source, const std::string& list) {
  std::vector<Endpoint> endpoints;
  for (const std::string& url : Split(list)) {
    auto endpoint = ParseUrl(url);
    if (!endpoint.ok()) return Bad(source, MessageOf(endpoint.status()));
    const auto is_same = [&](const Endpoint& other) { return other.name() == endpoint->name(); };
    if (std::any_of(endpoints.begin(), endpoints.end(), is_same)) {
      return Bad(source, "node " + core::Printable(endpoint->name()) + " is given twice");
    }
    endpoints.push_back(*std::move(endpoint));
  }
  return endpoints;
}

absl::StatusOr<Config> ReadEnvironment(const Environment& environment) {
  Config config;
  const std::string path = environment("HOLDFAST_CONFIG");
  if (!path.empty()) {
    auto read = ReadConfigFile(path);
    if (!read.ok()) return read.status();
    config = *std::move(read);
  }
  const std::string cluster = environment(kCluster), cache = environment(kCache);
  if (!cluster.empty() && !cache.empty()) return Bad(kCache, "not together with HOLDFAST_CLUSTER");
  absl::Status status = ReadNodes(environment(kNodes), config);
  if (status.ok()) status = ReadCluster(cluster, config);
  if (status.ok()) status = ReadCache(cache, config);
  if (status.ok()) status = ReadMaxTtl(environment(kMaxTtl), config);
  if (status.ok()) status = ReadMembership(environment(kMembership), config);
  if (!status.ok()) return status;
  return config;
}

}  // namespace detail

absl::StatusOr<Config> ConfigFromEnvironment() {
  return detail::ReadEnvironment(&detail::GetVariable);
}

}  // namespace holdfast
