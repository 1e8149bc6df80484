#include "net/connection.h"

#include <fcntl.h>

#include <algorithm>
#include <asio/buffer.hpp>
#include <asio/defer.hpp>
#include <asio/write.hpp>
#include <utility>

#include "core/backoff.h"
#include "core/text.h"
#include "net/clock.h"

namespace holdfast::net {
namespace {

using core::NodeProblem;
using core::TimePoint;

// A node that leaves so many commands unanswered gets no further one but releases.
constexpr std::size_t kMaxUnanswered = 16 * 1024;

// INFO grows with what the server has in it; the scripts' answers are short.
constexpr core::ReplyLimits kHandshakeLimits = {.bytes = 4 * 1024 * 1024};
constexpr core::ReplyLimits kReplyLimits = {};

std::string Words(const asio::error_code& error) {
  if (error == asio::error::eof) return "the server closed the connection";
  return error.message();
}

}  // namespace

Connection::Connection(const asio::any_io_executor& executor, int node, core::Endpoint endpoint,
                       ConnectionOptions options, Listener& listener)
    : executor_(executor),
      node_(node),
      endpoint_(std::move(endpoint)),
      options_(options),
      listener_(listener),
      resolver_(executor),
      socket_(executor),
      timer_(executor) {}

void Connection::Start() { Connect(); }

void Connection::Close() {
  if (state_ == State::kClosed) return;
  const bool was_ready = state_ == State::kReady;
  Disconnect();
  state_ = State::kClosed;
  Report({Vote::kDown, "the client was closed"}, was_ready);
}

void Connection::Connect() {
  state_ = State::kResolving;
  ++attempt_;
  connect_deadline_ = Now() + options_.connect_timeout;
  Watch(options_.connect_timeout);
  resolver_.Resolve(endpoint_.host, endpoint_.port,
                    [self = shared_from_this(), attempt = attempt_](const std::string& error,
                                                                    Resolver::Addresses addresses) {
                      if (self->attempt_ != attempt) return;
                      if (!error.empty()) {
                        return self->Fail({Vote::kDown, "cannot resolve its name: " + error});
                      }
                      self->addresses_ = std::move(addresses);
                      self->state_ = State::kConnecting;
                      self->TryAddress(0);
                    });
}

void Connection::TryAddress(std::size_t index) {
  asio::error_code ignored;
  socket_.close(ignored);
  if (index == addresses_.size()) {
    return Fail({Vote::kDown, "cannot connect: " + Words(last_connect_error_)});
  }
  // An address that swallows packets must leave the others their share of the time.
  const auto left = static_cast<std::int64_t>(addresses_.size() - index);
  Watch(std::max<core::nanoseconds>((connect_deadline_ - Now()) / left, core::milliseconds(1)));
  last_connect_error_ = OpenSocket(addresses_[index]);
  if (last_connect_error_) return TryAddress(index + 1);
  socket_.async_connect(addresses_[index], [self = shared_from_this(), attempt = attempt_,
                                            index](asio::error_code error) {
    if (self->attempt_ != attempt) return;
    if (!error) return self->OnConnected();
    self->last_connect_error_ =
        error == asio::error::operation_aborted ? asio::error::timed_out : error;
    self->TryAddress(index + 1);
  });
}

asio::error_code Connection::OpenSocket(const asio::ip::tcp::endpoint& address) {
  asio::error_code error;
  socket_.open(address.protocol(), error);
  // Programs run under a lock must not inherit the connection that holds it.
  if (!error) fcntl(socket_.native_handle(), F_SETFD, FD_CLOEXEC);
  return error;
}

void Connection::OnConnected() {
  asio::error_code error;
  socket_.non_blocking(true, error);
  if (!error) socket_.set_option(asio::ip::tcp::no_delay(true), error);
  if (!error) socket_.set_option(asio::socket_base::keep_alive(true), error);
  if (error) return Fail({Vote::kDown, "cannot connect: " + Words(error)});
  state_ = State::kHandshaking;
  overdue_ = false;
  pipeline_ = std::make_shared<core::Pipeline>(kHandshakeLimits);
  handshake_ = {};
  handshake_.Start(endpoint_, *pipeline_, Now(), connect_deadline_);
  Watch(connect_deadline_ - Now());
  Read();
  Flush();
}

void Connection::OnHandshake(core::Tag tag, core::ReplyView reply) {
  if (handshake_.OnReply(tag, reply) != core::Handshake::State::kDone) return;
  state_ = State::kReady;
  failures_ = 0;
  pipeline_->set_limits(kReplyLimits);
  Watch(options_.command_timeout);
  listener_.OnReady(node_, handshake_.greeting());
}

bool Connection::Send(core::Tag tag, const core::ScriptCall& call, bool urgent, TimePoint now) {
  if (state_ != State::kReady) return false;
  if (!urgent && pipeline_->unanswered() >= kMaxUnanswered) return false;
  call.AppendTo(pipeline_->outgoing());
  pipeline_->Expect(tag, now + options_.command_timeout);
  ScheduleFlush();
  return true;
}

void Connection::ScheduleFlush() {
  if (flush_scheduled_) return;
  flush_scheduled_ = true;
  // Behind the handlers that are ready now, so that one write carries what they all send.
  asio::defer(executor_, [self = shared_from_this()] {
    self->flush_scheduled_ = false;
    if (!self->InForkedChild()) self->Flush();
  });
}

void Connection::Flush() {
  if (!pipeline_ || !socket_.is_open()) return;
  std::string_view bytes = pipeline_->StartWrite();
  if (bytes.empty()) return;
  asio::error_code error;
  bytes.remove_prefix(socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error));
  if (error && error != asio::error::would_block) return Fail({Vote::kDown, Words(error)});
  if (!bytes.empty()) return WriteRest(bytes);
  pipeline_->FinishWrite();
}

