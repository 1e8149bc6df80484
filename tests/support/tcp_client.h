// A plain TCP connection to a loopback port.
#ifndef HOLDFAST_TESTS_SUPPORT_TCP_CLIENT_H_
#define HOLDFAST_TESTS_SUPPORT_TCP_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "support/eventually.h"
#include "support/socket.h"

namespace holdfast::testing {

// A socket that does not block, and may not be connected yet.
Fd StartConnecting(std::uint16_t port);

// Not thread-safe.
class TcpClient {
 public:
  explicit TcpClient(std::uint16_t port) : socket_(StartConnecting(port)) {}

  // False: refused, or not in time.
  bool AwaitConnected(std::chrono::milliseconds deadline = kPatience) const;

  // False when the connection is broken, or the peer does not read.
  bool Send(std::string_view bytes, std::chrono::milliseconds deadline = kPatience) const;

  // Just `count` bytes; fewer at the end of the stream, or at the deadline.
  std::string Receive(std::size_t count, std::chrono::milliseconds deadline = kPatience);

  // What comes until the end of the stream, or the deadline.
  std::string ReceiveAll(std::chrono::milliseconds deadline = kPatience);

  // What Receive found the stream to end with.
  bool ended() const { return ended_; }
  bool was_reset() const { return was_reset_; }

 private:
  // False when there is nothing more to come now.
  bool ReceiveSome(std::string& to, std::size_t most);
  bool Await(short events, std::chrono::steady_clock::time_point end) const;

  Fd socket_;
  bool ended_ = false;
  bool was_reset_ = false;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_TCP_CLIENT_H_
