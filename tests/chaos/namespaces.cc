#include "chaos/namespaces.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace holdfast::testing {
namespace {

constexpr char kTun[] = "tun0";

std::string Failed(const std::string& what) { return what + ": " + strerror(errno); }

Fd CurrentNetwork() { return Fd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)); }

// Where it fails, the run would go on in a network that it did not mean.
void Enter(const Fd& network) {
  if (setns(network.get(), CLONE_NEWNET) == 0) return;
  perror("setns");
  abort();
}

// Without a user of its own the process could not set up devices.
bool MapUsers(unsigned user) {
  std::ofstream map("/proc/self/uid_map");
  map << "0 " << user << " 1\n";
  return static_cast<bool>(map.flush());
}

ifreq Device(const char* name) {
  ifreq request{};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  return request;
}

bool SetUp(const Fd& socket, const char* name) {
  ifreq request = Device(name);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

bool SetAddress(const Fd& socket, unsigned long request_code, const std::string& address) {
  ifreq request = Device(kTun);
  sockaddr_in in{};
  in.sin_family = AF_INET;
  inet_pton(AF_INET, address.c_str(), &in.sin_addr);
  memcpy(&request.ifr_addr, &in, sizeof(in));
  return ioctl(socket.get(), request_code, &request) == 0;
}

// The device lasts as long as the descriptor.
Fd OpenTun() {
  Fd tun(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  ifreq request = Device(kTun);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (tun.is_open() && ioctl(tun.get(), TUNSETIFF, &request) != 0) tun.Close();
  return tun;
}

}  // namespace

std::string LeaveNetwork() {
  if (unshare(CLONE_NEWNET) == 0) return "";
  const std::string refused = Failed("no network namespace");
  const unsigned user = getuid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && MapUsers(user)) return "";
  return refused;
}

NetworkNamespace::NetworkNamespace(const std::string& address, std::string& why)
    : address_(address) {
  const Fd before = CurrentNetwork();
  if (unshare(CLONE_NEWNET) != 0) {
    why = Failed("no network namespace");
    return;
  }
  handle_ = CurrentNetwork();
  tun_ = OpenTun();
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const bool ready = tun_.is_open() && SetUp(socket, "lo") &&
                     SetAddress(socket, SIOCSIFADDR, address) &&
                     SetAddress(socket, SIOCSIFNETMASK, "255.255.255.0") && SetUp(socket, kTun);
  if (!ready) why = Failed("no TUN device");
  Enter(before);
}

Inside::Inside(const NetworkNamespace& network) : before_(CurrentNetwork()) {
  if (setns(network.handle(), CLONE_NEWNET) == 0) return;
  perror("setns");
  abort();
}

Inside::~Inside() { Enter(before_); }

}  // namespace holdfast::testing
