// Host names to addresses, without ever blocking whoever asks.
#ifndef HOLDFAST_NET_RESOLVER_H_
#define HOLDFAST_NET_RESOLVER_H_

#include <asio/any_io_executor.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"

namespace holdfast::net {

// One look-up at a time. getaddrinfo(3) can take half a minute and cannot be cancelled; Asio runs
// it on a thread that its io_context waits for when it is destroyed. Here a detached thread runs
// it and leaves the result in shared memory, so that a look-up can be given up at any time.
class Resolver {
 public:
  using Addresses = std::vector<asio::ip::tcp::endpoint>;
  using Done = absl::AnyInvocable<void(const std::string& error, Addresses)>;

  explicit Resolver(const asio::any_io_executor& executor) : ready_(executor) {}

  // Calls `done` on the executor, unless cancelled before. Numeric addresses need no thread, and
  // for them it is called at once.
  void Resolve(const std::string& host, std::uint16_t port, Done done);

  void Cancel();

 private:
  struct Lookup;

  asio::posix::stream_descriptor ready_;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_RESOLVER_H_
