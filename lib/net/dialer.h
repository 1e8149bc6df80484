// The way to a server: its addresses, tried one after another, or its unix socket.
#ifndef HOLDFAST_NET_DIALER_H_
#define HOLDFAST_NET_DIALER_H_

#include <asio/any_io_executor.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/time.h"
#include "holdfast/endpoint.h"
#include "net/clock.h"
#include "net/resolver.h"
#include "net/unique_fd.h"

namespace holdfast::net {

// Connects once. Made anew for each try; lives on one strand, `executor`.
class Dialer final : public std::enable_shared_from_this<Dialer> {
 public:
  // `problem` is empty, and the socket connected and non-blocking; or it says why there is none.
  using Done = absl::AnyInvocable<void(std::string problem, UniqueFd socket)>;

  Dialer(const asio::any_io_executor& executor, core::milliseconds timeout);

  // Calls `done` once, within the timeout, unless cancelled before.
  void Dial(const Endpoint& endpoint, Done done);

  void Cancel();

 private:
  using Address = asio::generic::stream_protocol::endpoint;

  // A socket that is being connected is the parent's as well.
  bool InForkedChild() const { return ForkGeneration() != fork_generation_; }
  void OnAddresses(const std::string& error, const Resolver::Addresses& addresses);
  void TryAddress(std::size_t index);
  void Connect(std::size_t index);
  void OnConnect(std::size_t index, asio::error_code error);
  asio::error_code OpenSocket(const Address& address);
  void WaitForBacklog(std::size_t index);
  void Watch(core::nanoseconds pause);
  void OnWatch();
  std::string TimeoutReason() const;
  void Finish(std::string problem);

  const core::milliseconds timeout_;
  const int fork_generation_ = ForkGeneration();
  core::TimePoint deadline_;
  core::TimePoint watch_until_;
  Resolver resolver_;
  asio::generic::stream_protocol::socket socket_;
  asio::steady_timer timer_;
  asio::steady_timer backlog_timer_;
  std::vector<Address> addresses_;
  asio::error_code last_error_;
  Done done_;  // Empty once it was called, or the dialing cancelled.
};

// An error of the network, in words for people.
std::string Words(const asio::error_code& error);

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_DIALER_H_
