// What the shapes of configuration have in common: where servers are, and how to reach them.
#ifndef HOLDFAST_CONFIG_SERVERS_H_
#define HOLDFAST_CONFIG_SERVERS_H_

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/section.h"
#include "holdfast/config.h"
#include "holdfast/endpoint.h"
#include "holdfast/redis_options.h"
#include "holdfast/tls.h"

namespace holdfast::detail {

inline constexpr std::chrono::milliseconds kHour = std::chrono::hours(1);
inline constexpr std::chrono::milliseconds kDay = std::chrono::hours(24);

// `host` and `port`; and where `with_path`, `path`, instead of them. Empty texts are not set, as
// generators write them.
void ReadAddress(ConfigSection& section, Endpoint& endpoint, bool with_path);

// `username` and `password`.
void ReadLogin(ConfigSection& section, Endpoint& endpoint);

void ReadDatabase(ConfigSection& section, std::string_view key, Endpoint& endpoint);

// `url`, which wins: to be read behind the fields. Without a login or a database it leaves theirs.
void ReadUrl(ConfigSection& section, Endpoint& endpoint);

// The same of a text. kInvalidArgument says what is wrong with it.
absl::Status ApplyUrl(std::string_view url, Endpoint& endpoint);

// Gives `server`, which stands for all nodes of a cluster, what it lacks of the login and TLS of
// one.
void UseLogin(const Endpoint& root, Endpoint& server);

// Whether `endpoint`, read from a map in `line`, can be one: a host may have a bad character.
void CheckEndpoint(const Endpoint& endpoint, int line, ConfigProblems& problems);

// The names that Node has in tls.connect, wherever a shape puts them.
void ReadNodeTls(ConfigSection& section, TlsOptions& tls);

// `key`: true, false, or a map of what `read` reads, which switches it on.
void ReadTlsSwitch(ConfigSection& section, std::string_view key, bool& on, TlsOptions& tls,
                   void (*read)(ConfigSection& section, TlsOptions& tls));

// `connectTimeout`, `commandTimeout`.
void ReadTimeouts(ConfigSection& section, RedisOptions& redis);

void ReadClientName(ConfigSection& section, std::string_view key, std::string& name);

// {"10.0.0.1:30001": {host: …, port: …}}
void ReadAddressMap(ConfigSection& section, std::string_view key, NodeAddressMap& map);

// The single server of `redis`, checked, as the one node of the locks and as the server for data.
void UseServer(const RedisOptions& redis, int line, ConfigProblems& problems, Config& config);

// The list `key`, each of whose items `read` turns into an endpoint with a host.
std::vector<Endpoint> ReadRoots(ConfigSection& section, std::string_view key,
                                void (*read)(const ConfigValue& item, ConfigProblems& problems,
                                             Endpoint& endpoint));
// The same of a list that is called `what`.
std::vector<Endpoint> ReadRoots(const ConfigValue& list, const std::string& what,
                                ConfigProblems& problems,
                                void (*read)(const ConfigValue& item, ConfigProblems& problems,
                                             Endpoint& endpoint));

// The cluster that `redis` names as the place of the data, and of the locks.
void UseCluster(RedisOptions redis, Config& config);

}  // namespace holdfast::detail

#endif  // HOLDFAST_CONFIG_SERVERS_H_
