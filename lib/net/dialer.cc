#include "net/dialer.h"

#include <fcntl.h>

#include <algorithm>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <utility>

#include "core/text.h"

namespace holdfast::net {
namespace {

// A unix socket whose server is slow to accept refuses at once, where TCP would wait.
constexpr core::milliseconds kBacklogPause{10};

}  // namespace

std::string Words(const asio::error_code& error) {
  if (error == asio::error::eof) return "the server closed the connection";
  return error.message();
}

Dialer::Dialer(const asio::any_io_executor& executor, core::milliseconds timeout)
    : timeout_(timeout),
      resolver_(executor),
      socket_(executor),
      timer_(executor),
      backlog_timer_(executor) {}

void Dialer::Dial(const Endpoint& endpoint, Done done) {
  done_ = std::move(done);
  deadline_ = Now() + timeout_;
  Watch(timeout_);
  if (!endpoint.unix_socket.empty()) {
    addresses_.push_back(asio::local::stream_protocol::endpoint(endpoint.unix_socket));
    return TryAddress(0);
  }
  resolver_.Resolve(
      endpoint.host, endpoint.port,
      [self = shared_from_this()](const std::string& error, const Resolver::Addresses& addresses) {
        if (self->done_ && !self->InForkedChild()) self->OnAddresses(error, addresses);
      });
}

void Dialer::Cancel() {
  done_ = nullptr;
  asio::error_code ignored;
  socket_.close(ignored);
  resolver_.Cancel();
  timer_.cancel();
  backlog_timer_.cancel();
}

void Dialer::OnAddresses(const std::string& error, const Resolver::Addresses& addresses) {
  if (!error.empty()) return Finish("cannot resolve its name: " + error);
  addresses_.assign(addresses.begin(), addresses.end());
  TryAddress(0);
}

void Dialer::TryAddress(std::size_t index) {
  if (index == addresses_.size()) return Finish("cannot connect: " + Words(last_error_));
  // An address that swallows packets must leave the others their share of the time.
  const auto left = static_cast<std::int64_t>(addresses_.size() - index);
  Watch(std::max<core::nanoseconds>((deadline_ - Now()) / left, core::milliseconds(1)));
  Connect(index);
}

void Dialer::Connect(std::size_t index) {
  last_error_ = OpenSocket(addresses_[index]);
  if (last_error_) return TryAddress(index + 1);
  socket_.async_connect(addresses_[index],
                        [self = shared_from_this(), index](asio::error_code error) {
                          if (self->done_ && !self->InForkedChild()) {
                            self->OnConnect(index, error);
                          }
                        });
}

void Dialer::OnConnect(std::size_t index, asio::error_code error) {
  if (!error) socket_.non_blocking(true, error);
  if (!error) return Finish("");
  if (error == asio::error::no_buffer_space) return WaitForBacklog(index);
  last_error_ = error == asio::error::operation_aborted ? asio::error::timed_out : error;
  TryAddress(index + 1);
}

asio::error_code Dialer::OpenSocket(const Address& address) {
  asio::error_code error;
  socket_.close(error);
  socket_.open(address.protocol(), error);
  // Programs run under a lock must not inherit the connection that holds it.
  if (!error) fcntl(socket_.native_handle(), F_SETFD, FD_CLOEXEC);
  return error;
}

void Dialer::WaitForBacklog(std::size_t index) {
  backlog_timer_.expires_after(kBacklogPause);
  backlog_timer_.async_wait([self = shared_from_this(), index](asio::error_code error) {
    if (!error && self->done_ && !self->InForkedChild()) self->Connect(index);
  });
}

void Dialer::Watch(core::nanoseconds pause) {
  watch_until_ = Now() + pause;
  timer_.expires_after(pause);
  timer_.async_wait([self = shared_from_this()](asio::error_code error) {
    if (!error && self->done_ && !self->InForkedChild()) self->OnWatch();
  });
}

void Dialer::OnWatch() {
  // The timer may have been set anew while its handler was queued.
  if (Now() < watch_until_) return Watch(watch_until_ - Now());
  if (Now() >= deadline_) return Finish(TimeoutReason());
  asio::error_code ignored;
  socket_.cancel(ignored);  // On to the next address.
  Watch(deadline_ - Now());
}

std::string Dialer::TimeoutReason() const {
  const std::string time = core::HumanDuration(timeout_);
  if (addresses_.empty()) return "its name could not be resolved within " + time;
  return "no connection within " + time;
}

// The loop would go on watching a socket that it has.
void Dialer::Finish(std::string problem) {
  Done done = std::exchange(done_, nullptr);
  UniqueFd socket;
  asio::error_code error;
  if (problem.empty()) socket.Reset(socket_.release(error));
  if (error) problem = "cannot connect: " + Words(error);
  Cancel();
  done(std::move(problem), std::move(socket));
}

}  // namespace holdfast::net
