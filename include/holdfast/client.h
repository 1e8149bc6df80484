// The client: connections to all nodes, or seats of a cluster, and the operations on them.
//
//   asio::io_context io;
//   absl::StatusOr<Client> client = Client::Create(io.get_executor(), {.nodes = {…}});
//   client->Acquire("order:42", {.ttl = 10s}, [&](absl::StatusOr<Lock> lock) {
//     if (lock.ok()) …                             // released at the end, when `lock` goes
//     client = absl::CancelledError();             // the last Client: lets io.run() return
//   });
//   io.run();
#ifndef HOLDFAST_CLIENT_H_
#define HOLDFAST_CLIENT_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "asio/any_io_executor.hpp"
#include "holdfast/detail/initiate.h"
#include "holdfast/errors.h"
#include "holdfast/lock.h"
#include "holdfast/names.h"
#include "holdfast/nodes.h"
#include "holdfast/options.h"
#include "holdfast/redis.h"
#include "holdfast/stats.h"

namespace holdfast {

namespace detail {
class ClientState;
class ClientHandle;
}  // namespace detail

// Speaks to all nodes of one set of locks. Cheap to copy: copies share the connections, which are
// closed, after releases under way were given a moment (200 ms), when the last copy and the last
// Lock are gone; what still waits then ends as cancelled.
//
// Thread safety: any member may be called from any thread; the executor may have many threads.
//
// Completion: tokens may be callbacks, use_awaitable, use_future and so on. Errors are values, not
// exceptions: `co_await` and futures yield the Status, and for `||` and `&&` a failure is a
// completion like any other.
// Handlers run on their associated executor, else on the client's, never inside the call that
// started them. Arguments are copied before a call returns.
//
// Cancellation: Acquire heeds the handler's cancellation slot, of any type, and then completes with
// kCancelled, unless it has succeeded by then. The other operations end within the command timeout.
// (A cancelled coroutine throws at its next co_await, by Asio's rules: leave the release of its
// lock to the destructor, or reset the coroutine's cancellation state first.)
//
// Lifetime: a Client or Lock keeps its executor's context busy, and must not outlive it. When the
// context is stopped or destroyed first, locks are not released and run out with their ttl.
// After fork(2) the child must make a client of its own; operations of the parent's fail there with
// kFailedPrecondition.
class Client {
 public:
  // Checks the options and starts to connect; kInvalidArgument names what is wrong. Does not block:
  // the first operations wait for the connections, within their own deadlines.
  static absl::StatusOr<Client> Create(asio::any_io_executor executor, ClientOptions options);

