#include "net/link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/error.hpp>
#include <cerrno>
#include <span>
#include <utility>

#include "core/text.h"

namespace holdfast::net {
namespace {

using core::NodeProblem;
using core::TimePoint;

// INFO grows with what the server has in it.
constexpr core::ReplyLimits kHandshakeLimits = {.bytes = 4 * 1024 * 1024};

// Linux takes no more seconds for TCP_KEEPIDLE.
constexpr std::int64_t kMaxKeepIdle = 32'767;

asio::error_code LastError() { return {errno, asio::system_category()}; }

asio::error_code SetNumber(int socket, int level, int name, int value) {
  if (setsockopt(socket, level, name, &value, sizeof value) == 0) return {};
  return LastError();
}

// What was read, or written; `error` may be that it would block.
std::size_t ReadSome(int socket, std::span<char> buffer, asio::error_code& error) {
  const ssize_t size = recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0) error = LastError();
  if (size == 0) error = asio::error::eof;
  return static_cast<std::size_t>(std::max<ssize_t>(size, 0));
}

std::size_t WriteSome(int socket, std::string_view bytes, asio::error_code& error) {
  const ssize_t size = send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (size < 0) error = LastError();
  return static_cast<std::size_t>(std::max<ssize_t>(size, 0));
}

}  // namespace

Link::Link(const asio::any_io_executor& executor, LinkOptions options, Owner& owner)
    : executor_(executor),
      options_(std::move(options)),
      owner_(&owner),
      polls_(options_.polls ? options_.polls : std::make_shared<PollSet>(executor)),
      timer_(executor),
      pipeline_(kHandshakeLimits) {}

void Link::Start(const Endpoint& endpoint) {
  endpoint_ = endpoint;
  connect_deadline_ = Now() + options_.connect_timeout;
  dialer_ = std::make_shared<Dialer>(executor_, options_.connect_timeout);
  dialer_->Dial(endpoint, [self = shared_from_this()](const std::string& problem, UniqueFd socket) {
    if (!problem.empty()) return self->Fail({Vote::kDown, problem});
    self->OnConnected(std::move(socket));
  });
}

void Link::OnConnected(UniqueFd socket) {
  socket_ = std::move(socket);
  asio::error_code error = SetSocketOptions();
  if (!error) error = polls_->Add(socket_.get(), AsMember());
  if (error) return Fail({Vote::kDown, "cannot connect: " + Words(error)});
  Watch(connect_deadline_ - Now());
  if (!endpoint_.tls) {
    Open();
  } else {
    StartTls();
  }
  if (phase_ != Phase::kEnded) Flush();
}

