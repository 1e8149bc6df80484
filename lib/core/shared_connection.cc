#include "core/shared_connection.h"

#include <algorithm>

#include "core/command_table.h"

namespace holdfast::core {
namespace {

struct Refusal {
  std::string_view name;
  std::string_view subcommand;  // Empty: whatever follows.
  std::string_view reason;
};

constexpr std::string_view kSubscribe = "it needs a connection of its own: use Redis::Subscribe";
constexpr std::string_view kTransaction =
    "other commands would fall into the transaction: use Redis::Transaction";
constexpr std::string_view kLogin = "set the user and the password in the options";
constexpr std::string_view kOwnConnection =
    "its replies come unasked: it needs a connection of its own";
constexpr std::string_view kCluster = "the client itself sends it where it is needed";

constexpr Refusal kRefusals[] = {
    {"subscribe", "", kSubscribe},
    {"psubscribe", "", kSubscribe},
    {"ssubscribe", "", kSubscribe},
    {"unsubscribe", "", kSubscribe},
    {"punsubscribe", "", kSubscribe},
    {"sunsubscribe", "", kSubscribe},
    {"multi", "", kTransaction},
    {"exec", "", kTransaction},
    {"discard", "", kTransaction},
    {"watch", "", kTransaction},
    {"unwatch", "", kTransaction},
    {"auth", "", kLogin},
    {"hello", "", "the protocol is RESP2; set the user, password and name in the options"},
    {"select", "", "set the database in the options"},
    {"reset", "", "it would log the connection out"},
    {"quit", "", "use Redis::Quit"},
    {"monitor", "", kOwnConnection},
    {"sync", "", kOwnConnection},
    {"psync", "", kOwnConnection},
    {"replconf", "", "it would make the connection a replica's"},
    {"asking", "", kCluster},
    {"readonly", "", kCluster},
    {"readwrite", "", kCluster},
    {"client", "reply", "replies would be missing"},
    {"client", "tracking", "its messages need a connection of their own"},
    {"client", "caching", "it belongs to CLIENT TRACKING, which is not used here"},
    {"client", "no-touch", "it would change what the commands of others do"},
    {"script", "debug", "it would turn the connection into a debugger's"},
};

bool Matches(const Refusal& refusal, std::span<const std::string_view> words) {
  if (!IsWord(words[0], refusal.name)) return false;
  return refusal.subcommand.empty() || (words.size() > 1 && IsWord(words[1], refusal.subcommand));
}

std::string Upper(std::string_view lower) {
  std::string upper(lower);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

}  // namespace

std::string RefusedOnSharedConnection(std::span<const std::string_view> words) {
  if (words.empty()) return "a command has at least one word";
  const auto refusal = std::find_if(std::begin(kRefusals), std::end(kRefusals),
                                    [&](const Refusal& r) { return Matches(r, words); });
  if (refusal == std::end(kRefusals)) return "";
  std::string name(refusal->name);
  if (!refusal->subcommand.empty()) name.append(" ").append(refusal->subcommand);
  return Upper(name) + " cannot be sent on a shared connection: " + std::string(refusal->reason);
}

}  // namespace holdfast::core
