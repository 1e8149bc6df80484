#include "load/delay_proxy.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.h"
#include "load/die.h"
#include "load/setup.h"

namespace holdfast::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Chunk {
  Clock::time_point due;
  std::string bytes;
};

struct Way {
  int client;
  int server;
  std::deque<Chunk> late;  // Answers that wait for their time.
  bool closed = false;
};

int Listen(int& port) {
  const int fd = Must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  Must(bind(fd, reinterpret_cast<sockaddr*>(&address), size), "bind");
  Must(listen(fd, 16), "listen");
  Must(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  port = ntohs(address.sin_port);
  return fd;
}

class DelayProxy {
 public:
  DelayProxy(int listener, int server_port) : listener_(listener), server_port_(server_port) {}

  void Run() {
    while (Turn()) {
    }
  }

 private:
  // False once nobody is left who says what to do.
  bool Turn() {
    Poll();
    if ((polled_[0].revents & (POLLIN | POLLHUP)) != 0 && !ReadOrder()) return false;
    if ((polled_[1].revents & POLLIN) != 0) Accept();
    std::size_t i = 2;
    for (Way& way : ways_) {
      if (i == polled_.size()) break;  // Accepted just now.
      if (polled_[i++].revents != 0) PassOn(way);
      if (polled_[i++].revents != 0) Keep(way);
    }
    for (Way& way : ways_) SendDue(way);
    Close();
    return true;
  }

  void Poll() {
    polled_ = {{STDIN_FILENO, POLLIN, 0}, {listener_, POLLIN, 0}};
    Clock::time_point next = Clock::now() + std::chrono::hours(1);
    for (const Way& way : ways_) {
      polled_.push_back({way.client, POLLIN, 0});
      polled_.push_back({way.server, POLLIN, 0});
      if (!way.late.empty()) next = std::min(next, way.late.front().due);
    }
    const auto left = std::max(next - Clock::now(), Clock::duration(0));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec timeout{seconds.count(), (left - seconds).count()};
    Must(ppoll(polled_.data(), polled_.size(), &timeout, nullptr), "ppoll");
  }

  bool ReadOrder() {
    char line[32];
    const ssize_t size = Must(read(STDIN_FILENO, line, sizeof(line)), "read");
    if (size == 0) return false;
    const std::string_view text(line, static_cast<std::size_t>(size));
    const auto delay = core::ParseNumber<int>(text.substr(0, text.find('\n')));
    if (!delay) Die("no delay: " + std::string(text));
    delay_ = std::chrono::microseconds(*delay);
    std::printf("%d\n", *delay);
    std::fflush(stdout);
    return true;
  }

  void Accept() {
    const int client = Must(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), "accept");
    const int on = 1;
    Must(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "TCP_NODELAY");
    ways_.push_back({client, ConnectTo(server_port_), {}, false});
  }

  static void SendAll(Way& way, int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) {
        way.closed = true;
        return;
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  std::string_view Receive(Way& way, int fd) {
    const ssize_t size = recv(fd, buffer_.data(), buffer_.size(), 0);
    if (size <= 0) way.closed = true;
    return {buffer_.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

  void PassOn(Way& way) { SendAll(way, way.server, Receive(way, way.client)); }

  void Keep(Way& way) {
    const std::string_view bytes = Receive(way, way.server);
    way.late.push_back({Clock::now() + delay_, std::string(bytes)});
  }

  static void SendDue(Way& way) {
    const Clock::time_point now = Clock::now();
    while (!way.late.empty() && way.late.front().due <= now) {
      SendAll(way, way.client, way.late.front().bytes);
      way.late.pop_front();
    }
  }

  void Close() {
    for (auto way = ways_.begin(); way != ways_.end();) {
      if (!way->closed) {
        ++way;
        continue;
      }
      close(way->client);
      close(way->server);
      way = ways_.erase(way);
    }
  }

  const int listener_;
  const int server_port_;
  std::chrono::microseconds delay_{0};
  std::list<Way> ways_;
  std::vector<pollfd> polled_;
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
};

}  // namespace

int RunDelayProxy(int server_port) {
  int port = 0;
  const int listener = Listen(port);
  std::printf("%d\n", port);
  std::fflush(stdout);
  DelayProxy(listener, server_port).Run();
  return 0;
}

}  // namespace holdfast::bench
