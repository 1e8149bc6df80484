// What a Redis client is made of: its router, and the strand that it lives on.
#ifndef HOLDFAST_REDIS_STATE_H_
#define HOLDFAST_REDIS_STATE_H_

#include <asio/any_io_executor.hpp>
#include <asio/dispatch.hpp>
#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/time.h"
#include "holdfast/redis_options.h"
#include "net/clock.h"
#include "net/router.h"
#include "net/session.h"
#include "net/strand.h"
#include "net/subscriber.h"

namespace holdfast::detail {

class RedisState final : public std::enable_shared_from_this<RedisState> {
 public:
  // Checks the options, and reads what they name.
  static absl::StatusOr<std::shared_ptr<RedisState>> Make(const asio::any_io_executor& executor,
                                                          RedisOptions options);

  // Use Make().
  RedisState(const asio::any_io_executor& executor, RedisOptions options,
             net::SessionOptions session);

  // Any thread, as all that follows. Connects, if that was not asked for before.
  void EnsureStarted();

  // Runs `call(router)` on the strand.
  template <class Call>
  void Run(Call call) {
    if (net::IsOnStrand(strand_)) return call(*router_);
    asio::dispatch(strand_, [self = shared_from_this(), call = std::move(call)]() mutable {
      call(*self->router_);
    });
  }

  void Execute(net::Request request) {
    Run([request = std::move(request)](net::Router& router) mutable {
      router.Execute(std::move(request));
    });
  }

  void Disconnect();

  // Not OK in a process forked off since the client was made: the connections are the parent's.
  absl::Status CheckProcess() const;

  core::TimePoint Deadline() const { return net::Now() + options_.command_timeout; }

  const asio::any_io_executor& executor() const { return executor_; }
  const asio::any_io_executor& strand() const { return strand_; }
  const RedisOptions& options() const { return options_; }
  const net::Router& router() const { return *router_; }
  bool is_open() const { return started_ && (!begun_ || router_->is_open()); }
  const std::shared_ptr<net::Subscriber>& subscriber() const { return subscriber_; }

  // For a further connection, to `endpoint`.
  net::SessionOptions SessionFor(Endpoint endpoint) const;

 private:
  std::shared_ptr<net::Router> MakeRouter() const;

  const asio::any_io_executor executor_;
  const asio::any_io_executor strand_;
  const RedisOptions options_;
  const net::SessionOptions session_;
  const int fork_generation_ = net::ForkGeneration();
  std::atomic<bool> started_ = false;
  std::atomic<bool> begun_ = false;  // The router was told.
  const std::shared_ptr<net::Router> router_;
  const std::shared_ptr<net::Subscriber> subscriber_;
};

// Held by each Redis, Watch and Subscription; the last one to go closes the connections.
class RedisHandle {
 public:
  explicit RedisHandle(std::shared_ptr<RedisState> state) : state_(std::move(state)) {}
  ~RedisHandle();
  RedisHandle(const RedisHandle&) = delete;
  RedisHandle& operator=(const RedisHandle&) = delete;

  RedisState& state() const { return *state_; }

 private:
  std::shared_ptr<RedisState> state_;
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_REDIS_STATE_H_
