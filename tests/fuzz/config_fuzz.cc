// Configuration files and variables, in all shapes: whatever the text, what is read are options
// that a client can be made of, or an error in one line that shows no secret; and YAML and JSON
// that say the same mean the same.
//
// An input is a file; or behind a '#', the values of the variables (nodes, cluster, cache, longest
// ttl, membership) with '|' between them.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/characters.h"
#include "config/environment.h"
#include "config/tree.h"
#include "core/limits.h"
#include "fuzz/check.h"
#include "holdfast/config.h"
#include "redis_limits.h"

namespace holdfast::fuzz {
namespace {

using detail::ConfigValue;
using Kind = ConfigValue::Kind;

// Where an input has this word as a secret, no error may have it.
constexpr std::string_view kSecret = "s3cr3t";
constexpr std::string_view kName = "fuzz.yaml";

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// --- What a file means -------------------------------------------------------------------------

void CheckUrls(const std::vector<std::string>& urls) {
  for (const std::string& url : urls) Check(ParseUrl(url).ok(), "a node is a URL", url);
}

void CheckLocks(const Config& config) {
  const ClientOptions& locks = config.locks;
  CheckUrls(locks.nodes);
  for (const std::vector<std::string>& cluster : locks.clusters) CheckUrls(cluster);
  if (locks.nodes.empty() && locks.clusters.empty()) return;
  Check(core::CheckClient(locks).ok(), "a client can be made of it");
}

void CheckTimes(const Config& config) {
  const auto max_ttl = config.locks.max_ttl;
  AcquireOptions lock = config.lock;
  const absl::Status taken = core::CheckAcquire(lock, max_ttl);
  Check(taken.ok(), "a lock can be taken with it", MessageOf(taken));
  const AtomizeOptions& atomize = config.atomize;
  Check(core::CheckTtl(atomize.ttl, max_ttl).ok(), "atomize keeps to the longest ttl");
  Check(atomize.wait.count() >= 0 && atomize.retry_delay.count() >= 1, "atomize can wait");
  Check(config.cache.ttl.count() >= 0, "a cache's ttl is a time");
}

void CheckData(const Config& config) {
  if (!config.locks.cache.has_value()) return;
  RedisOptions redis = *config.locks.cache;
  const absl::Status usable = detail::CheckRedisOptions(redis);
  Check(usable.ok(), "a client for data can be made of it", MessageOf(usable));
  if (redis.reconnect) redis.reconnect(1, absl::UnavailableError("gone"));
  if (redis.node_address) redis.node_address(Endpoint{.host = "10.0.0.1", .port = 30001});
}

void CheckConfig(const Config& config) {
  CheckLocks(config);
  CheckTimes(config);
  CheckData(config);
}

// --- Errors ------------------------------------------------------------------------------------

bool IsSecretKey(std::string_view key) {
  return key == "password" || key == "key" || key == "username" || key == "cert" || key == "ca";
}

// Whether the secret stands only where a file has secrets.
bool HidesSecrets(const ConfigValue& value) {
  if (Contains(value.key, kSecret)) return false;
  if (Contains(value.text, kSecret) && !IsSecretKey(value.key)) return false;
  for (const ConfigValue& child : value.children) {
    if (!HidesSecrets(child)) return false;
  }
  return true;
}

void CheckError(const absl::Status& status) {
  CheckMessage(status);
  Check(status.code() == absl::StatusCode::kInvalidArgument, "the argument is wrong");
  Check(MessageOf(status).starts_with(kName), "an error names the file", MessageOf(status));
}

// What no parser could make a tree of was never looked at, so only a key may be shown, as twice.
void CheckSecrets(const absl::Status& status, const absl::StatusOr<ConfigValue>& tree) {
  if (!Contains(MessageOf(status), kSecret)) return;
  const bool shown = tree.ok() ? !HidesSecrets(*tree) : Contains(MessageOf(status), "given twice");
  Check(shown, "an error shows no secret", MessageOf(status));
}

// --- The same as JSON --------------------------------------------------------------------------

// Numbers are in quotes, too: where one is meant, both are taken.
void AppendText(std::string& json, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  json += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == '\x7f') {
      json.append("\\u00").append({kHex[byte / 16], kHex[byte % 16]});
    } else {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
    }
  }
  json += '"';
}

