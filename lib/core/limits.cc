#include "core/limits.h"

#include <algorithm>
#include <string>

#include "core/quorum.h"
#include "core/seats.h"
#include "core/text.h"

namespace holdfast::core {
namespace {

std::string Ms(milliseconds duration) { return std::to_string(duration.count()) + " ms"; }

bool IsControl(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

absl::Status CheckText(const std::string& what, const std::string& text, std::size_t limit) {
  if (text.size() > limit) {
    return InvalidArgument(what + " of " + std::to_string(text.size()) + " bytes; at most " +
                           std::to_string(limit) + " are allowed");
  }
  if (std::any_of(text.begin(), text.end(), IsControl)) {
    return InvalidArgument(what + " \"" + Printable(text) + "\" has a control character");
  }
  return absl::OkStatus();
}

absl::Status CheckMaxHold(const AcquireOptions& options) {
  if (options.max_hold == milliseconds(0)) return absl::OkStatus();
  if (!options.auto_extend) {
    return InvalidArgument("max_hold bounds automatic extension, which is not switched on");
  }
  return CheckRange("max_hold", options.max_hold, options.ttl, kWaitForever);
}

bool IsOneCluster(const ClientOptions& options) {
  return options.nodes.empty() && options.clusters.size() == 1;
}

absl::Status CheckNumber(const std::string& what, int value, int low, int high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return InvalidArgument(what + " of " + std::to_string(value) + " is not within " +
                         std::to_string(low) + " to " + std::to_string(high));
}

absl::Status CheckSeats(const ClientOptions& options) {
  absl::Status status = CheckNumber("seats", options.seats, 1, kMaxSeats);
  if (status.ok()) status = CheckNumber("groups", options.groups, 1, kMaxSeatGroups);
  if (!status.ok() || IsOneCluster(options)) return status;
  const ClientOptions defaults;
  if (options.seats == defaults.seats && options.groups == defaults.groups) return status;
  return InvalidArgument(
      std::string(options.seats == defaults.seats ? "groups" : "seats") +
      " can only be set for one cluster without nodes: else each node and each cluster has one "
      "vote");
}

absl::Status CheckClusters(const ClientOptions& options) {
  for (std::size_t i = 0; i < options.clusters.size(); ++i) {
    const std::size_t roots = options.clusters[i].size();
    if (roots >= 1 && roots <= kMaxClusterRoots) continue;
    return InvalidArgument("clusters: number " + std::to_string(i + 1) + " has " +
                           std::to_string(roots) + " URLs of its nodes; there must be 1 to " +
                           std::to_string(kMaxClusterRoots));
  }
  absl::Status status = CheckSeats(options);
  if (!status.ok()) return status;
  return CheckRange("cluster_node_timeout", options.cluster_node_timeout, milliseconds(0),
                    std::chrono::minutes(10));
}

std::string Voters(const ClientOptions& options, std::size_t count) {
  const char* what = " nodes and clusters";
  if (options.clusters.empty()) what = " nodes";
  if (IsOneCluster(options)) what = " seats";
  return std::to_string(count) + what;
}

absl::Status CheckVoters(const ClientOptions& options) {
  if (options.nodes.empty() && options.clusters.empty()) {
    return InvalidArgument("no nodes and no clusters given");
  }
  absl::Status status = CheckClusters(options);
  if (!status.ok()) return status;
  const std::size_t count = IsOneCluster(options) ? static_cast<std::size_t>(options.seats)
                                                  : options.nodes.size() + options.clusters.size();
  if (count > kMaxNodes) {
    return InvalidArgument(Voters(options, count) + "; at most " + std::to_string(kMaxNodes) +
                           " are allowed");
  }
  const int n = static_cast<int>(count);
  const int forgetful = options.tolerate_forgetful;
  if (forgetful < 0 || forgetful >= n) {
    return InvalidArgument("tolerate_forgetful of " + std::to_string(forgetful) +
                           " is not possible with " + Voters(options, count));
  }
  return status;
}

}  // namespace

absl::Status CheckRange(const std::string& what, milliseconds value, milliseconds low,
                        milliseconds high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return InvalidArgument(what + " of " + Ms(value) + " is not within " + Ms(low) + " to " +
                         Ms(high));
}

absl::Status CheckClientName(const std::string& name) {
  const auto is_plain = [](char c) { return c > ' ' && c <= '~'; };
  if (std::all_of(name.begin(), name.end(), is_plain)) return absl::OkStatus();
  return InvalidArgument("client_name \"" + Printable(name) +
                         "\" has a space, or another character that is no printable ASCII");
}

absl::Status CheckName(std::string_view name) {
  if (name.empty()) return InvalidArgument("the lock's name is empty");
  if (name.size() <= kMaxNameBytes) return absl::OkStatus();
  return InvalidArgument("the lock's name \"" + Printable(name, 40) + "\" has " +
                         std::to_string(name.size()) + " bytes; at most " +
                         std::to_string(kMaxNameBytes) + " are allowed");
}

absl::Status CheckNames(std::span<const std::string> names) {
  if (names.empty()) return InvalidArgument("no name of a lock given");
  if (names.size() > kMaxNames) {
    return InvalidArgument(std::to_string(names.size()) + " names for one lock; at most " +
                           std::to_string(kMaxNames) + " are allowed");
  }
  for (const std::string& name : names) {
    if (absl::Status status = CheckName(name); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckToken(std::string_view token) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (token.size() == kNonceDigits && std::all_of(token.begin(), token.end(), is_hex)) {
    return absl::OkStatus();
  }
  // Not shown: half a token is still half a secret.
  return InvalidArgument("the token is not made of 32 lower-case hexadecimal digits");
}

absl::Status CheckTtl(milliseconds ttl, milliseconds max_ttl) {
  return CheckRange("ttl", ttl, kMinTtl, max_ttl);
}

absl::Status CheckAcquire(const AcquireOptions& options, milliseconds max_ttl) {
  absl::Status status = CheckTtl(options.ttl, max_ttl);
  if (status.ok()) status = CheckRange("wait", options.wait, milliseconds(0), kWaitForever);
  if (status.ok()) {
    status = CheckRange("retry_delay", options.retry_delay, milliseconds(1), std::chrono::hours(1));
  }
  if (status.ok()) {
    status =
        CheckRange("retry_jitter", options.retry_jitter, milliseconds(0), std::chrono::hours(1));
  }
  if (status.ok() && options.max_attempts < 0) {
    status =
        InvalidArgument("max_attempts of " + std::to_string(options.max_attempts) + " is negative");
  }
  if (!status.ok()) return status;
  return CheckMaxHold(options);
}

absl::Status CheckClient(const ClientOptions& options) {
  const milliseconds hour = std::chrono::hours(1);
  absl::Status status = CheckVoters(options);
  if (status.ok()) status = CheckText("owner", options.owner, kMaxOwnerBytes);
  if (status.ok()) status = CheckText("label", options.label, kMaxLabelBytes);
  if (status.ok()) status = CheckClientName(options.client_name);
  if (status.ok()) {
    status = CheckText("membership", options.membership, kMaxMembershipBytes);
  }
  if (status.ok()) status = CheckRange("max_ttl", options.max_ttl, kMinTtl, 24 * hour);
  if (status.ok()) {
    status = CheckRange("connect_timeout", options.connect_timeout, milliseconds(1), hour);
  }
  if (status.ok()) {
    status = CheckRange("command_timeout", options.command_timeout, milliseconds(1), hour);
  }
  if (!status.ok()) return status;
  // Written so that NaN is refused.
  if (!(options.drift_factor >= 0 && options.drift_factor <= 0.5)) {
    return InvalidArgument("drift_factor of " + std::to_string(options.drift_factor) +
                           " is not within 0 to 0.5");
  }
  if (options.key_prefix.size() > kMaxNameBytes) {
    return InvalidArgument("key_prefix of more than " + std::to_string(kMaxNameBytes) + " bytes");
  }
  return absl::OkStatus();
}

}  // namespace holdfast::core
