// Options from YAML or JSON files, and from the environment.
//
//   auto config = holdfast::ReadConfigFile("holdfast.yaml");
//   if (!config.ok()) return config.status();  // holdfast.yaml:7: unknown key 'prot' (did you …
//   auto client = holdfast::BlockingClient::Create(config->locks);
//   auto lock = client->Acquire("order:42", config->lock);
#ifndef HOLDFAST_CONFIG_H_
#define HOLDFAST_CONFIG_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "holdfast/atomize.h"
#include "holdfast/cache_options.h"
#include "holdfast/options.h"

namespace holdfast {

// What a file does not say is as it is by default. Fields may be changed before they are used.
struct Config {
  // Where a file names a cluster instead of nodes, that is `locks.clusters`, and `locks.nodes` is
  // empty. `locks.cache` is the server or cluster for data, for `Client::redis` and
  // `Redis::Create`.
  ClientOptions locks = {};
  AcquireOptions lock = {};
  AtomizeOptions atomize = {};
  CacheOptions cache = {};  // Of these, files have `prefix` and `ttl`.
};

// Reads YAML, of which JSON is a part. A file that another package has is read as it is; which one
// it is, its keys tell, the first that fits:
//
//   a data source of LoopBack      `connector`, at the top or under the data source's name. Sources
//                                  of other connectors than Redis are passed over.
//   deepstream's cache             `cache` with a `name`, at the top or under `plugins`. ${NAME} is
//                                  the environment variable, `ttl` is in seconds.
//   createClient, createCluster    `socket`, `rootNodes` or `url`
//   of node-redis
//   alova's storage adapter        `host`, `port`, `db`, `redlockOptions`, `redlockTTL`, or `nodes`
//                                  with `options`. Its locks have no key prefix, as there, and its
//                                  `keyPrefix` is the cache's, but is empty by default.
//   ours                           anything else:
//
//     nodes: [redis://a, {host: b, port: 6380, password: …}]   # or username, database, tls: true,
//     tls: {caFile: /etc/ca.pem}                               # url, path (of a unix socket)
//     maxTtl: 30s
//     lock: {ttl: 10s, wait: 5s, autoExtend: true}
//     atomize: {channel: orders, wait: 5s}
//     cache: {url: redis://c/3, prefix: "app:", ttl: 10m}      # or host, port, …, or cluster
//     cluster: [redis://d, redis://e]                          # see below
//     zones: {"a:6379": north}
//
// `cluster` names some nodes of a cluster: the place of the locks, where there are no `nodes` and
// no `clusters`, and of the data, as cache: {cluster: …}. `clusters` is a list of such lists, of
// locks alone. `seats` and `groups` are numbers.
//
// The names are those of the options, in camelCase; of `tls` caFile, ca, certFile, cert, keyFile,
// key, serverName, unsafeSkipVerification. `cache` has the `tls` and the `clientName` of the top
// unless it has its own; all nodes of a `cluster` have the login and TLS of the first, unless
// `cache` has a login. Paths are as for open(2).
//
// A single server of another package becomes the one node of the locks, too, and a cluster their
// one cluster, with three seats; its servers are then spoken to at the addresses that they
// announce, with the login of a root node (an address map and logins of single nodes are for data).
// A `url` wins over fields: host and port are the URL's, and a login or database that it lacks is
// the fields'. Durations are milliseconds where they are numbers, or texts as "500ms", "10s", "2m",
// "1h".
//
// kInvalidArgument has the file, the line, the key and the reason, and no value, as that may be a
// secret. An error is all that is not understood: unknown keys, those given twice, what a setting
// cannot mean here (as a function of JavaScript), aliases, nesting deeper than 32, and more than
// 1 MiB. `name` stands for the file in errors.
absl::StatusOr<Config> ParseConfig(std::string_view text, const std::string& name);

// The same of a file. kNotFound and kPermissionDenied as the system says them. Blocks while it
// reads; what is no regular file, and so might never end, is refused.
absl::StatusOr<Config> ReadConfigFile(const std::string& path);

// What these variables say; one that is empty is not set. The single ones win over the file.
//
//   HOLDFAST_CONFIG      a file
//   HOLDFAST_NODES       URLs with commas between them: `locks.nodes`, and no `locks.clusters`
//   HOLDFAST_CLUSTER     URLs with commas between them: the cluster for data, and where neither
//                        HOLDFAST_NODES nor the file has nodes, for locks; all its nodes are given
//                        the login and the TLS of the first
//   HOLDFAST_CACHE       the URL of the server for data
//   HOLDFAST_MAX_TTL     a duration with its unit: `locks.max_ttl`
//   HOLDFAST_MEMBERSHIP  `locks.membership`
//
// Errors as above, with the variable's name. Must not be called while another thread sets
// variables.
absl::StatusOr<Config> ConfigFromEnvironment();

}  // namespace holdfast

#endif  // HOLDFAST_CONFIG_H_
