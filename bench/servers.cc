#include "servers.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "die.h"

namespace holdfast::bench {
namespace {

constexpr std::chrono::seconds kStartTimeout{10};

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int FreePort() {
  const int fd = Must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  Must(bind(fd, reinterpret_cast<sockaddr*>(&address), size), "bind");
  Must(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  close(fd);
  return ntohs(address.sin_port);
}

[[noreturn]] void ExecServer(const std::string& port, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // It died before the line above.
  execlp("redis-server", "redis-server", "--port", port.c_str(), "--bind", "127.0.0.1", "--save",
         "", "--appendonly", "no", "--dir", "/tmp", "--logfile", "/dev/null", nullptr);
  _exit(127);
}

pid_t StartServer(int port) {
  const std::string port_text = std::to_string(port);
  const pid_t parent = getpid();
  const pid_t pid = Must(fork(), "fork");
  if (pid == 0) ExecServer(port_text, parent);
  return pid;
}

void AwaitServer(pid_t pid, int port) {
  const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
  while (std::chrono::steady_clock::now() < deadline) {
    if (const int fd = ConnectTo(port); fd >= 0) {
      close(fd);
      return;
    }
    if (waitpid(pid, nullptr, WNOHANG) == pid) Die("redis-server did not start; is it installed?");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  Die("redis-server did not answer in time");
}

}  // namespace

void Servers::Stop(int count) const {
  for (int i = 0; i < count; ++i) kill(servers_[static_cast<std::size_t>(i)].pid, SIGSTOP);
}

int ConnectTo(int port) {
  const int fd = Must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  const sockaddr_in address = Loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0) {
    close(fd);
    return -1;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

Servers::Servers(int count) {
  for (int i = 0; i < count; ++i) {
    const int port = FreePort();
    servers_.push_back({StartServer(port), port});
    AwaitServer(servers_.back().pid, port);
  }
}

Servers::~Servers() {
  for (const Server& server : servers_) kill(server.pid, SIGKILL);
  for (const Server& server : servers_) waitpid(server.pid, nullptr, 0);
}

std::vector<int> Servers::ports() const {
  std::vector<int> ports;
  for (const Server& server : servers_) ports.push_back(server.port);
  return ports;
}

std::vector<std::string> Servers::urls() const {
  std::vector<std::string> urls;
  for (int port : ports()) urls.push_back("redis://127.0.0.1:" + std::to_string(port));
  return urls;
}

}  // namespace holdfast::bench
