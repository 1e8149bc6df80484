// What a Redis client can be told.
#ifndef HOLDFAST_REDIS_OPTIONS_H_
#define HOLDFAST_REDIS_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "holdfast/endpoint.h"
#include "holdfast/tls.h"

namespace holdfast {

// What to do about a connection that failed, or could not be made.
class ReconnectDecision {
 public:
  // Try again after this pause; a negative one counts as none, and one of more than a year as that.
  static ReconnectDecision After(std::chrono::milliseconds pause) {
    return {pause, absl::OkStatus()};
  }
  // Give up, for good: commands fail from then on, with the cause of the last failure.
  static ReconnectDecision Stop() { return {std::nullopt, absl::OkStatus()}; }
  // Give up. Commands fail from then on with this error.
  static ReconnectDecision Fail(absl::Status error) { return {std::nullopt, std::move(error)}; }

  const std::optional<std::chrono::milliseconds>& pause() const { return pause_; }
  const absl::Status& error() const { return error_; }

 private:
  ReconnectDecision(std::optional<std::chrono::milliseconds> pause, absl::Status error)
      : pause_(pause), error_(std::move(error)) {}

  std::optional<std::chrono::milliseconds> pause_;
  absl::Status error_;
};

// Asked after each failure, also of the first connect: `retries` were made since the last time that
// the connection was ready (0: none), `cause` says what went wrong now. Called on the client's
// executor, one call at a time; must not block or throw.
using ReconnectStrategy = std::function<ReconnectDecision(int retries, const absl::Status& cause)>;

ReconnectStrategy NeverReconnect();
ReconnectStrategy ReconnectAfter(std::chrono::milliseconds pause);
// `least`, doubled at each retry up to `most` (a day at most), of which a random part, up to a
// half, is taken off, so that clients which lost a server together do not come back together.
ReconnectStrategy ReconnectWithBackoff(
    std::chrono::milliseconds least = std::chrono::milliseconds(50),
    std::chrono::milliseconds most = std::chrono::milliseconds(2'000));

// What happens to a connection. The order is
//
//   connect, ready [, error, reconnecting, connect, ready]… , end
//
// where an error may come instead of any connect or ready; `end` is the last, once for each server,
// after Quit, Disconnect, the last copy's destruction, or a strategy that gave up.
struct ConnectionEvent {
  enum class Kind {
    kConnect,       // The socket is open, TLS done; logging in begins.
    kReady,         // Logged in, and the server has its data: commands are sent.
    kError,         // The connection failed, or could not be made; `error` says why.
    kReconnecting,  // Trying again after `pause`, for the `retries`-th time, from 1.
    kEnd,           // No connection any more, and no further try.
  };
  Kind kind = Kind::kConnect;
  std::string server = {};  // As Endpoint::name().
  absl::Status error = {};
  int retries = 0;
  std::chrono::milliseconds pause{0};
};

// "connect", "ready", "error", "reconnecting", "end".
const char* EventName(ConnectionEvent::Kind kind);

// Where clients of a cluster reach a node that the cluster knows by another address, as behind NAT
// or a tunnel. Called on the client's executor; must not block, throw, or use the client.
using NodeAddressMap = std::function<Endpoint(const Endpoint& announced)>;

// Given to `Redis::Create`, which copies it. A value out of bounds is kInvalidArgument there.
struct RedisOptions {
  // One server: a URL (holdfast/endpoint.h), which wins, with all that it leaves out as by default;
  // or where that is empty, the fields of `server`.
  std::string url = {};
  Endpoint server = {};

  // Or a cluster: URLs of some of its nodes, at most 100. They are asked for the cluster's nodes,
  // one after the other until one answers, and used for nothing else. Then `url` must be empty;
  // all nodes are given the username, the password and the TLS of `server`, unless
  // `cluster_credentials` or the root node's URL has others.
  std::vector<std::string> cluster = {};
  // "host:port", as the cluster announces it -> username and password.
  std::map<std::string, std::pair<std::string, std::string>> cluster_credentials = {};
  NodeAddressMap node_address = {};  // May be empty.
  // How often one command may be sent on to another node (MOVED, ASK). 0 to 1000. What a cluster
  // that is changing refuses for a moment (TRYAGAIN, CLUSTERDOWN, a node that is gone) is tried
  // again until the command's deadline.
  int max_redirections = 16;
  // Commands that only read go to the replicas of their slot, in turn with its master. What they
  // return may be older than what was written before.
  bool read_from_replicas = false;

  // For `rediss://` and Endpoint::tls; it does not turn TLS on.
  TlsOptions tls = {};

  // As CLIENT LIST shows it: printable ASCII without spaces. Empty: none.
  std::string client_name = {};

  // Bound on resolving, connecting and logging in, for each try. 1 ms to 1 h.
  std::chrono::milliseconds connect_timeout{5'000};

  // Bound on each command, from the call to its result. A server that leaves a command unanswered
  // for so long is given up: its connection is closed and opened anew. (A command that waits on the
  // server, as BLPOP, must wait for less, and holds up all others on the connection: give it a
  // Redis of its own, made by another Create.) 1 ms to 1 h.
  std::chrono::milliseconds command_timeout{5'000};

  // How long a connection may be idle before a PING asks whether it still works, which is known
  // after the command timeout. 0: never. Else 10 ms to 24 h.
  std::chrono::milliseconds ping_interval{0};

  // The kernel's own question, after the connection was idle for so long; 0: never. At most 24 h,
  // which Linux takes for 9; in whole seconds.
  std::chrono::milliseconds keep_alive{5'000};
  bool no_delay = true;  // TCP_NODELAY: small commands are not held back.

  ReconnectStrategy reconnect = {};  // Empty: ReconnectWithBackoff(), which never gives up.

  // Whether commands wait for a connection that is not ready, at most `max_queued` of them (more
  // fail with kResourceExhausted) and each until its own deadline. Off: they fail at once, those
  // before the first connection too.
  bool offline_queue = true;
  std::size_t max_queued = 100'000;

  // What a server may make us keep for one reply; a larger one is a protocol error, which closes
  // the connection, with all that is under way on it. Bytes of all texts: 1 KiB to 512 MiB;
  // elements of all arrays: 1 to 16 Mi.
  std::size_t max_reply_bytes = std::size_t{64} << 20;
  std::size_t max_reply_elements = std::size_t{1} << 20;

  // Hears of connections, on the client's executor, one call at a time, never inside a call of
  // yours and under no lock. Must not throw, nor own a copy of the client, which would never be the
  // last one then.
  std::function<void(const ConnectionEvent&)> on_event = {};
};

}  // namespace holdfast

#endif  // HOLDFAST_REDIS_OPTIONS_H_
