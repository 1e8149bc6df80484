#include "support/proxy.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "support/tcp_client.h"

namespace holdfast::testing {
namespace {

constexpr std::array<Direction, 2> kBoth = {Direction::kToTarget, Direction::kToClient};

Direction Other(Direction direction) {
  return direction == Direction::kToTarget ? Direction::kToClient : Direction::kToTarget;
}

void MakeClosingReset(const Fd& socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

Proxy::Proxy(std::uint16_t target_port, ProxyFaults faults)
    : target_port_(target_port), faults_(faults), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  for (int attempt = 0; attempt < 20 && !listener_.is_open(); ++attempt) {
    port_ = FreePort();
    Listen();  // Unless somebody was faster at that port.
  }
  if (!listener_.is_open()) abort();
  thread_ = std::thread([this] { Run(); });
}

Proxy::~Proxy() {
  Do([this] { ending_ = true; });
  thread_.join();
}

void Proxy::Listen() {
  listener_ = BindLoopback(port_);
  if (listener_.is_open() && listen(listener_.get(), 64) != 0) listener_.Close();
}

void Proxy::Do(std::function<void()> task) {
  std::unique_lock lock(mutex_);
  tasks_.push_back(std::move(task));
  const int number = ++asked_;
  if (eventfd_write(wake_.get(), 1) != 0) abort();
  done_changed_.wait(lock, [this, number] { return done_ >= number; });
}

void Proxy::RunTasks() {
  eventfd_t ignored;
  eventfd_read(wake_.get(), &ignored);
  const std::lock_guard lock(mutex_);
  for (const auto& task : tasks_) task();
  done_ += static_cast<int>(tasks_.size());
  tasks_.clear();
  done_changed_.notify_all();
}

void Proxy::Run() {
  while (!ending_) {
    Poll();
    RunTasks();
    for (Link& link : links_) Pump(link);
    AcceptOne();
    links_.remove_if([](const Link& link) { return !link.client.is_open(); });
  }
}

void Proxy::Poll() {
  std::vector<pollfd> polled = {{wake_.get(), POLLIN, 0}};
  const auto add = [&polled](const Fd& fd, short events) {
    if (fd.is_open() && events != 0) polled.push_back({fd.get(), events, 0});
  };
  const bool accepts = !Frozen(Direction::kToTarget) || !Frozen(Direction::kToClient);
  add(listener_, accepts ? POLLIN : 0);
  for (const Link& link : links_) {
    add(link.client, EventsOf(link, Direction::kToTarget));
    add(link.target, EventsOf(link, Direction::kToClient));
  }
  poll(polled.data(), polled.size(), -1);
}

// What to wait for at the socket from which bytes go in direction `from`. Nothing: the socket must
// not be polled at all, or its end would wake the thread again and again.
short Proxy::EventsOf(const Link& link, Direction from) const {
  const Stream& out = link.streams[IndexOf(from)];
  const Stream& in = link.streams[IndexOf(Other(from))];
  short events = 0;
  if (!Frozen(from) && out.pending.empty()) events |= POLLIN;
  if (!Frozen(Other(from)) && !in.pending.empty()) events |= POLLOUT;
  return events;
}

void Proxy::AcceptOne() {
  if (!listener_.is_open() || (Frozen(Direction::kToTarget) && Frozen(Direction::kToClient))) {
    return;
  }
  Fd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!client.is_open()) return;
  const int on = 1;
  setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Link& link = links_.emplace_back();
  link.client = std::move(client);
  link.target = StartConnecting(target_port_);
  if (connections_++ == 0 || !faults_.first_connection_only) {
    link.streams[IndexOf(Direction::kToTarget)].limit = faults_.cut_to_target;
    link.streams[IndexOf(Direction::kToClient)].limit = faults_.cut_to_client;
  }
  Pump(link);
}

void Proxy::Pump(Link& link) {
  for (const Direction direction : kBoth) {
    if (link.client.is_open() && !Frozen(direction)) Forward(link, direction);
  }
}

void Proxy::Forward(Link& link, Direction direction) {
  const Fd& from = direction == Direction::kToTarget ? link.client : link.target;
  Stream& stream = link.streams[IndexOf(direction)];
  if (stream.pending.empty()) {
    std::array<char, 16 * 1024> buffer;
    const ssize_t n = recv(from.get(), buffer.data(), buffer.size(), 0);
    if (n > 0) stream.pending.assign(buffer.data(), static_cast<std::size_t>(n));
    stream.ended = n == 0 || (n < 0 && errno != EAGAIN);
  }
  Write(link, direction);
  if (stream.limit && stream.forwarded >= *stream.limit) return Close(link, faults_.reset);
  if (stream.ended && stream.pending.empty()) Close(link, false);
}

void Proxy::Write(Link& link, Direction direction) {
  const Fd& to = direction == Direction::kToTarget ? link.target : link.client;
  Stream& stream = link.streams[IndexOf(direction)];
  std::size_t size = stream.pending.size();
  if (stream.limit) size = std::min(size, *stream.limit - stream.forwarded);
  if (size == 0) return;
  const ssize_t n = send(to.get(), stream.pending.data(), size, MSG_NOSIGNAL);
  if (n < 0 && errno == EAGAIN) return;
  if (n < 0) {
    stream.pending.clear();
    stream.ended = true;
    return;
  }
  stream.pending.erase(0, static_cast<std::size_t>(n));
  stream.forwarded += static_cast<std::size_t>(n);
  bytes_[IndexOf(direction)] += static_cast<std::size_t>(n);
}

void Proxy::Close(Link& link, bool reset) {
  for (Fd* socket : {&link.client, &link.target}) {
    if (reset) MakeClosingReset(*socket);
    socket->Close();
  }
}

void Proxy::CloseAll(bool reset) {
  for (Link& link : links_) Close(link, reset);
  links_.clear();
}

int Proxy::connections() {
  int count = 0;
  Do([&] { count = connections_; });
  return count;
}

int Proxy::open_connections() {
  std::size_t count = 0;
  Do([&] { count = links_.size(); });
  return static_cast<int>(count);
}

std::size_t Proxy::bytes(Direction direction) {
  std::size_t count = 0;
  Do([&] { count = bytes_[IndexOf(direction)]; });
  return count;
}

void Proxy::CutAfter(Direction direction, std::size_t count) {
  Do([=, this] {
    for (Link& link : links_) {
      Stream& stream = link.streams[IndexOf(direction)];
      stream.limit = stream.forwarded + count;
    }
  });
}

void Proxy::Freeze() {
  Do([this] { frozen_[0] = frozen_[1] = true; });
}

void Proxy::Freeze(Direction direction) {
  Do([this, direction] { frozen_[IndexOf(direction)] = true; });
}

void Proxy::Thaw() {
  Do([this] { frozen_[0] = frozen_[1] = false; });
}

void Proxy::Drop() {
  Do([this] { CloseAll(false); });
}

void Proxy::Reset() {
  Do([this] { CloseAll(true); });
}

void Proxy::Refuse() {
  Do([this] { listener_.Close(); });
}

void Proxy::Accept() {
  bool listens = false;
  Do([&] {
    if (!listener_.is_open()) Listen();
    listens = listener_.is_open();
  });
  if (listens) return;
  fprintf(stderr, "somebody else has taken the proxy's port %d\n", port_);
  abort();
}

}  // namespace holdfast::testing
