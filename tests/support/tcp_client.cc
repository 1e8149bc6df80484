#include "support/tcp_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace holdfast::testing {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

}  // namespace

Fd StartConnecting(std::uint16_t port) {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  const int result = connect(socket.get(), generic, sizeof address);
  if (result != 0 && errno != EINPROGRESS) socket.Close();
  return socket;
}

bool TcpClient::Await(short events, Clock::time_point end) const {
  const auto left = std::chrono::ceil<milliseconds>(end - Clock::now()).count();
  pollfd polled{socket_.get(), events, 0};
  return poll(&polled, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) == 1;
}

bool TcpClient::AwaitConnected(milliseconds deadline) const {
  if (!socket_.is_open() || !Await(POLLOUT, Clock::now() + deadline)) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

bool TcpClient::Send(std::string_view bytes, milliseconds deadline) const {
  const Clock::time_point end = Clock::now() + deadline;
  while (!bytes.empty()) {
    if (!socket_.is_open() || !Await(POLLOUT, end)) return false;
    const ssize_t n = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return false;
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool TcpClient::ReceiveSome(std::string& to, std::size_t most) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t n = recv(socket_.get(), buffer.data(), std::min(most, buffer.size()), 0);
  if (n > 0) to.append(buffer.data(), static_cast<std::size_t>(n));
  if (n < 0 && errno == EAGAIN) return true;
  was_reset_ = n < 0;
  ended_ = n <= 0;
  return !ended_;
}

std::string TcpClient::Receive(std::size_t count, milliseconds deadline) {
  const Clock::time_point end = Clock::now() + deadline;
  std::string received;
  while (received.size() < count && Await(POLLIN, end)) {
    if (!ReceiveSome(received, count - received.size())) break;
  }
  return received;
}

std::string TcpClient::ReceiveAll(milliseconds deadline) {
  return Receive(std::numeric_limits<std::size_t>::max(), deadline);
}

}  // namespace holdfast::testing
