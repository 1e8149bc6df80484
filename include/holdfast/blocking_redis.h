// The Redis client for threads that wait.
//
//   auto redis = BlockingRedis::Create({.url = "redis://localhost"});
//   if (!redis.ok()) return redis.status();
//   auto user = redis->Execute({"HGETALL", "user:1"});
//   if (!user.ok()) return user.status();
//   auto fields = user->As<std::map<std::string, std::string>>();
#ifndef HOLDFAST_BLOCKING_REDIS_H_
#define HOLDFAST_BLOCKING_REDIS_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holdfast/batch.h"
#include "holdfast/command.h"
#include "holdfast/redis.h"
#include "holdfast/redis_options.h"
#include "holdfast/reply.h"
#include "holdfast/script.h"
#include "holdfast/subscription.h"

namespace holdfast {

namespace detail {
class IoThread;
}

struct BlockingRedisNode;

// `Watch` for threads that wait.
class BlockingWatch {
 public:
  BlockingWatch(BlockingWatch&&) noexcept = default;
  BlockingWatch& operator=(BlockingWatch&& other) noexcept {
    watch_ = std::move(other.watch_);  // First: the thread waits for the last watch on it.
    thread_ = std::move(other.thread_);
    return *this;
  }
  ~BlockingWatch() = default;

  absl::StatusOr<Reply> Execute(Command command) const;
  absl::StatusOr<std::optional<std::vector<Reply>>> Transaction(Batch batch) const;

 private:
  friend class BlockingRedis;
  BlockingWatch(std::shared_ptr<detail::IoThread> thread, Watch watch)
      : thread_(std::move(thread)), watch_(std::move(watch)) {}

  std::shared_ptr<detail::IoThread> thread_;  // Before watch_: must outlive it.
  Watch watch_;
};

// `Subscription`, whose handler is a callback as said below.
class BlockingSubscription {
 public:
  BlockingSubscription(BlockingSubscription&&) noexcept = default;
  BlockingSubscription& operator=(BlockingSubscription&& other) noexcept {
    subscription_ = std::move(other.subscription_);  // First, as in BlockingWatch.
    thread_ = std::move(other.thread_);
    return *this;
  }
  ~BlockingSubscription() = default;

 private:
  friend class BlockingRedis;
  BlockingSubscription(std::shared_ptr<detail::IoThread> thread, Subscription subscription)
      : thread_(std::move(thread)), subscription_(std::move(subscription)) {}

  std::shared_ptr<detail::IoThread> thread_;  // Before subscription_: must outlive it.
  Subscription subscription_;
};

// `Redis` with a thread of its own for the connections; what is said there holds here. Each call
// blocks its caller, for the command timeout at the most.
//
// Callbacks (`on_event`, handlers of subscriptions) run on the client's thread, or on one that
// waits in a call of the client in that moment and does the thread's work meanwhile; one at a time.
// So do not hold a mutex during a call that a callback takes, too, and have no callback wait for a
// thread that may be in a call. In a callback, calls of the same client fail at once with
// kFailedPrecondition.
//
// Whoever destroys the last copy, BlockingWatch or BlockingSubscription waits for the thread to
// end, which takes no longer than a callback of the user's that it is in.
class BlockingRedis {
 public:
  BlockingRedis(const BlockingRedis&) = default;
  BlockingRedis(BlockingRedis&&) noexcept = default;
  BlockingRedis& operator=(BlockingRedis other) noexcept {
    redis_ = std::move(other.redis_);  // First: the thread waits for the last client on it.
    thread_ = std::move(other.thread_);
    return *this;
  }
  ~BlockingRedis() = default;

  // As `Redis::Create`. kResourceExhausted: no thread to be had.
  static absl::StatusOr<BlockingRedis> Create(RedisOptions options);

  // As those of `Redis`.
  absl::StatusOr<Reply> Execute(Command command) const;
  std::vector<absl::StatusOr<Reply>> Pipeline(Batch batch) const;
  absl::StatusOr<std::vector<Reply>> Transaction(Batch batch) const;
  absl::StatusOr<BlockingWatch> WatchKeys(Arguments keys) const;
  absl::StatusOr<Reply> Run(const Script& script, const Arguments& keys,
                            const Arguments& arguments) const;
  absl::StatusOr<BlockingSubscription> Subscribe(Channels channels,
                                                 SubscriptionHandler handler) const;
  absl::StatusOr<std::vector<BlockingRedisNode>> Nodes() const;
  bool is_open() const { return redis_.is_open(); }
  bool is_ready() const { return redis_.is_ready(); }
  absl::Status Quit() const;
  void Disconnect() const;

  // The client underneath, whose handlers are callbacks as said above. Must not outlive this. From
  // then on the thread does all its work itself, and calls of this client cost a little more.
  const Redis& async() const;

 private:
  friend class BlockingClient;
  friend class BlockingCache;

  BlockingRedis(std::shared_ptr<detail::IoThread> thread, Redis redis)
      : thread_(std::move(thread)), redis_(std::move(redis)) {}

  std::shared_ptr<detail::IoThread> thread_;  // Before redis_: must outlive it.
  Redis redis_;
};

// As RedisNode.
struct BlockingRedisNode {
  std::string address = {};
  std::string id = {};
  RedisNode::Role role = RedisNode::Role::kMaster;
  std::string master = {};
  BlockingRedis client;
};

}  // namespace holdfast

#endif  // HOLDFAST_BLOCKING_REDIS_H_
