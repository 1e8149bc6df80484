// What a Client is made of: the engine, the connections, and the strand they live on.
#ifndef HOLDFAST_CLIENT_STATE_H_
#define HOLDFAST_CLIENT_STATE_H_

#include <asio/any_io_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/engine.h"
#include "holdfast/endpoint.h"
#include "holdfast/options.h"
#include "net/boot_timer.h"
#include "net/clock.h"
#include "net/connection.h"
#include "net/loss_watch.h"
#include "net/tls.h"

namespace holdfast::detail {

class RedisHandle;

// Carries the engine's commands to the connections and what happens there back. All members but
// the const ones and those marked are for the strand only.
class ClientState final : public std::enable_shared_from_this<ClientState>,
                          public core::Transport,
                          public net::Connection::Listener {
 public:
  // `redis`: the client for other commands; may be null.
  ClientState(const asio::any_io_executor& executor, ClientOptions options,
              std::vector<Endpoint> endpoints, std::shared_ptr<const net::TlsContext> tls,
              std::shared_ptr<RedisHandle> redis);
  ~ClientState();

  absl::Status Start();

  // Any thread. Runs `call(engine, now)` on the strand: at once where it can, but never inside
  // another call of the engine, as from a callback of `lost()`.
  template <class Call>
  void Run(Call call) {
    asio::dispatch(strand_, [self = shared_from_this(), call = std::move(call)]() mutable {
      if (!self->in_engine_) return self->Enter(call);
      asio::post(self->strand_, [self, call = std::move(call)]() mutable { self->Enter(call); });
    });
  }

  // Any thread. Ends what is waited for as cancelled, gives releases under way a moment to be
  // answered, and closes the connections.
  void Shutdown();

  // Any thread. Not OK in a process forked off since the client was made: connections and nonces
  // are the parent's.
  absl::Status CheckProcess() const;

  // Any thread.
  const asio::any_io_executor& executor() const { return executor_; }
  const ClientOptions& options() const { return options_; }
  net::LossWatch& watch() const { return *watch_; }  // Once started.
  // As long as there is a handle.
  const std::shared_ptr<RedisHandle>& redis() const { return redis_; }
  std::uint64_t NextTicket() { return next_ticket_.fetch_add(1); }

 private:
  bool Send(int node, core::Tag tag, const core::ScriptCall& call, bool urgent,
            core::TimePoint now) override;
  void OnReady(int node, const core::Greeting& greeting) override;
  void OnDown(int node, core::NodeProblem problem) override;
  void OnReply(int node, core::Tag tag, core::ReplyView reply) override;
  void OnNoReply(int node, core::Tag tag) override;
  std::uint64_t Random() override;

  // Each call of the engine goes through here.
  template <class Call>
  void Enter(Call&& call) {
    in_engine_ = true;
    call(engine_, net::Now());
    in_engine_ = false;
    if (!closed_) timer_.EnsureBy(engine_.next_timer());
  }

  void Drain(core::TimePoint deadline);
  void CloseAll();

  const asio::any_io_executor executor_;
  const asio::any_io_executor strand_;
  const ClientOptions options_;
  const int fork_generation_;
  std::atomic<std::uint64_t> next_ticket_ = 1;
  net::SystemRandomness randomness_;
  net::SystemWallClock wall_clock_;
  core::Engine engine_;
  std::vector<std::shared_ptr<net::Connection>> connections_;
  std::shared_ptr<RedisHandle> redis_;
  net::BootTimer timer_;
  net::LossWatch* watch_ = nullptr;
  asio::steady_timer drain_timer_;
  bool in_engine_ = false;
  bool closed_ = false;
};

// Held by each Client and Lock; the last one to go shuts the client down.
class ClientHandle {
 public:
  explicit ClientHandle(std::shared_ptr<ClientState> state) : state_(std::move(state)) {}
  ~ClientHandle();
  ClientHandle(const ClientHandle&) = delete;
  ClientHandle& operator=(const ClientHandle&) = delete;

  ClientState& state() const { return *state_; }

 private:
  std::shared_ptr<ClientState> state_;
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_CLIENT_STATE_H_
