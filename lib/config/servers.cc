#include "config/servers.h"

#include <map>
#include <optional>
#include <utility>

#include "config/text.h"
#include "core/limits.h"
#include "core/text.h"

namespace holdfast::detail {
namespace {

using std::chrono::milliseconds;

constexpr int kMaxDatabase = 1'000'000;

void ReadUnlessEmpty(ConfigSection& section, std::string_view key, std::string& target) {
  std::string text;
  if (section.Text(key, text) && !text.empty()) target = std::move(text);
}

bool NamesDatabase(std::string_view url, const Endpoint& endpoint) {
  if (!endpoint.unix_socket.empty()) return url.find("?db=") != std::string_view::npos;
  const std::size_t at = url.rfind('@');
  const std::string_view rest = url.substr(at == std::string_view::npos ? url.find("://") + 3 : at);
  const std::size_t slash = rest.find('/');
  return slash != std::string_view::npos && slash + 1 < rest.size();
}

// The key that ParseUrl would give the node, so that both are spelt alike.
std::optional<std::string> AnnouncedName(const std::string& key) {
  const auto endpoint = ParseUrl("redis://" + key);
  return endpoint.ok() ? std::optional(endpoint->name()) : std::nullopt;
}

NodeAddressMap AddressesFrom(std::map<std::string, Endpoint> addresses) {
  return [addresses = std::move(addresses)](const Endpoint& announced) {
    Endpoint endpoint = announced;
    const auto found = addresses.find(announced.name());
    if (found == addresses.end()) return endpoint;
    endpoint.host = found->second.host;
    endpoint.port = found->second.port;
    return endpoint;
  };
}

}  // namespace

void ReadAddress(ConfigSection& section, Endpoint& endpoint, bool with_path) {
  ReadUnlessEmpty(section, "host", endpoint.host);
  section.Integer("port", endpoint.port, 1, 65'535);
  if (!with_path) return;
  if (section.Has("path") && (section.Has("host") || section.Has("port"))) {
    section.Refuse("path", "not together with host or port");
  }
  ReadUnlessEmpty(section, "path", endpoint.unix_socket);
}

void ReadLogin(ConfigSection& section, Endpoint& endpoint) {
  section.Text("username", endpoint.username);
  section.Text("password", endpoint.password);
}

void ReadDatabase(ConfigSection& section, std::string_view key, Endpoint& endpoint) {
  section.Integer(key, endpoint.database, 0, kMaxDatabase);
}

void ReadUrl(ConfigSection& section, Endpoint& endpoint) {
  std::string url;
  if (!section.Text("url", url) || url.empty()) return;
  const absl::Status status = ApplyUrl(url, endpoint);
  if (!status.ok()) section.Refuse("url", MessageOf(status));
}

absl::Status ApplyUrl(std::string_view url, Endpoint& endpoint) {
  auto parsed = ParseUrl(url);
  if (!parsed.ok()) return parsed.status();
  if (parsed->password.empty()) {
    parsed->username = endpoint.username;
    parsed->password = endpoint.password;
  }
  if (!NamesDatabase(url, *parsed)) parsed->database = endpoint.database;
  parsed->tls = parsed->tls || endpoint.tls;
  endpoint = *std::move(parsed);
  return absl::OkStatus();
}

void UseLogin(const Endpoint& root, Endpoint& server) {
  server.tls = server.tls || root.tls;
  if (!server.password.empty()) return;
  server.username = root.username;
  server.password = root.password;
}

void CheckEndpoint(const Endpoint& endpoint, int line, ConfigProblems& problems) {
  const auto parsed = ParseUrl(FormatUrl(endpoint));
  if (!parsed.ok()) problems.Add(line, MessageOf(parsed.status()));
}

void ReadNodeTls(ConfigSection& section, TlsOptions& tls) {
  section.Text("ca", tls.ca);
  section.Text("cert", tls.certificate);
  section.Text("key", tls.key);
  section.Text("servername", tls.server_name);
  section.Refuse("passphrase", "the key must have no passphrase");
  bool verify = true;
  if (section.Flag("rejectUnauthorized", verify)) tls.unsafe_skip_verification = !verify;
}

void ReadTlsSwitch(ConfigSection& section, std::string_view key, bool& on, TlsOptions& tls,
                   void (*read)(ConfigSection& section, TlsOptions& tls)) {
  const ConfigValue* const value = section.Find(key);
  if (value == nullptr) return;
  if (value->kind != ConfigValue::Kind::kMap) {
    section.Flag(key, on);
    return;
  }
  on = true;
  ConfigSection details(*value, "tls", section.problems());
  read(details, tls);
  details.Finish();
}

void ReadTimeouts(ConfigSection& section, RedisOptions& redis) {
  section.Duration("connectTimeout", redis.connect_timeout, milliseconds(1), kHour);
  section.Duration("commandTimeout", redis.command_timeout, milliseconds(1), kHour);
}

void ReadClientName(ConfigSection& section, std::string_view key, std::string& name) {
  if (!section.Text(key, name)) return;
  if (!core::CheckClientName(name).ok()) {
    section.Refuse(key, "must be printable ASCII without spaces");
  }
}

void ReadAddressMap(ConfigSection& section, std::string_view key, NodeAddressMap& map) {
  const ConfigValue* const value = section.Find(key);
  if (value == nullptr) return;
  if (value->kind != ConfigValue::Kind::kMap) {
    section.Refuse(key,
                   "must be a map from \"host:port\" to {host, port} (a function can only be "
                   "given in code: RedisOptions::node_address)");
    return;
  }
  std::map<std::string, Endpoint> addresses;
  for (const ConfigValue& entry : value->children) {
    const auto name = AnnouncedName(entry.key);
    if (!name) section.problems().Add(entry.line, "the key must be \"host:port\"");
    ConfigSection address(entry, "an address", section.problems());
    Endpoint endpoint;
    ReadAddress(address, endpoint, false);
    address.Finish();
    CheckEndpoint(endpoint, entry.line, section.problems());
    addresses[name.value_or("")] = std::move(endpoint);
  }
  map = AddressesFrom(std::move(addresses));
}

void UseServer(const RedisOptions& redis, int line, ConfigProblems& problems, Config& config) {
  CheckEndpoint(redis.server, line, problems);
  config.locks.nodes = {FormatUrl(redis.server)};
  config.locks.tls = redis.tls;
  config.locks.client_name = redis.client_name;
  config.locks.connect_timeout = redis.connect_timeout;
  config.locks.cache = redis;
}

void UseCluster(RedisOptions redis, Config& config) {
  config.locks.clusters = {redis.cluster};
  config.locks.tls = redis.tls;
  config.locks.client_name = redis.client_name;
  config.locks.connect_timeout = redis.connect_timeout;
  config.locks.cache = std::move(redis);
}

std::vector<Endpoint> ReadRoots(ConfigSection& section, std::string_view key,
                                void (*read)(const ConfigValue& item, ConfigProblems& problems,
                                             Endpoint& endpoint)) {
  const ConfigValue* const list = section.Find(key);
  if (list == nullptr) return {};
  return ReadRoots(*list, std::string(key), section.problems(), read);
}

std::vector<Endpoint> ReadRoots(const ConfigValue& list, const std::string& what,
                                ConfigProblems& problems,
                                void (*read)(const ConfigValue& item, ConfigProblems& problems,
                                             Endpoint& endpoint)) {
  std::vector<Endpoint> roots;
  const std::size_t count = list.children.size();
  if (list.kind != ConfigValue::Kind::kList || count == 0 || count > core::kMaxClusterRoots) {
    problems.Add(list.line, what + ": must be a list of 1 to " +
                                std::to_string(core::kMaxClusterRoots) + " nodes");
    return roots;
  }
  for (const ConfigValue& item : list.children) {
    Endpoint& root = roots.emplace_back();
    read(item, problems, root);
    CheckEndpoint(root, item.line, problems);
    if (root.database != 0 || !root.unix_socket.empty()) {
      problems.Add(item.line, "a cluster's node has a host, and no database but 0");
    }
  }
  return roots;
}

}  // namespace holdfast::detail
