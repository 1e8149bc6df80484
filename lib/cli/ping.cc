#include "cli/ping.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "net/unique_fd.h"

namespace holdfast::cli {
namespace {

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// Bounds each call on the socket, connect included.
void SetTimeout(int fd, std::chrono::milliseconds timeout) {
  timeval bound{};
  bound.tv_sec = timeout.count() / 1'000;
  bound.tv_usec = timeout.count() % 1'000 * 1'000;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
}

}  // namespace

bool AnswersPing(int port, std::chrono::milliseconds timeout) {
  const net::UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  SetTimeout(fd.get(), timeout);
  const sockaddr_in address = Loopback(port);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (connect(fd.get(), generic, sizeof address) != 0) return false;
  const std::string ping = "PING\r\n", pong = "+PONG\r\n";
  if (send(fd.get(), ping.data(), ping.size(), MSG_NOSIGNAL) < 0) return false;
  std::string reply(pong.size(), '\0');
  const ssize_t size = recv(fd.get(), reply.data(), reply.size(), MSG_WAITALL);
  return size == static_cast<ssize_t>(pong.size()) && reply == pong;
}

int FindFreePort() {
  const net::UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = Loopback(0);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (bind(fd.get(), generic, size) != 0 || getsockname(fd.get(), generic, &size) != 0) return 0;
  return ntohs(address.sin_port);
}

}  // namespace holdfast::cli