asio::error_code Link::SetSocketOptions() {
  if (!endpoint_.unix_socket.empty()) return {};
  const int socket = socket_.get();
  asio::error_code error;
  if (options_.no_delay) error = SetNumber(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  if (error || options_.keep_alive.count() == 0) return error;
  // The kernel counts in seconds; with three more questions it gives up after twice the time.
  const auto idle = std::clamp<std::int64_t>(options_.keep_alive.count() / 1000, 1, kMaxKeepIdle);
  const auto pause = std::max<std::int64_t>(idle / 3, 1);
  error = SetNumber(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  if (!error) error = SetNumber(socket, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(idle));
  if (!error) error = SetNumber(socket, IPPROTO_TCP, TCP_KEEPINTVL, static_cast<int>(pause));
  if (!error) error = SetNumber(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
  return error;
}

void Link::StartTls() {
  phase_ = Phase::kSecuring;
  tls_.emplace(*options_.tls, endpoint_.host);
  tls_->Start(secured_);
  // A session that could not even be set up says so.
  if (tls_->state() == TlsSession::State::kFailed) Fail({Vote::kError, tls_->error()});
}

void Link::Open() {
  phase_ = Phase::kHandshaking;
  owner_->OnOpen();
}

void Link::SetReady(core::milliseconds command_timeout) {
  phase_ = Phase::kReady;
  command_timeout_ = command_timeout;
  pipeline_.set_limits(options_.reply_limits);
  Watch(command_timeout_);
}

void Link::ScheduleFlush() {
  if (std::exchange(flush_scheduled_, true)) return;
  polls_->ScheduleFlush(AsMember());
}

void Link::Flush() {
  flush_scheduled_ = false;
  while (phase_ != Phase::kDialing && phase_ != Phase::kEnded && unwritten_.empty()) {
    const std::string_view bytes = NextPiece();
    if (bytes.empty() || !Write(bytes)) return;
  }
}

// Valid until PieceWritten().
std::string_view Link::NextPiece() {
  if (phase_ >= Phase::kHandshaking) owner_->BeforeWrite();
  if (!tls_) return pipeline_.StartWrite();
  if (phase_ >= Phase::kHandshaking) {
    tls_->Write(pipeline_.StartWrite(), secured_);
    pipeline_.FinishWrite();
  }
  secured_writing_.swap(secured_);
  return secured_writing_;
}

void Link::PieceWritten() {
  secured_writing_.clear();
  if (!tls_) pipeline_.FinishWrite();
}

// Whether all of the piece was.
bool Link::Write(std::string_view bytes) {
  asio::error_code error;
  bytes.remove_prefix(WriteSome(socket_.get(), bytes, error));
  unwritten_ = bytes;
  if (error && error != asio::error::would_block) {
    FailWrite(error);
    return false;
  }
  if (!bytes.empty()) {
    polls_->AwaitRoom(socket_.get());
    return false;
  }
  PieceWritten();
  return true;
}

void Link::OnWritable() {
  if (phase_ == Phase::kEnded || unwritten_.empty()) return;
  if (Write(unwritten_)) Flush();
}

void Link::OnReadable() {
  if (phase_ == Phase::kEnded) return;
  asio::error_code error;
  const std::size_t size = ReadSome(socket_.get(), received_, error);
  if (error == asio::error::would_block) return;
  if (error) return Fail({Vote::kDown, Words(error)});
  OnBytes({received_.data(), size});
}

void Link::OnBytes(std::string_view bytes) {
  if (tls_) {
    OnSecuredBytes(bytes);
  } else {
    Receive(bytes);
  }
}

void Link::OnSecuredBytes(std::string_view bytes) {
  tls_->Feed(bytes);
  std::size_t size = 0;
  do {
    size = tls_->Read(received_, secured_);
    if (phase_ == Phase::kSecuring && tls_->state() == TlsSession::State::kReady) Open();
    if (size > 0) Receive({received_.data(), size});
    if (phase_ == Phase::kEnded) return;
  } while (size > 0);
  Flush();  // An alert, too, goes out before the end.
  if (phase_ == Phase::kEnded) return;
  if (tls_->state() == TlsSession::State::kFailed) Fail({Vote::kError, tls_->error()});
  if (tls_->state() == TlsSession::State::kClosed) Fail({Vote::kDown, tls_->error()});
}

void Link::Receive(std::string_view bytes) {
  const bool ok = pipeline_.Receive(bytes, *this);
  if (!ok && phase_ != Phase::kEnded) Fail({Vote::kError, pipeline_.error()});
}

// What was received along with the bytes that ended the conversation is nobody's.
void Link::OnReply(core::Tag tag, core::ReplyView reply) {
  if (phase_ != Phase::kEnded) owner_->OnReply(tag, reply);
}

void Link::OnPush(core::ReplyView reply) {
  if (phase_ != Phase::kEnded) owner_->OnPush(reply);
}

void Link::OnNoReply(core::Tag tag) {
  if (owner_ != nullptr) owner_->OnNoReply(tag);
}

// One timer watches what is under way: the handshake, the oldest unanswered command. In operation
// it is left running and only looks whether anything is overdue.
void Link::Watch(core::nanoseconds pause) {
  timer_.expires_after(pause);
  timer_.async_wait([self = shared_from_this()](asio::error_code error) {
    if (error || self->phase_ == Phase::kEnded || self->InForkedChild()) return;
    self->OnWatch();
  });
}

void Link::OnWatch() {
  const TimePoint now = Now();
  if (phase_ == Phase::kReady) return OnReadyWatch(now);
  // The timer may have been set anew while its handler was queued.
  if (now < connect_deadline_) return Watch(connect_deadline_ - now);
  Fail({Vote::kNoAnswer, TimeoutReason()});
}

void Link::OnReadyWatch(TimePoint now) {
  const bool overdue = pipeline_.deadline() <= now;
  if (overdue && overdue_) return Fail({Vote::kNoAnswer, TimeoutReason()});
  // A process that was stopped finds its timers run out and the answers waiting: they get a turn of
  // the loop to be read before the node is blamed.
  overdue_ = overdue;
  const TimePoint next = std::min(pipeline_.deadline(), now + command_timeout_);
  Watch(overdue ? core::milliseconds(1) : next - now);
}

std::string Link::TimeoutReason() const {
  const std::string connect = core::HumanDuration(options_.connect_timeout);
  if (phase_ == Phase::kSecuring) return "no TLS within " + connect + ": " + tls_->error();
  if (phase_ == Phase::kHandshaking) return "connected, but silent for " + connect;
  return "silent for " + core::HumanDuration(command_timeout_);
}

// What the server said before it closed may still be unread: answers, or why it refuses us.
void Link::FailWrite(const asio::error_code& error) {
  asio::error_code end;
  while (phase_ != Phase::kEnded && !end) {
    const std::size_t size = ReadSome(socket_.get(), received_, end);
    if (!end) OnBytes({received_.data(), size});
  }
  Fail({Vote::kDown, Words(error)});
}

void Link::Fail(NodeProblem problem) {
  if (phase_ == Phase::kEnded) return;
  const auto self = shared_from_this();
  const bool was_ready = phase_ == Phase::kReady;
  Shut();
  owner_->OnEnd(std::move(problem));
  if (was_ready) pipeline_.Abandon(*this);
}

void Link::Detach() {
  owner_ = nullptr;
  Shut();
}

void Link::Shut() {
  phase_ = Phase::kEnded;
  if (dialer_) dialer_->Cancel();
  if (socket_) polls_->Remove(socket_.get());
  socket_.Reset();
  timer_.cancel();
}

}  // namespace holdfast::net
