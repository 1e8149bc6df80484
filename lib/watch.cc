// Transactions on watched keys.
#include <asio/post.hpp>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/redis_errors.h"
#include "holdfast/redis.h"
#include "net/session.h"
#include "net/single_router.h"
#include "redis_call.h"
#include "redis_state.h"

namespace holdfast {
namespace detail {

// A connection of its own. The server forgets what is watched when it breaks, so it is never made
// anew: a transaction on the next one would be executed unguarded.
class WatchHandle final {
 public:
  WatchHandle(std::shared_ptr<RedisHandle> client, Endpoint endpoint)
      : client_(std::move(client)),
        session_(std::make_shared<net::Session>(state().strand(), Options(std::move(endpoint)),
                                                [](const ConnectionEvent&) {})) {}
  // In a forked child the connection is the parent's.
  ~WatchHandle() {
    if (!state().CheckProcess().ok()) {
      static_cast<void>(new std::shared_ptr<net::Session>(session_));
      return;
    }
    try {
      asio::post(state().strand(), [session = session_] { session->Disconnect(); });
    } catch (const std::exception&) {
      // No memory: the connection ends with the executor's context.
    }
  }
  WatchHandle(const WatchHandle&) = delete;
  WatchHandle& operator=(const WatchHandle&) = delete;

  void Start() {
    state().Run([session = session_](net::Router&) { session->Start(); });
  }

  void Send(net::Request request) {
    state().Run([session = session_, unit = net::MakeUnit(std::move(request))](
                    net::Router&) mutable { session->Send(std::move(unit)); });
  }

  RedisState& state() const { return client_->state(); }

  static Watch MakeWatch(std::shared_ptr<WatchHandle> handle) { return Watch(std::move(handle)); }

 private:
  net::SessionOptions Options(Endpoint endpoint) const {
    net::SessionOptions options = state().SessionFor(std::move(endpoint));
    options.reconnect = NeverReconnect();
    options.offline_queue = true;  // Until it is connected.
    options.max_queued = 1;        // WATCH itself.
    return options;
  }

  const std::shared_ptr<RedisHandle> client_;
  const std::shared_ptr<net::Session> session_;
};

namespace {

absl::Status FirstError(const net::Replies& replies) {
  for (const Reply& reply : replies) {
    if (reply.is_error()) return reply.status();
  }
  return absl::OkStatus();
}

// Connects to the server of the keys, and says WATCH there.
class Watching final : public std::enable_shared_from_this<Watching> {
 public:
  Watching(std::shared_ptr<RedisHandle> client, Arguments keys,
           Completion<absl::StatusOr<Watch>> done)
      : client_(std::move(client)),
        keys_(std::move(keys)),
        deadline_(client_->state().Deadline()),
        done_(std::move(done)) {}

  // By way of a command that has the same keys: on a cluster it is sent on until it is where they
  // are, and what is learned by that is known when the server is looked up.
  void Start() {
    Command exists("EXISTS");
    exists.AddAll(keys_.words());
    net::Request request = MakeRequest(std::move(exists));
    request.waiter.done =
        OneReply("WATCH", [self = shared_from_this()](absl::StatusOr<Reply> reply) {
          if (!reply.ok()) return self->done_(reply.status());
          self->Locate();
        });
    client_->state().Execute(std::move(request));
  }

 private:
  net::Request MakeRequest(Command command) const {
    net::Request request;
    request.commands.push_back(std::move(command));
    request.deadline = deadline_;
    return request;
  }

  void Locate() {
    std::vector<std::string> keys;
    for (const std::string_view key : keys_.words()) keys.emplace_back(key);
    auto located = [self = shared_from_this()](absl::StatusOr<Endpoint> endpoint) {
      if (!endpoint.ok()) return self->done_(endpoint.status());
      self->Connect(*std::move(endpoint));
    };
    client_->state().Run([keys = std::move(keys), deadline = deadline_,
                          located = std::move(located)](net::Router& router) mutable {
      router.Locate(keys, deadline, std::move(located));
    });
  }

  void Connect(Endpoint endpoint) {
    if (!client_->state().is_open()) {
      return done_(NotSent(absl::StatusCode::kCancelled, "WATCH: the client was disconnected"));
    }
    auto handle = std::make_shared<WatchHandle>(client_, std::move(endpoint));
    handle->Start();
    // MULTI is tried first: of a user who may not say it, the server would execute the commands
    // behind it all the same, unguarded.
    net::Request request = MakeRequest("MULTI");
    request.commands.emplace_back("DISCARD");
    request.commands.push_back(Command("WATCH").AddAll(keys_.words()));
    request.waiter.done = [self = shared_from_this(),
                           handle](absl::StatusOr<net::Replies> replies) mutable {
      const absl::Status status = replies.ok() ? FirstError(*replies) : replies.status();
      if (!status.ok()) return self->done_(WithContext("WATCH", status));
      self->done_(WatchHandle::MakeWatch(std::move(handle)));
    };
    handle->Send(std::move(request));
  }

  const std::shared_ptr<RedisHandle> client_;
  const Arguments keys_;
  const core::TimePoint deadline_;
  Completion<absl::StatusOr<Watch>> done_;
};

}  // namespace
}  // namespace detail

void Redis::StartWatch(Arguments keys, detail::Completion<absl::StatusOr<Watch>> done) const {
  const absl::Status status = handle_->state().CheckProcess();
  if (!status.ok()) return done(status);
  if (keys.empty()) return done(absl::InvalidArgumentError("WATCH: no keys"));
  std::make_shared<detail::Watching>(handle_, std::move(keys), std::move(done))->Start();
}

asio::any_io_executor Watch::get_executor() const { return handle_->state().executor(); }

void Watch::StartExecute(Command command, detail::Completion<absl::StatusOr<Reply>> done) const {
  const absl::Status status = detail::CheckCommand(handle_->state(), command);
  if (!status.ok()) return done(status);
  net::Request request;
  request.deadline = handle_->state().Deadline();
  request.waiter.done = detail::OneReply(command.word(0), std::move(done));
  request.commands.push_back(std::move(command));
  handle_->Send(std::move(request));
}

void Watch::StartTransaction(
    Batch batch, detail::Completion<absl::StatusOr<std::optional<std::vector<Reply>>>> done) const {
  auto request = detail::MakeTransaction(handle_->state(), std::move(batch));
  if (!request.ok()) return done(request.status());
  request->waiter.done = [done = std::move(done)](absl::StatusOr<net::Replies> replies) mutable {
    if (!replies.ok()) return done(replies.status());
    done(detail::ReadTransaction(*replies));
  };
  handle_->Send(*std::move(request));
}

}  // namespace holdfast