void AppendScalar(std::string& json, const ConfigValue& value) {
  const bool flag = value.text == "true" || value.text == "false";
  if (flag && !value.quoted) {
    json += value.text;
  } else {
    AppendText(json, value.text);
  }
}

void AppendJson(std::string& json, const ConfigValue& value) {
  if (value.kind == Kind::kNull) {
    json += "null";
  } else if (value.kind == Kind::kText) {
    AppendScalar(json, value);
  } else {
    const bool map = value.kind == Kind::kMap;
    json += map ? '{' : '[';
    for (const ConfigValue& child : value.children) {
      if (&child != &value.children.front()) json += ", ";
      if (map) {
        AppendText(json, child.key);
        json += ": ";
      }
      AppendJson(json, child);
    }
    json += map ? '}' : ']';
  }
}

bool IsSame(const ConfigValue& a, const ConfigValue& b) {
  if (a.kind != b.kind || a.key != b.key || a.text != b.text) return false;
  if (a.children.size() != b.children.size()) return false;
  for (std::size_t i = 0; i < a.children.size(); ++i) {
    if (!IsSame(a.children[i], b.children[i])) return false;
  }
  return true;
}

// To the parser, what takes more than 1024 bytes as it is written is no key.
bool CanBeJson(const ConfigValue& value) {
  std::string key;
  AppendText(key, value.key);
  if (key.size() > 1000) return false;
  for (const ConfigValue& child : value.children) {
    if (!CanBeJson(child)) return false;
  }
  return true;
}

void CheckJson(const ConfigValue& tree, bool read) {
  if (!CanBeJson(tree)) return;
  std::string json;
  AppendJson(json, tree);
  // An escape of YAML may make bytes that are no UTF-8, which JSON has no words for.
  if (!detail::CheckCharacters(json, std::string(kName)).ok()) return;
  const auto again = detail::ParseConfigTree(json, std::string(kName));
  Check(again.ok(), "what was written as JSON can be read", json);
  Check(IsSame(*again, tree), "as JSON it says the same", json);
  Check(ParseConfig(json, std::string(kName)).ok() == read, "as JSON it means the same", json);
}

// --- Variables ---------------------------------------------------------------------------------

void RunVariables(std::string_view text) {
  std::map<std::string_view, std::string> variables;
  for (const char* const name : {"HOLDFAST_NODES", "HOLDFAST_CLUSTER", "HOLDFAST_CACHE",
                                 "HOLDFAST_MAX_TTL", "HOLDFAST_MEMBERSHIP"}) {
    const std::string_view value = TakeUntil(text, '|');
    variables[name] = value.substr(0, value.find('\0'));
  }
  const auto config =
      detail::ReadEnvironment([&](const char* variable) { return variables[variable]; });
  if (config.ok()) return CheckConfig(*config);
  CheckMessage(config.status());
  Check(MessageOf(config.status()).starts_with("HOLDFAST_"), "an error names the variable",
        MessageOf(config.status()));
}

void RunFile(std::string_view text) {
  const auto tree = detail::ParseConfigTree(text, std::string(kName));
  const auto config = ParseConfig(text, std::string(kName));
  Check(tree.ok() || !config.ok(), "no options without a tree");
  if (config.ok()) {
    CheckConfig(*config);
  } else {
    CheckError(config.status());
    CheckSecrets(config.status(), tree);
  }
  if (tree.ok()) CheckJson(*tree, config.ok());
}

void Run(std::string_view input) {
  if (!input.starts_with('#')) return RunFile(input);
  input.remove_prefix(1);
  RunVariables(input);
}

}  // namespace
}  // namespace holdfast::fuzz

// deepstream's files refer to variables.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  clearenv();
  setenv("HOST", "r.example", 1);
  setenv("PORT", "7000", 1);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  holdfast::fuzz::Run(holdfast::fuzz::AsText(data, size));
  return 0;
}
