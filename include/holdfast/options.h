// What a client and its operations can be told.
#ifndef HOLDFAST_OPTIONS_H_
#define HOLDFAST_OPTIONS_H_

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "holdfast/node_filter.h"
#include "holdfast/redis_options.h"
#include "holdfast/tls.h"

namespace holdfast {

class Observer;

// Given to `Client::Create`, which copies it; later changes to the struct have no effect. A value
// out of bounds is kInvalidArgument there. `nodes`, `clusters`, `seats`,
// `groups`, `tolerate_forgetful`, `max_ttl` and `membership` must be the same in all clients of the
// same nodes (of one cluster, any of its nodes may be named): the nodes remember them and
// refuse a client that is configured otherwise (lib/core/PROTOCOL.md, Admission). So must
// `key_prefix`, which nobody checks: under two prefixes one name is two locks. `drift_factor`
// should be.
struct ClientOptions {
  // One URL for each independent server (holdfast/endpoint.h), 1 to 15 of them, all different.
  // Names are resolved again at each connect.
  std::vector<std::string> nodes = {};

  // Redis Clusters: of each the URLs of some of its nodes, of which one must be reachable to find
  // the others. One cluster and no `nodes`: its `seats` vote. Else each cluster has one vote, as
  // each of `nodes` has. See lib/core/PROTOCOL.md, Clusters. A user, a password and TLS in the URLs
  // are those of all nodes of that cluster, so all its URLs should have the same. Nodes are reached
  // at the addresses that the cluster announces: behind NAT set `cluster-announce-ip` and the like,
  // and certificates must be good for these addresses.
  std::vector<std::vector<std::string>> clusters = {};

  // How many votes one cluster has, 1 to 7: so many places in its key space, each with the master
  // that owns it. To be changed only when no client runs.
  int seats = 3;

  // In how many ways the locks of one cluster are spread over its masters, 1 to 16. With one, all
  // locks are with the masters of the `seats`; with more, each group has seats of its own, and a
  // connection to each. The hash tag of a lock's name, or else the name, decides its group; names
  // that are locked together must be of one group. To be changed only when no client runs.
  int groups = 1;

  // Which servers may be used (holdfast/node_filter.h); empty: all. Of independent servers it
  // decides who is a member at all, so all clients must agree on it: those left out count for
  // nothing, and none left is kInvalidArgument. Of a cluster it takes reach away, from this client
  // alone: a seat whose master is left out does not vote for it, and the quorum stays what it is.
  // Where too few seats are left, locks fail with IsMisconfigured, and the error names the masters
  // that are left out. (With `seats` other than 3, or `groups`, a filter that leaves out two of the
  // cluster's three witnesses ends in IsNoQuorum.)
  NodeFilter node_filter = {};

  // Labels for the filter, by `host:port` as the URLs, or the cluster's nodes, name it.
  std::map<std::string, std::string> zones = {};

  // For clusters whose servers do not answer CONFIG GET: their `cluster-node-timeout`, the same in
  // all clients; at most 10 min. Where a server tells a longer one, that counts. 0: what the server
  // tells, and 15 s, the default of Redis, for one that tells nothing.
  std::chrono::milliseconds cluster_node_timeout{0};

  // For servers with `rediss://`.
  TlsOptions tls = {};

  // The connections' name, as CLIENT LIST shows it: printable ASCII without spaces. Empty: none.
  std::string client_name = {};

  // The server or cluster of `Client::redis()`, which caches use. Without: the node or cluster, if
  // there is only one, with `tls`, `client_name` and `connect_timeout` of this client; else they
  // are not inherited. A cache on a server that has locks must have a prefix other than
  // `key_prefix` and `holdfast:`, and clear no whole database. `.cache = RedisOptions{.url =
  // "redis://d/3"}`
  std::optional<RedisOptions> cache = {};

  // Put in front of each lock's name to make its key; at most 1 KiB. Empty: keys are byte for byte
  // the name, as other Redlock libraries have them (on independent servers; on a cluster the tag of
  // the seat always comes first).
  std::string key_prefix = "lock:";

  // Who holds the locks, as shown to whoever is refused: free text of at most 256 bytes without
  // control characters. Empty: `host:pid`, followed by `label` (at most 100 bytes) if there is one.
  std::string owner = {};
  std::string label = {};

