// The connection for messages, and those who listen on it.
#ifndef HOLDFAST_NET_SUBSCRIBER_H_
#define HOLDFAST_NET_SUBSCRIBER_H_

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/login.h"
#include "core/subscriptions.h"
#include "core/time.h"
#include "holdfast/endpoint.h"
#include "holdfast/subscription.h"
#include "net/link.h"
#include "net/router.h"
#include "net/session.h"

namespace holdfast::net {

// One subscription's handler. `closed` may be set in any thread; no call begins after that.
struct Listener {
  explicit Listener(SubscriptionHandler its_handler) : handler(std::move(its_handler)) {}

  const SubscriptionHandler handler;
  std::atomic<bool> closed = false;
  core::Subscriptions::Id id = 0;  // Given by Subscriber, and its own.
};

// Connects when somebody subscribes and until nobody does any more, by the rules of
// holdfast/subscription.h. Lives on one strand, `executor`; handlers are called there.
class Subscriber final : public std::enable_shared_from_this<Subscriber>, private Link::Owner {
 public:
  // `router` says which server to connect to; of `options` the endpoint is not used.
  Subscriber(const asio::any_io_executor& executor, const SessionOptions& options,
             std::shared_ptr<Router> router);
  ~Subscriber();

  // `done` is called once, by `deadline`: OK when all of it is confirmed; else nothing of it stays
  // subscribed. It may be called at once, and must not run anything of the user's.
  using Done = absl::AnyInvocable<void(const absl::Status&)>;
  void Subscribe(std::shared_ptr<Listener> listener, const Channels& channels,
                 core::TimePoint deadline, Done done);
  void Unsubscribe(const Listener& listener);

  // Nothing is subscribed to any more, now and later, because of `why`.
  void End(const absl::Status& why);

 private:
  using Id = core::Subscriptions::Id;

  enum class State { kIdle, kLocating, kConnecting, kReady, kWaiting };

  struct Entry {
    std::shared_ptr<Listener> listener;
    core::TimePoint deadline;
    Done done;  // Empty once it was called.
  };

  absl::Status Refusal() const;
  void Confirm(Id id);
  void Reject(Id id, const absl::Status& error);
  void RejectAll(const absl::Status& error);
  void RejectWaiting(const absl::Status& error);
  void Tell(std::shared_ptr<Listener> listener, const absl::Status& end);

  void Locate();
  void Connect(const Endpoint& endpoint);
  void StartLogin();
  void OnLogin(core::Tag tag, core::ReplyView reply);
  void OnNotYet();
  void OnReady();
  void OnFailure(absl::Status error);
  void Decide(const ReconnectDecision& decision);
  void Retry(core::milliseconds pause, void (Subscriber::*next)());
  void CloseIfUnused();
  void Close();

  void Deliver(const core::Subscriptions::Push& push);
  void Refuse(const core::Subscriptions::Push& push);

  void Watch(core::TimePoint next);
  void OnWatch();
  void RejectLate(core::TimePoint now);
  void WatchServer(core::TimePoint now);
  void WatchForAnswer(core::TimePoint now);
  core::milliseconds IdleTime() const;

  // Link::Owner
  void OnOpen() override { StartLogin(); }
  void BeforeWrite() override;
  void OnReply(core::Tag tag, core::ReplyView reply) override { OnLogin(tag, reply); }
  void OnPush(core::ReplyView push) override;
  void OnEnd(core::NodeProblem problem) override;
  void OnNoReply(core::Tag) override {}

  const asio::any_io_executor executor_;
  const SessionOptions options_;
  const std::shared_ptr<Router> router_;
  const int fork_generation_ = ForkGeneration();

  State state_ = State::kIdle;
  absl::Status end_;         // Not OK: it is over for good.
  absl::Status last_error_;  // Why it is not ready.
  int retries_ = 0;
  std::uint64_t attempt_ = 0;  // Told apart from what belongs to an earlier one.
  Endpoint endpoint_;
  core::Login login_;
  std::shared_ptr<Link> link_;  // Not null while connecting and ready.

  Id last_id_ = 0;
  std::map<Id, Entry> entries_;
  core::Subscriptions subscriptions_;  // Of the same ids.

  core::TimePoint watched_ = core::kNever;
  bool overdue_ = false;
  asio::steady_timer retry_timer_;
  asio::steady_timer watch_timer_;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_SUBSCRIBER_H_
