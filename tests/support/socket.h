// Loopback sockets.
#ifndef HOLDFAST_TESTS_SUPPORT_SOCKET_H_
#define HOLDFAST_TESTS_SUPPORT_SOCKET_H_

#include <cstdint>
#include <utility>

namespace holdfast::testing {

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { Close(); }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void Close();

 private:
  int fd_ = -1;
};

// Bound to 127.0.0.1:`port` (0: any), not yet listening; closed when the port is taken.
Fd BindLoopback(std::uint16_t port);

std::uint16_t PortOf(const Fd& socket);

// A port that nobody has now. Below the range from which the kernel takes the ports of outgoing
// connections: there, a client that connects to a dead server's port may connect to itself.
std::uint16_t FreePort();

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_SOCKET_H_