  // No lock may ask for a longer ttl. 10 ms to 24 h. A node that may have forgotten locks waits for
  // so long before it grants any, since by then what it forgot has expired.
  std::chrono::milliseconds max_ttl{30'000};

  // Bound on resolving, connecting and the handshake, for each try. 1 ms to 1 h.
  std::chrono::milliseconds connect_timeout{5'000};

  // A node that leaves a command unanswered for so long votes "no answer"; its connection is closed
  // and opened anew. An attempt never waits longer than this for its votes. 1 ms to 1 h.
  std::chrono::milliseconds command_timeout{2'000};

  // Share of the ttl by which a node's clock may run faster than ours; 2 ms are added to it. 0 to
  // 0.5.
  double drift_factor = 0.01;

  // Number of nodes, or seats, that may lose their data within one ttl (a crash without
  // persistence, a FLUSHALL) without two holders at once. Raises the quorum from N/2+1 to
  // ceil((N+f+1)/2), which may not exceed N: of 5 nodes with f = 1, 4 must be up.
  int tolerate_forgetful = 0;

  // Whether locks get fencing tokens (`Lock::fence`), which cost the nodes a second key for each
  // name. Without, they are 0. All clients that rely on a lock's tokens must have it on.
  bool fencing = true;

  // A node that shows `appendonly yes`, `appendfsync always` and `no-appendfsync-on-rewrite no`
  // forgets nothing when it restarts, so it votes again at once: provided that it showed them
  // before that restart, too. Off: it waits for max_ttl like any other. Seats of a cluster always
  // wait.
  bool trust_persistence = true;

  // Says that no client ever held a lock on the nodes that are empty, so that these vote at once.
  // Only for a first start, and for tests: left on, it lets a node that lost its data vote at once,
  // and then two clients can hold one lock. Has no effect on a server that was told to forget data
  // (FLUSHALL, FLUSHDB, SWAPDB) since its start.
  bool new_installation = false;

  // What the set of nodes is called, 1 to 512 bytes. Empty: the sorted list of `nodes`, and of each
  // of `clusters` beside them its sorted list; of one cluster alone "cluster", since its clients
  // may know it by different nodes. To be given where clients know the same nodes under different
  // addresses.
  std::string membership = {};

  // Hears of what happens (holdfast/observer.h). May be null, and then costs nothing.
  std::shared_ptr<Observer> observer = {};
};

// The longest `AcquireOptions::wait`: a year, which is as good as until the lock is obtained or the
// call is cancelled.
inline constexpr std::chrono::milliseconds kWaitForever = std::chrono::hours(24 * 365);

// Given to each acquisition. Trivially destructible on purpose: gcc 12 destroys a temporary with
// owning members twice when it stands in the same expression as a `co_await`.
struct AcquireOptions {
  // How long the lock lasts unless it is extended: 10 ms to `ClientOptions::max_ttl` (30 s).
  std::chrono::milliseconds ttl{10'000};

  // Bound on the whole call, up to kWaitForever. When it runs out while others hold the lock, the
  // error is IsHeld. 0: one attempt, which ends after `command_timeout` at the latest.
  std::chrono::milliseconds wait{0};

  // Bound on the number of attempts within `wait`; 0: no bound. When it is reached the error is
  // that of the last attempt.
  int max_attempts = 0;

  // Pause between two attempts: `retry_delay` (1 ms to 1 h) give or take `retry_jitter`, drawn
  // evenly. A jitter larger than the delay counts as the delay.
  std::chrono::milliseconds retry_delay{200};
  std::chrono::milliseconds retry_jitter{100};

  // Whether the client extends the lock by `ttl` on its own, each third of the ttl, until it is
  // released, lost, or has been held for `max_hold` (0: no bound; else at least the ttl, and only
  // with auto_extend). The last extension goes no further than `max_hold`; then the lock runs out,
  // and is lost, unless Extend is called. A failed extension is tried again while there is time.
  bool auto_extend = false;
  std::chrono::milliseconds max_hold{0};
};
static_assert(std::is_trivially_destructible_v<AcquireOptions>);

}  // namespace holdfast

#endif  // HOLDFAST_OPTIONS_H_
