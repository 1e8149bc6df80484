// The client: connections to all nodes, and the operations on them.
//
//   asio::io_context io;
//   absl::StatusOr<Client> client = Client::Create(io.get_executor(), {.nodes = {…}});
//   client->Acquire("order:42", {.ttl = 10s}, [](absl::StatusOr<Lock> lock) { … });
//   io.run();
#ifndef HOLDFAST_CLIENT_H_
#define HOLDFAST_CLIENT_H_

#include <cstdint>
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
#include "holdfast/nodes.h"
#include "holdfast/options.h"

namespace holdfast {

namespace detail {
class ClientState;
class ClientHandle;
}  // namespace detail

// Speaks to all nodes of one set of locks. Cheap to copy: copies share the connections, which are
// closed, after releases under way were given a moment (200 ms), when the last copy and the last
// Lock are gone; what still waits then ends as cancelled.
//
// Thread safety: any member may be called from any thread. Completions run on the executor
// associated with the handler, else on the client's; never inside the call that started them.
// After fork(2) the child must make a client of its own: there, all operations fail.
class Client {
 public:
  // Checks the options and starts to connect; kInvalidArgument names what is wrong. Does not block:
  // the first operation waits for the connections.
  static absl::StatusOr<Client> Create(asio::any_io_executor executor, ClientOptions options);

  // Takes the lock `name` (1 byte to 1 KiB, any bytes), completing with an `absl::StatusOr<Lock>`.
  // Errors: IsHeld, IsUndecided, IsNoQuorum, kCancelled, kInvalidArgument, kPermissionDenied.
  // Cancellation (through the handler's cancellation slot) and failure leave nothing behind: what
  // was granted is released on every node.
  template <class Token>
  auto Acquire(std::string_view name, AcquireOptions options, Token&& token) const;

  // The lock that some process acquired under `token` and detached, to extend or release it.
  // Nothing is asked: `valid_for()` is zero until an extension has succeeded. kInvalidArgument for
  // a bad name, or a token that is none.
  absl::StatusOr<Lock> Attach(std::string_view name, std::string_view token) const;

  // Asks all nodes who holds `name`, completing with an `absl::StatusOr<Inspection>`. Nodes that
  // cannot say within the command timeout are part of the answer, not an error.
  template <class Token>
  auto Inspect(std::string_view name, Token&& token) const;

  // Which nodes are connected, completing with an `absl::StatusOr<std::vector<NodeStatus>>` once
  // each first try to connect has ended.
  template <class Token>
  auto Nodes(Token&& token) const;

 private:
  explicit Client(std::shared_ptr<detail::ClientHandle> handle) : handle_(std::move(handle)) {}

  asio::any_io_executor executor() const;
  std::uint64_t NextTicket() const;
  static void Cancel(const std::weak_ptr<detail::ClientHandle>& client, std::uint64_t ticket);
  void StartAcquire(std::uint64_t ticket, std::string name, const AcquireOptions& options,
                    detail::Completion<absl::StatusOr<Lock>> done) const;
  void StartInspect(std::string name, detail::Completion<absl::StatusOr<Inspection>> done) const;
  void StartNodes(detail::Completion<absl::StatusOr<std::vector<NodeStatus>>> done) const;

  std::shared_ptr<detail::ClientHandle> handle_;
};

template <class Token>
auto Client::Acquire(std::string_view name, AcquireOptions options, Token&& token) const {
  const std::uint64_t ticket = NextTicket();
  return detail::Initiate<absl::StatusOr<Lock>>(
      std::forward<Token>(token), executor(),
      [client = *this, ticket, name = std::string(name),
       options](detail::Completion<absl::StatusOr<Lock>> done) mutable {
        client.StartAcquire(ticket, std::move(name), options, std::move(done));
      },
      [client = std::weak_ptr(handle_), ticket] { Cancel(client, ticket); });
}

template <class Token>
auto Client::Inspect(std::string_view name, Token&& token) const {
  return detail::Initiate<absl::StatusOr<Inspection>>(
      std::forward<Token>(token), executor(),
      [client = *this,
       name = std::string(name)](detail::Completion<absl::StatusOr<Inspection>> done) mutable {
        client.StartInspect(std::move(name), std::move(done));
      },
      [] {});
}

template <class Token>
auto Client::Nodes(Token&& token) const {
  using Result = absl::StatusOr<std::vector<NodeStatus>>;
  return detail::Initiate<Result>(
      std::forward<Token>(token), executor(),
      [client = *this](detail::Completion<Result> done) { client.StartNodes(std::move(done)); },
      [] {});
}

}  // namespace holdfast

#endif  // HOLDFAST_CLIENT_H_
