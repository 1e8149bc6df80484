// A Redis client: any command, on one server or on a cluster.
//
//   asio::io_context io;
//   absl::StatusOr<Redis> redis = Redis::Create(io.get_executor(), {.url = "redis://localhost"});
//   redis->Execute({"HGETALL", "user:1"}, [&](absl::StatusOr<Reply> user) {
//     if (user.ok()) …                          // user->As<std::map<std::string, std::string>>()
//     redis = absl::CancelledError();           // the last copy: lets io.run() return
//   });
//   io.run();
#ifndef HOLDFAST_REDIS_H_
#define HOLDFAST_REDIS_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asio/any_io_executor.hpp"
#include "holdfast/batch.h"
#include "holdfast/command.h"
#include "holdfast/detail/initiate.h"
#include "holdfast/redis_errors.h"
#include "holdfast/redis_options.h"
#include "holdfast/reply.h"
#include "holdfast/script.h"
#include "holdfast/subscription.h"

namespace holdfast {

namespace detail {
class RedisHandle;
class WatchHandle;
}  // namespace detail

class Redis;
struct RedisNode;
class Watch;

// Cheap to copy: copies share the connections, which are closed when the last copy, Watch and
// Subscription are gone; what still waits then fails. (To let it end first: Quit.)
//
// One connection to each server carries the commands of all copies; those given in one turn of the
// executor go out in one write, in the order in which they were given. When it breaks, commands
// that were sent fail at once (MayHaveBeenExecuted), as nobody knows whether they were executed;
// the others wait for the next connection, each until its deadline. Nothing is ever sent twice by
// itself.
//
// On a cluster a command goes to the node that has its keys, and is sent on where the cluster says
// so. MGET, MSET, DEL, EXISTS, UNLINK and TOUCH of keys in several slots are split, and so not
// atomic; other commands on several slots are kInvalidArgument (CROSSSLOT). A command without a key
// goes to any master: for one on each node, see Nodes().
//
// Errors: those of holdfast/redis_errors.h; an error that the server answers with is a Status, too.
// kInvalidArgument for an empty command, and for one that would change the connection, which others
// share: SUBSCRIBE, MULTI, SELECT, AUTH and so on. Each call ends within the command timeout.
//
// Thread safety: any member may be called from any thread; the executor may have many threads.
// Completion, lifetime and fork(2): as `Client` (holdfast/client.h). Nothing here can be cancelled.
// Handlers of Execute without an executor of their own are called one after another: one that
// blocks holds up the client.
class Redis {
 public:
  // Checks the options, reads certificates, and starts to connect; kInvalidArgument names what is
  // wrong. Does not wait for the connection: for that, send a PING.
  static absl::StatusOr<Redis> Create(asio::any_io_executor executor, RedisOptions options);

  // Sends one command. Signature: void(absl::StatusOr<Reply>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Reply>)) CompletionToken>
  auto Execute(Command command, CompletionToken&& completion_token) const;

  // Sends all commands without waiting for each other's replies. Each has a result of its own, in
  // their order.
  // Signature: void(std::vector<absl::StatusOr<Reply>>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(std::vector<absl::StatusOr<Reply>>)) CompletionToken>
  auto Pipeline(Batch batch, CompletionToken&& completion_token) const;

  // Sends the commands between MULTI and EXEC: the server executes all of them, with nobody else's
  // between, or none. On a cluster all keys must be in one slot. The reply of a command that failed
  // when it was executed is an error in the result; the others were executed (Redis does not roll
  // back): an OK result is not yet success, each reply has its own status. kAborted: the server
  // refused one of them beforehand, and executed none. (A user who may not send MULTI gets
  // MayHaveBeenExecuted: the commands behind it were executed by themselves.) Signature:
  // void(absl::StatusOr<std::vector<Reply>>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::vector<Reply>>)) CompletionToken>
  auto Transaction(Batch batch, CompletionToken&& completion_token) const;

  // Watches keys (on a cluster: of one slot), on a connection of its own. Signature:
  // void(absl::StatusOr<Watch>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Watch>)) CompletionToken>
  auto WatchKeys(Arguments keys, CompletionToken&& completion_token) const;

  // Runs a script by its SHA-1, and sends its text to a server that does not know it. Signature:
  // void(absl::StatusOr<Reply>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Reply>)) CompletionToken>
  auto Run(const Script& script, const Arguments& keys, const Arguments& arguments,
           CompletionToken&& completion_token) const;

