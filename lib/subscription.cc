// Subscriptions to channels.
#include "holdfast/subscription.h"

#include <asio/post.hpp>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "core/redis_errors.h"
#include "core/text.h"
#include "holdfast/redis.h"
#include "net/subscriber.h"
#include "redis_state.h"

namespace holdfast {
namespace detail {

// What a Subscription is to the user. Keeps the client's connections open.
class SubscriptionHandle final {
 public:
  SubscriptionHandle(std::shared_ptr<RedisHandle> client, std::shared_ptr<net::Listener> listener)
      : client_(std::move(client)), listener_(std::move(listener)) {}
  ~SubscriptionHandle() {
    listener_->closed = true;
    if (!client_->state().CheckProcess().ok()) return;  // The connection is the parent's.
    // Posted, as it may be a handler that lets it go, in the midst of the subscriber's work.
    try {
      asio::post(client_->state().strand(),
                 [subscriber = client_->state().subscriber(), listener = listener_] {
                   subscriber->Unsubscribe(*listener);
                 });
    } catch (const std::exception&) {
      // No memory: it stays subscribed, and nobody is told of the messages.
    }
  }
  SubscriptionHandle(const SubscriptionHandle&) = delete;
  SubscriptionHandle& operator=(const SubscriptionHandle&) = delete;

  static Subscription Make(std::shared_ptr<RedisHandle> client,
                           std::shared_ptr<net::Listener> listener) {
    return Subscription(
        std::make_shared<SubscriptionHandle>(std::move(client), std::move(listener)));
  }

 private:
  const std::shared_ptr<RedisHandle> client_;
  const std::shared_ptr<net::Listener> listener_;
};

namespace {

absl::Status CheckChannels(const RedisState& state, const Channels& channels,
                           const SubscriptionHandler& handler) {
  // The server's confirmation has the name in it.
  constexpr std::size_t kAroundName = 32;
  const absl::Status status = state.CheckProcess();
  if (!status.ok()) return status;
  if (channels.names().empty()) return absl::InvalidArgumentError("no channels");
  if (handler.empty()) return absl::InvalidArgumentError("the handler is empty");
  for (const std::string& name : channels.names()) {
    if (name.size() + kAroundName <= state.options().max_reply_bytes) continue;
    return absl::InvalidArgumentError("channel \"" + core::Printable(name, 20) +
                                      "…\": longer than max_reply_bytes allows");
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace detail

void Redis::StartSubscribe(Channels channels, SubscriptionHandler handler,
                           detail::Completion<absl::StatusOr<Subscription>> done) const {
  detail::RedisState& state = handle_->state();
  const std::string command = channels.patterns() ? "PSUBSCRIBE" : "SUBSCRIBE";
  const absl::Status status = detail::CheckChannels(state, channels, handler);
  if (!status.ok()) return done(detail::WithContext(command, status));
  const auto listener = std::make_shared<net::Listener>(std::move(handler));
  // Who waits keeps no connection open.
  auto confirmed = [client = std::weak_ptr(handle_), listener, command,
                    done = std::move(done)](const absl::Status& result) mutable {
    if (!result.ok()) return done(detail::WithContext(command, result));
    auto alive = client.lock();
    if (!alive) return done(absl::CancelledError(command + ": the last client is gone"));
    done(detail::SubscriptionHandle::Make(std::move(alive), std::move(listener)));
  };
  state.Run([subscriber = state.subscriber(), listener, channels = std::move(channels),
             deadline = state.Deadline(), confirmed = std::move(confirmed)](net::Router&) mutable {
    subscriber->Subscribe(std::move(listener), channels, deadline, std::move(confirmed));
  });
}

}  // namespace holdfast
