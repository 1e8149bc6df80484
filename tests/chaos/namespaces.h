// Network namespaces that a chaos run makes for itself: what happens in them reaches nobody else,
// and they end with the processes in them.
#ifndef HOLDFAST_TESTS_CHAOS_NAMESPACES_H_
#define HOLDFAST_TESTS_CHAOS_NAMESPACES_H_

#include <string>

#include "support/socket.h"

namespace holdfast::testing {

// Leaves the machine's network for an empty one, with this process and all that it starts. Before
// it has threads. Where that is not permitted, why; else "".
std::string LeaveNetwork();

// A further network with a loopback device and a TUN device of the given IPv4 address, in a /24.
class NetworkNamespace {
 public:
  // After LeaveNetwork. `why` says what is missing when there is no TUN device to be had.
  NetworkNamespace(const std::string& address, std::string& why);

  const std::string& address() const { return address_; }
  int handle() const { return handle_.get(); }

  // The packets that leave it, and those that are to enter it.
  const Fd& tun() const { return tun_; }
  void CloseTun() { tun_.Close(); }

 private:
  std::string address_;
  Fd handle_;
  Fd tun_;
};

// While it lives, the calling thread makes sockets, and processes, in that network.
class Inside {
 public:
  explicit Inside(const NetworkNamespace& network);
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  Fd before_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_NAMESPACES_H_