  // Hears of what is published on channels, on a connection of its own that all subscriptions
  // share. Signature: void(absl::StatusOr<Subscription>), completed when the server has confirmed
  // all of them. `handler` is called on the client's executor, one call at a time, also before
  // that, until the Subscription is gone.
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Subscription>)) CompletionToken>
  auto Subscribe(Channels channels, SubscriptionHandler handler,
                 CompletionToken&& completion_token) const;

  // The servers: the one, or all of the cluster as it is known now. Signature:
  // void(absl::StatusOr<std::vector<RedisNode>>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::vector<RedisNode>>)) CompletionToken>
  auto Nodes(CompletionToken&& completion_token) const;

  // Open: connected, or trying to be. Ready: commands go out at once. On a cluster: its topology is
  // known, and at least one of its nodes is ready.
  bool is_open() const;
  bool is_ready() const;

  // Takes no more commands, lets those that were given end, and closes the connections. Signature:
  // void(absl::Status).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::Status)) CompletionToken>
  auto Quit(CompletionToken&& completion_token) const;

  // Closes the connections at once; what waits fails with kCancelled.
  void Disconnect() const;

  using executor_type = asio::any_io_executor;
  executor_type get_executor() const;

 private:
  friend class detail::RedisHandle;
  friend class BlockingRedis;
  friend class Client;

  explicit Redis(std::shared_ptr<detail::RedisHandle> handle, std::string node = {})
      : handle_(std::move(handle)), node_(std::move(node)) {}

  // Completes in a handler of the client's strand, with nothing else in it that could be harmed.
  void StartExecute(Command command, detail::Completion<absl::StatusOr<Reply>> done) const;
  void StartPipeline(Batch batch,
                     detail::Completion<std::vector<absl::StatusOr<Reply>>> done) const;
  void StartTransaction(Batch batch,
                        detail::Completion<absl::StatusOr<std::vector<Reply>>> done) const;
  void StartWatch(Arguments keys, detail::Completion<absl::StatusOr<Watch>> done) const;
  void StartRun(const Script& script, const Arguments& keys, const Arguments& arguments,
                detail::Completion<absl::StatusOr<Reply>> done) const;
  void StartSubscribe(Channels channels, SubscriptionHandler handler,
                      detail::Completion<absl::StatusOr<Subscription>> done) const;
  void StartNodes(detail::Completion<absl::StatusOr<std::vector<RedisNode>>> done) const;
  void StartQuit(detail::Completion<absl::Status> done) const;

  std::shared_ptr<detail::RedisHandle> handle_;
  std::string node_;  // Where to send commands: an address. Empty: where their keys are.
};

// A server, and a client whose commands go there, whatever their keys.
struct RedisNode {
  enum class Role { kMaster, kReplica };
  std::string address = {};  // As Endpoint::name().
  std::string id = {};       // In a cluster.
  Role role = Role::kMaster;
  std::string master = {};  // A replica's master's address.
  Redis client;
};

// Keys that are watched: a transaction is executed only if none of them was changed since. Goes on
// a connection of its own, which is not made anew when it breaks: then all calls fail. It watches
// until its transaction, or its end: for another try, watch anew. Movable; thread safety as
// `Redis`.
class Watch {
 public:
  Watch(Watch&&) noexcept = default;
  Watch& operator=(Watch&&) noexcept = default;
  ~Watch() = default;

  // Any command, as to read what is watched.
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Reply>)) CompletionToken>
  auto Execute(Command command, CompletionToken&& completion_token) const;

  // As Redis::Transaction; nullopt: a key was changed, and nothing executed. Signature:
  // void(absl::StatusOr<std::optional<std::vector<Reply>>>).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::optional<std::vector<Reply>>>))
                CompletionToken>
  auto Transaction(Batch batch, CompletionToken&& completion_token) const;

 private:
  friend class detail::WatchHandle;
  explicit Watch(std::shared_ptr<detail::WatchHandle> handle) : handle_(std::move(handle)) {}

  asio::any_io_executor get_executor() const;
  void StartExecute(Command command, detail::Completion<absl::StatusOr<Reply>> done) const;
  void StartTransaction(
      Batch batch,
      detail::Completion<absl::StatusOr<std::optional<std::vector<Reply>>>> done) const;

  std::shared_ptr<detail::WatchHandle> handle_;
};

}  // namespace holdfast

#include "holdfast/detail/redis_calls.h"  // IWYU pragma: export

#endif  // HOLDFAST_REDIS_H_