  // Takes the lock of one name ("order:42") or of several ({"from", "to"}), all or none of them, in
  // one request to each node. At most 16 names of 1 byte to 1 KiB, any bytes, and of one group
  // (`ClientOptions::groups`). Signature: void(absl::StatusOr<Lock>). Ends after `options.wait`, or
  // the command timeout where that is zero. Errors: IsHeld, IsUndecided, IsNoQuorum,
  // IsMisconfigured, kCancelled, kInvalidArgument, kPermissionDenied. Those who wait poll, in no
  // order, also while too few nodes can be reached. What a failed or cancelled attempt was granted
  // is released on every node that was asked; one that cannot be reached keeps it until the ttl is
  // over, at the latest.
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Lock>)) CompletionToken>
  auto Acquire(Names names, AcquireOptions options, CompletionToken&& completion_token) const;

  // The lock that some process acquired under `token` and detached, to extend or release it; its
  // names are all those that it was acquired by. Asks
  // nobody: `valid_for()` is zero until an extension has succeeded, but Release works. The result
  // owns the lock: its destructor releases, so Detach() leaves things as they were.
  // kInvalidArgument for a bad name or a malformed token.
  absl::StatusOr<Lock> Attach(Names names, std::string_view token) const;

  // Asks all nodes, or the seats of its group, who holds `name`. Signature:
  // void(absl::StatusOr<Inspection>). Nodes that cannot say within the command timeout are part of
  // the answer, not an error.
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Inspection>)) CompletionToken>
  auto Inspect(std::string_view name, CompletionToken&& completion_token) const;
  // One name only: of two in braces, std::string_view would make a range that is none.
  template <class CompletionToken>
  void Inspect(std::initializer_list<const char*>, CompletionToken&&) const = delete;

  // Which nodes, or seats of all groups one after the other, vote, and why the others do not.
  // Signature: void(absl::StatusOr<std::vector<NodeStatus>>). Waits as long as a first operation
  // would: until each first try to connect has ended, or a quorum is ready and the rest had as long
  // again, or three quarters of the command timeout.
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::vector<NodeStatus>>))
                CompletionToken>
  auto Nodes(CompletionToken&& completion_token) const;

  // What this client did since it was made. Signature: void(absl::StatusOr<Stats>). Asks nobody.
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Stats>)) CompletionToken>
  auto GetStats(CompletionToken&& completion_token) const;

  // Makes the nodes accept this client's configuration (`nodes`, `tolerate_forgetful`, `max_ttl`,
  // `membership`) instead of another. Locks under the old one can no longer be extended there, and
  // no node that had another votes before they have all expired. Stop the clients of the old
  // configuration first. Signature: void(absl::StatusOr<std::vector<NodeStatus>>): how the nodes
  // stand afterwards; those that could not be reached still have the old one. Ends within the
  // command timeout, or with several groups of seats, twice that. Of a cluster `seats` and `groups`
  // are not changed like this (lib/core/PROTOCOL.md, Clusters).
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::vector<NodeStatus>>))
                CompletionToken>
  auto Reconfigure(CompletionToken&& completion_token) const;

  // The client for other commands than locks, on the server or cluster that the option `cache`
  // names, with connections of its own, which are opened at the first call. All calls give the same
  // one. Without that option, the only node or cluster; kFailedPrecondition where there are
  // several.
  absl::StatusOr<Redis> redis() const;

  using executor_type = asio::any_io_executor;
  executor_type get_executor() const;

 private:
  explicit Client(std::shared_ptr<detail::ClientHandle> handle) : handle_(std::move(handle)) {}

  std::uint64_t NextTicket() const;
  static void Cancel(const std::weak_ptr<detail::ClientHandle>& client, std::uint64_t ticket);
  void StartAcquire(std::uint64_t ticket, Names names, const AcquireOptions& options,
                    detail::Completion<absl::StatusOr<Lock>> done) const;
  void StartInspect(std::string name, detail::Completion<absl::StatusOr<Inspection>> done) const;
  void StartNodes(detail::Completion<absl::StatusOr<std::vector<NodeStatus>>> done) const;
  void StartGetStats(detail::Completion<absl::StatusOr<Stats>> done) const;
  void StartReconfigure(detail::Completion<absl::StatusOr<std::vector<NodeStatus>>> done) const;

  std::shared_ptr<detail::ClientHandle> handle_;
};

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Lock>)) CompletionToken>
auto Client::Acquire(Names names, AcquireOptions options,
                     CompletionToken&& completion_token) const {
  const std::uint64_t ticket = NextTicket();
  return detail::Initiate<absl::StatusOr<Lock>>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [client = *this, ticket, names = std::move(names),
       options](detail::Completion<absl::StatusOr<Lock>> done) mutable {
        client.StartAcquire(ticket, std::move(names), options, std::move(done));
      },
      [client = std::weak_ptr(handle_), ticket] { Cancel(client, ticket); });
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Inspection>)) CompletionToken>
auto Client::Inspect(std::string_view name, CompletionToken&& completion_token) const {
  return detail::Initiate<absl::StatusOr<Inspection>>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [client = *this,
       name = std::string(name)](detail::Completion<absl::StatusOr<Inspection>> done) mutable {
        client.StartInspect(std::move(name), std::move(done));
      },
      [] {});
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::vector<NodeStatus>>)) CompletionToken>
auto Client::Nodes(CompletionToken&& completion_token) const {
  using Result = absl::StatusOr<std::vector<NodeStatus>>;
  return detail::Initiate<Result>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [client = *this](detail::Completion<Result> done) { client.StartNodes(std::move(done)); },
      [] {});
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Stats>)) CompletionToken>
auto Client::GetStats(CompletionToken&& completion_token) const {
  using Result = absl::StatusOr<Stats>;
  return detail::Initiate<Result>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [client = *this](detail::Completion<Result> done) { client.StartGetStats(std::move(done)); },
      [] {});
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::vector<NodeStatus>>)) CompletionToken>
auto Client::Reconfigure(CompletionToken&& completion_token) const {
  using Result = absl::StatusOr<std::vector<NodeStatus>>;
  return detail::Initiate<Result>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [client = *this](detail::Completion<Result> done) {
        client.StartReconfigure(std::move(done));
      },
      [] {});
}

}  // namespace holdfast

#endif  // HOLDFAST_CLIENT_H_
