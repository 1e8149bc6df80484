// Messages that are published on channels.
//
//   SubscriptionHandler handler([](const Message& message) { Show(message.payload); },
//                               [] { ReadAllAgain(); });     // After a gap.
//   redis.Subscribe("news", handler, [&](absl::StatusOr<Subscription> subscription) {
//     if (subscription.ok()) news = *std::move(subscription);  // Until it goes.
//   });
//
// The subscriptions of a client and its copies share one connection, which is opened for the first
// of them and closed at once when the last one is gone. It is apart from the connection of the
// commands: `RedisOptions::on_event` does not hear of it, and `offline_queue` does not touch it. On
// a cluster it leads to any master, where everything is heard that is published with PUBLISH; of
// keyspace events, only those of that node.
//
// Redis keeps no message for whoever is not there: what is published while the connection is down
// is missed, and `on_gap` tells so. A connection that was lost is made anew as
// `RedisOptions::reconnect` says, and the server looked up anew. One that is silent is asked with a
// PING after `ping_interval` (where that is 0: after the longer of 1 s and half the command
// timeout) and lost when nothing comes within the command timeout: a server that is gone without a
// word sounds just like one where nothing is published. It is lost too when the server sends what
// no subscription is answered with, or a message larger than `max_reply_bytes`.
//
// Handlers hold up reading, and the commands of their client: nothing piles up here, but in the
// server, which by default closes the connection of a reader that is too far behind
// (client-output-buffer-limit). That is a gap, too.
#ifndef HOLDFAST_SUBSCRIPTION_H_
#define HOLDFAST_SUBSCRIPTION_H_

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace holdfast {

namespace detail {
class SubscriptionHandle;
}

// What a subscription is to: names of channels, or patterns as PSUBSCRIBE has them ("news.*"); any
// bytes. A name that is given twice counts once. Made from what is given where a function takes
// Channels: `Subscribe("news", …)`, `Subscribe({"news", "weather"}, …)`. A class with constructors
// of its own on purpose: see Command.
class Channels {
 public:
  template <std::convertible_to<std::string_view> First,
            std::convertible_to<std::string_view>... More>
  Channels(const First& first, const More&... more)  // NOLINT(google-explicit-constructor)
      : names_{std::string(std::string_view(first)), std::string(std::string_view(more))...} {}
  // A template, so that `Channels({"a", "b"})` does not make a vector of the two.
  template <std::same_as<std::vector<std::string>> Strings>
  Channels(Strings names)  // NOLINT(google-explicit-constructor)
      : names_(std::move(names)) {}

  // Patterns("news.*"), Patterns({"a?", "b?"}).
  static Channels Patterns(Channels patterns) {
    patterns.patterns_ = true;
    return patterns;
  }

  const std::vector<std::string>& names() const { return names_; }
  bool patterns() const { return patterns_; }

 private:
  std::vector<std::string> names_;
  bool patterns_ = false;
};

// A channel that several patterns of a subscription match is heard once for each of them.
struct Message {
  std::string channel = {};
  std::string pattern = {};  // Which one matched; empty for a subscription to the channel itself.
  std::string payload = {};  // Any bytes.
};

// What to call, on the client's executor, one call at a time, never inside a call of yours and
// under no lock; none may throw, or block for long. They may subscribe, and let any Subscription
// go.
//
// on_message: in the order in which the server sends, each message once.
// on_gap: may be empty. The connection was lost, and all is subscribed again: what was published in
//   between was missed. Messages of the new connection may come before it.
// on_end: may be empty. Nothing will be heard any more; the status says why: the reconnect strategy
//   gave up (a new subscription tries anew), the server now refuses a channel (kPermissionDenied),
//   or Quit or Disconnect was called (kCancelled). Not called for a Subscription that was let go.
//
// A class with constructors of its own on purpose: see Command.
class SubscriptionHandler {
 public:
  template <std::invocable<const Message&> OnMessage>
  SubscriptionHandler(OnMessage on_message,  // NOLINT(google-explicit-constructor)
                      std::function<void()> on_gap = {},
                      std::function<void(const absl::Status&)> on_end = {})
      : on_message_(std::move(on_message)),
        on_gap_(std::move(on_gap)),
        on_end_(std::move(on_end)) {}

  // Without an on_message, as made from an empty std::function.
  bool empty() const { return !on_message_; }

  void OnMessage(const Message& message) const { on_message_(message); }
  void OnGap() const {
    if (on_gap_) on_gap_();
  }
  void OnEnd(const absl::Status& why) const {
    if (on_end_) on_end_(why);
  }

 private:
  std::function<void(const Message&)> on_message_;
  std::function<void()> on_gap_;
  std::function<void(const absl::Status&)> on_end_;
};

// As long as it lives, its handler is called. Once its destructor has returned no further call
// begins; one that is under way in another thread may end later. (In a handler, or where the
// executor has a single thread, there is none.) Its destructor unsubscribes in the background; it
// may run in any thread. Movable; keeps the client's connections open.
class Subscription {
 public:
  Subscription(Subscription&&) noexcept = default;
  Subscription& operator=(Subscription&&) noexcept = default;
  ~Subscription() = default;

 private:
  friend class detail::SubscriptionHandle;
  explicit Subscription(std::shared_ptr<detail::SubscriptionHandle> handle)
      : handle_(std::move(handle)) {}

  std::shared_ptr<detail::SubscriptionHandle> handle_;
};

}  // namespace holdfast

#endif  // HOLDFAST_SUBSCRIPTION_H_
