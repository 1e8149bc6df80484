#include "redis_state.h"

#include <asio/post.hpp>
#include <exception>

#include "net/cluster_router.h"
#include "net/single_router.h"
#include "net/strand.h"
#include "net/tls.h"
#include "redis_limits.h"

namespace holdfast::detail {
namespace {

net::SessionOptions MakeSessionOptions(const RedisOptions& options) {
  net::SessionOptions session;
  session.endpoint = options.server;
  session.link.connect_timeout = options.connect_timeout;
  session.link.command_timeout = options.command_timeout;
  session.link.keep_alive = options.keep_alive;
  session.link.no_delay = options.no_delay;
  session.link.reply_limits = {.bytes = options.max_reply_bytes,
                               .elements = options.max_reply_elements};
  session.login.client_name = options.client_name;
  session.reconnect = options.reconnect ? options.reconnect : ReconnectWithBackoff();
  session.offline_queue = options.offline_queue;
  session.max_queued = options.max_queued;
  session.ping_interval = options.ping_interval;
  return session;
}

net::SessionOptions OnStrand(net::SessionOptions session, const asio::any_io_executor& strand) {
  session.link.polls = std::make_shared<net::PollSet>(strand);
  return session;
}

}  // namespace

absl::StatusOr<std::shared_ptr<RedisState>> RedisState::Make(const asio::any_io_executor& executor,
                                                             RedisOptions options) {
  absl::Status status = CheckRedisOptions(options);
  if (!status.ok()) return status;
  net::SessionOptions session = MakeSessionOptions(options);
  const bool connects_by_tls = options.server.tls || !options.cluster.empty();
  auto tls = net::TlsContext::CreateIfNeeded(connects_by_tls, options.tls);
  if (!tls.ok()) return tls.status();
  session.link.tls = *std::move(tls);
  return std::make_shared<RedisState>(executor, std::move(options), std::move(session));
}

RedisState::RedisState(const asio::any_io_executor& executor, RedisOptions options,
                       net::SessionOptions session)
    : executor_(executor),
      strand_(net::MakeStrand(executor)),
      options_(std::move(options)),
      session_(OnStrand(std::move(session), strand_)),
      router_(MakeRouter()),
      subscriber_(std::make_shared<net::Subscriber>(strand_, session_, router_)) {}

std::shared_ptr<net::Router> RedisState::MakeRouter() const {
  // Posted, so that nothing of the user's runs inside a call of the library.
  net::EventSink sink = [strand = strand_, on_event = options_.on_event](ConnectionEvent event) {
    if (!on_event) return;
    asio::post(strand, [on_event, event = std::move(event)] { on_event(event); });
  };
  if (!options_.cluster.empty()) {
    return std::make_shared<net::ClusterRouter>(strand_, session_, options_, std::move(sink));
  }
  return std::make_shared<net::SingleRouter>(strand_, session_, std::move(sink));
}

void RedisState::EnsureStarted() {
  if (started_.exchange(true)) return;
  Run([self = shared_from_this()](net::Router& router) {
    router.Start();
    self->begun_ = true;
  });
}

void RedisState::Disconnect() {
  if (!CheckProcess().ok()) return;  // The connections are the parent's.
  asio::post(strand_, [self = shared_from_this()] {
    self->subscriber_->End(absl::CancelledError("the client was disconnected"));
    self->router_->Disconnect();
  });
}

absl::Status RedisState::CheckProcess() const {
  if (net::ForkGeneration() == fork_generation_) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "this client was made before fork(2); the child process must make its own");
}

net::SessionOptions RedisState::SessionFor(Endpoint endpoint) const {
  net::SessionOptions session = session_;
  session.endpoint = std::move(endpoint);
  return session;
}

RedisHandle::~RedisHandle() {
  if (state_->CheckProcess().ok()) {
    try {
      state_->Disconnect();
    } catch (const std::exception&) {
      // No memory to end it in order: its connections end with the executor's context.
    }
    return;
  }
  // In a forked child: closing would take the parent's sockets out of the epoll set that both
  // share. The memory is the price of a fork without exec.
  static_cast<void>(new std::shared_ptr<RedisState>(std::move(state_)));
}

}  // namespace holdfast::detail
