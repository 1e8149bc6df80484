#include "core/limits.h"

#include <algorithm>
#include <string>

#include "core/quorum.h"
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

absl::Status CheckNodeCount(std::size_t nodes, int forgetful) {
  if (nodes == 0) return InvalidArgument("no nodes given");
  if (nodes > kMaxNodes) {
    return InvalidArgument(std::to_string(nodes) + " nodes; at most " + std::to_string(kMaxNodes) +
                           " are allowed");
  }
  const int n = static_cast<int>(nodes);
  if (forgetful < 0 || forgetful >= n || QuorumSize(n, forgetful) > n) {
    return InvalidArgument("tolerate_forgetful of " + std::to_string(forgetful) +
                           " is not possible with " + std::to_string(nodes) + " nodes");
  }
  return absl::OkStatus();
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

absl::Status CheckNames(const std::vector<std::string>& names) {
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
  absl::Status status = CheckNodeCount(options.nodes.size(), options.tolerate_forgetful);
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