void Connection::WriteRest(std::string_view bytes) {
  auto on_written = [self = shared_from_this(), attempt = attempt_, pipeline = pipeline_](
                        asio::error_code error, std::size_t) {
    if (self->attempt_ != attempt) return;
    if (error) return self->Fail({Vote::kDown, Words(error)});
    pipeline->FinishWrite();
    self->Flush();
  };
  asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), std::move(on_written));
}

// Waits before it reads, so that a forked child which runs the same loop eats none of our bytes.
void Connection::Read() {
  auto on_readable = [self = shared_from_this(), attempt = attempt_](asio::error_code error) {
    if (self->attempt_ != attempt || self->InForkedChild()) return;
    if (error) return self->Fail({Vote::kDown, Words(error)});
    self->OnReadable();
  };
  socket_.async_wait(asio::ip::tcp::socket::wait_read, std::move(on_readable));
}

void Connection::OnReadable() {
  asio::error_code error;
  const std::size_t size = socket_.read_some(asio::buffer(received_), error);
  if (error == asio::error::would_block) return Read();
  if (error) return Fail({Vote::kDown, Words(error)});
  const std::uint64_t attempt = attempt_;
  const std::shared_ptr<core::Pipeline> pipeline = pipeline_;
  const bool ok = pipeline->Receive({received_.data(), size}, *this);
  if (attempt_ != attempt) return;
  if (!ok) return Fail({Vote::kError, pipeline->error()});
  if (handshake_.state() == core::Handshake::State::kFailed) return Fail(handshake_.problem());
  Read();
}

void Connection::OnReply(core::Tag tag, core::ReplyView reply) {
  if (state_ == State::kHandshaking) return OnHandshake(tag, reply);
  listener_.OnReply(node_, tag, reply);
}

void Connection::OnNoReply(core::Tag tag) { listener_.OnNoReply(node_, tag); }

// One timer watches what is under way: connecting, the handshake, the oldest unanswered command.
// In operation it is left running and only looks whether anything is overdue.
void Connection::Watch(core::nanoseconds pause) {
  timer_.expires_after(pause);
  timer_.async_wait([self = shared_from_this(), attempt = attempt_](asio::error_code error) {
    if (error || self->attempt_ != attempt || self->InForkedChild()) return;
    self->OnWatch();
  });
}

void Connection::OnWatch() {
  const TimePoint now = Now();
  switch (state_) {
    case State::kIdle:
    case State::kClosed:
      return;
    case State::kWaiting:
      return Connect();
    case State::kConnecting:
      if (now < connect_deadline_) {
        asio::error_code ignored;
        socket_.cancel(ignored);  // On to the next address.
        return;
      }
      [[fallthrough]];
    case State::kResolving:
    case State::kHandshaking:
      // The timer may have been set anew while its handler was queued.
      if (now < connect_deadline_) return Watch(connect_deadline_ - now);
      return Fail({state_ == State::kHandshaking ? Vote::kNoAnswer : Vote::kDown, TimeoutReason()});
    case State::kReady:
      return OnReadyWatch(now);
  }
}

void Connection::OnReadyWatch(TimePoint now) {
  const bool overdue = pipeline_->deadline() <= now;
  if (overdue && overdue_) return Fail({Vote::kNoAnswer, TimeoutReason()});
  // A process that was stopped finds its timers run out and the answers waiting: they get a turn of
  // the loop to be read before the node is blamed.
  overdue_ = overdue;
  const TimePoint next = std::min(pipeline_->deadline(), now + options_.command_timeout);
  Watch(overdue ? core::milliseconds(1) : next - now);
}

std::string Connection::TimeoutReason() const {
  const std::string connect = core::HumanDuration(options_.connect_timeout);
  if (state_ == State::kResolving) return "its name could not be resolved within " + connect;
  if (state_ == State::kConnecting) return "no connection within " + connect;
  if (state_ == State::kHandshaking) return "connected, but silent for " + connect;
  return "silent for " + core::HumanDuration(options_.command_timeout);
}

void Connection::Fail(NodeProblem problem) {
  const bool was_ready = state_ == State::kReady;
  Disconnect();
  state_ = State::kWaiting;
  ++failures_;
  Watch(core::ReconnectPause(failures_, listener_.Random()));
  Report(std::move(problem), was_ready);
}

void Connection::Report(NodeProblem problem, bool was_ready) {
  // The pipeline leaves first: what the listener does in answer must not find it.
  const std::shared_ptr<core::Pipeline> abandoned = std::exchange(pipeline_, nullptr);
  listener_.OnDown(node_, std::move(problem));
  // Commands of a handshake are nobody else's.
  if (was_ready) abandoned->Abandon(*this);
}

void Connection::Disconnect() {
  ++attempt_;
  asio::error_code ignored;
  socket_.close(ignored);
  resolver_.Cancel();
  timer_.cancel();
}

}  // namespace holdfast::net
