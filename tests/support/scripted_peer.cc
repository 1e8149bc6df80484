#include "support/scripted_peer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "support/eventually.h"

namespace holdfast::testing {

ScriptedPeer::ScriptedPeer(Handler handler, StreamFaults faults)
    : handler_(std::move(handler)),
      faults_(faults),
      listener_(BindLoopback(0)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      port_(PortOf(listener_)) {
  if (listen(listener_.get(), 64) != 0) abort();
  thread_ = std::thread([this] { Run(); });
}

ScriptedPeer::~ScriptedPeer() {
  ending_ = true;
  Wake();
  thread_.join();
}

std::vector<Received> ScriptedPeer::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

void ScriptedPeer::Disconnect() {
  disconnect_ = true;
  Wake();
  Eventually([this] { return !disconnect_; });
}

void ScriptedPeer::Wake() {
  if (eventfd_write(wake_.get(), 1) != 0) abort();
}

void ScriptedPeer::Run() {
  while (!ending_) {
    std::vector<pollfd> polled = {{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    for (const Connection& connection : open_) {
      polled.push_back({connection.socket.get(), POLLIN, 0});
    }
    poll(polled.data(), polled.size(), -1);
    eventfd_t ignored;
    eventfd_read(wake_.get(), &ignored);
    if (disconnect_) open_.clear();
    disconnect_ = false;
    for (Connection& connection : open_) Serve(connection);
    open_.remove_if([](const Connection& connection) { return !connection.socket.is_open(); });
    Accept();
  }
}

void ScriptedPeer::Accept() {
  Fd socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.is_open()) return;
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Connection& connection = open_.emplace_back();
  connection.number = connections_++;
  connection.socket = std::move(socket);
  Send(connection, faults_.greeting);
}

void ScriptedPeer::Serve(Connection& connection) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t n = recv(connection.socket.get(), buffer.data(), buffer.size(), 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return connection.socket.Close();
  ++reads_;
  ++connection.reads;
  connection.parser.Feed({buffer.data(), static_cast<std::size_t>(n)});
  while (connection.socket.is_open()) {
    auto argv = connection.parser.Next();
    if (!argv) return;
    Handle(connection, std::move(*argv));
  }
}

void ScriptedPeer::Handle(Connection& connection, Argv argv) {
  const Received received{connection.number, connection.reads, std::move(argv)};
  {
    const std::lock_guard lock(mutex_);
    received_.push_back(received);
  }
  const Answer answer = handler_(received);
  Send(connection, answer.bytes);
  if (answer.close) connection.socket.Close();
}

bool ScriptedPeer::Faulty(const Connection& connection) const {
  return connection.number == 0 || !faults_.first_connection_only;
}

void ScriptedPeer::Send(Connection& connection, const std::string& bytes) {
  std::string_view rest = bytes;
  if (Faulty(connection) && faults_.close_at &&
      connection.sent + rest.size() >= *faults_.close_at) {
    SendPiece(connection, rest.substr(0, *faults_.close_at - connection.sent));
    return connection.socket.Close();
  }
  const std::size_t cut = Faulty(connection) ? faults_.cut_at.value_or(0) : 0;
  if (cut > connection.sent && cut < connection.sent + rest.size()) {
    const std::size_t first = cut - connection.sent;
    SendPiece(connection, rest.substr(0, first));
    rest.remove_prefix(first);
    Yield();  // So that the client most likely sees the first piece alone.
  }
  SendPiece(connection, rest);
}

void ScriptedPeer::SendPiece(Connection& connection, std::string_view bytes) {
  connection.sent += bytes.size();
  bytes_sent_ += bytes.size();
  while (!bytes.empty() && connection.socket.is_open()) {
    const ssize_t n = send(connection.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      Yield();
    } else {
      connection.socket.Close();
    }
  }
}

}  // namespace holdfast::testing
