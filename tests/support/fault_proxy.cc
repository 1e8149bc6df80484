#include "support/fault_proxy.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "support/eventually.h"
#include "support/resp_message.h"
#include "support/tcp_client.h"

namespace holdfast::testing {
namespace {

void Reset(Fd& socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket.Close();
}

// Messages are small: they fit into the kernel's buffers.
void SendAll(const Fd& to, std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd polled{to.get(), POLLOUT, 0};
    if (poll(&polled, 1, static_cast<int>(kPatience.count())) != 1) return;
    const ssize_t n = send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return;
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

std::ostream& operator<<(std::ostream& os, StepFault fault) {
  constexpr std::array<const char*, 6> kNames = {"Refused",   "ResetBefore", "ResetAfter",
                                                 "CutInside", "Silence",     "Garbage"};
  return os << kNames[static_cast<std::size_t>(fault)];
}

FaultProxy::FaultProxy(std::uint16_t target_port, StepFault fault, int step)
    : target_port_(target_port),
      fault_(fault),
      step_(step),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  for (int attempt = 0; attempt < 20 && !listener_.is_open(); ++attempt) {
    port_ = FreePort();
    Listen();  // Unless somebody was faster at that port.
  }
  if (!listener_.is_open()) abort();
  thread_ = std::thread([this] { Run(); });
}

FaultProxy::~FaultProxy() {
  ending_ = true;
  Wake();
  thread_.join();
}

void FaultProxy::Wake() const {
  if (eventfd_write(wake_.get(), 1) != 0) abort();
}

void FaultProxy::Listen() {
  listener_ = BindLoopback(port_);
  if (listener_.is_open() && listen(listener_.get(), 64) != 0) listener_.Close();
}

// What the connections of before have left of the port is no hindrance, then.
void FaultProxy::ListenAgain() {
  ShareAddress(true);
  refusing_ = listen(listener_.get(), 64) != 0;
}

void FaultProxy::ShareAddress(bool share) const {
  const int value = share ? 1 : 0;
  setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &value, sizeof value);
}

std::vector<Argv> FaultProxy::delivered() const {
  const std::lock_guard lock(mutex_);
  return delivered_;
}

void FaultProxy::Run() {
  while (!ending_) {
    Poll();
    eventfd_t ignored;
    eventfd_read(wake_.get(), &ignored);
    for (Link& link : links_) Serve(link);
    if (!refusing_) Accept();
    links_.remove_if([](const Link& link) { return !link.client.is_open(); });
    open_ = static_cast<int>(links_.size());
    // Not before all was refused that came: it may be the healing that was waited for.
    if (healing_.exchange(false) && refusing_) ListenAgain();
  }
}

void FaultProxy::Poll() {
  std::vector<pollfd> polled = {{wake_.get(), POLLIN, 0}};
  if (!refusing_) polled.push_back({listener_.get(), POLLIN, 0});
  for (const Link& link : links_) {
    polled.push_back({link.client.get(), POLLIN, 0});
    if (link.target.is_open()) polled.push_back({link.target.get(), POLLIN, 0});
  }
  poll(polled.data(), polled.size(), -1);
}

void FaultProxy::Accept() {
  Fd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!client.is_open()) return;
  const int on = 1;
  setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Link& link = links_.emplace_back();
  link.client = std::move(client);
  link.target = StartConnecting(target_port_);
  if (IsStruck()) Strike(link, Direction::kToTarget, "");
}

void FaultProxy::Serve(Link& link) {
  const bool client_goes_on = Read(link.client, link.from_client);
  ForwardAll(link, Direction::kToTarget);
  if (!link.client.is_open()) return;
  const bool target_goes_on = !link.target.is_open() || Read(link.target, link.from_target);
  ForwardAll(link, Direction::kToClient);
  if (!target_goes_on) link.target.Close();
  // What is silent does not even tell of its end.
  if (!client_goes_on || (!target_goes_on && !link.silent)) link.client.Close();
}

bool FaultProxy::Read(const Fd& from, std::string& to) {
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const ssize_t n = recv(from.get(), buffer.data(), buffer.size(), 0);
    if (n <= 0) return n < 0 && errno == EAGAIN;
    to.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

void FaultProxy::ForwardAll(Link& link, Direction direction) {
  std::string& bytes = direction == Direction::kToTarget ? link.from_client : link.from_target;
  while (link.client.is_open()) {
    const auto size = RespMessageSize(bytes);
    if (!size) return;
    std::string message = bytes.substr(0, *size);
    bytes.erase(0, *size);
    Forward(link, direction, std::move(message));
  }
}

void FaultProxy::Forward(Link& link, Direction direction, std::string message) {
  if (link.silent) return;
  if (IsStruck()) return Strike(link, direction, std::move(message));
  Pass(link, direction, message);
}

void FaultProxy::Pass(Link& link, Direction direction, const std::string& message) {
  SendAll(direction == Direction::kToTarget ? link.target : link.client, message);
  if (direction == Direction::kToClient || message.empty()) return;
  RequestParser parser;
  parser.Feed(message);
  const std::lock_guard lock(mutex_);
  delivered_.push_back(*parser.Next());
}

// Only the client's side is reset: the server reads what got through, and then the end.
void FaultProxy::Strike(Link& link, Direction direction, std::string message) {
  fired_ = true;
  switch (fault_) {
    case StepFault::kRefused:
      return RefuseAll();
    case StepFault::kResetBefore:
      return Reset(link.client);
    case StepFault::kResetAfter:
      Pass(link, direction, message);
      return Reset(link.client);
    case StepFault::kCutInside:
      SendAll(direction == Direction::kToTarget ? link.target : link.client,
              std::string_view(message).substr(0, message.size() / 2));
      return link.client.Close();
    case StepFault::kSilence:
      link.silent = true;
      return;
    case StepFault::kGarbage:
      if (message.empty()) return Reset(link.client);
      // Of a request not the first byte: servers also take lines of plain words.
      message[direction == Direction::kToTarget ? 1 : 0] = '\1';
      return SendAll(direction == Direction::kToTarget ? link.target : link.client, message);
  }
}

// The port stays taken: a server that another test starts meanwhile would get our client.
void FaultProxy::RefuseAll() {
  shutdown(listener_.get(), SHUT_RDWR);
  ShareAddress(false);
  refusing_ = true;
  for (Link& link : links_) Reset(link.client);
}

}  // namespace holdfast::testing
