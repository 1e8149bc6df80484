// What a Client is made of: its locks' engines and connections, and the strand they live on.
#ifndef HOLDFAST_CLIENT_STATE_H_
#define HOLDFAST_CLIENT_STATE_H_

#include <asio/any_io_executor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/engine.h"
#include "holdfast/options.h"
#include "holdfast/stats.h"
#include "lock_group.h"
#include "net/boot_timer.h"
#include "net/clock.h"
#include "net/cluster_seats.h"
#include "net/loss_watch.h"
#include "net/poll_set.h"
#include "net/strand.h"
#include "net/tls.h"
#include "voters.h"

namespace holdfast::detail {

class RedisHandle;

// All members but the const ones and those marked are for the strand only.
class ClientState final : public std::enable_shared_from_this<ClientState> {
 public:
  // `redis`: the client for other commands; may be null.
  ClientState(const asio::any_io_executor& executor, ClientOptions options, const Voters& voters,
              std::shared_ptr<const net::TlsContext> tls, std::shared_ptr<RedisHandle> redis);
  ~ClientState();

  absl::Status Start();

  // Any thread. Of groups of locks there is one, or on a cluster as many as `groups` says; the name
  // of a lock decides which has it.
  int group_count() const { return static_cast<int>(groups_.size()); }
  int GroupOf(const std::string& name) const;
  // kInvalidArgument: the names are not all of one group.
  absl::StatusOr<int> GroupOf(std::span<const std::string> names) const;

  // Any thread. Runs `call(engine, now)` for the engine of that group on the strand: at once where
  // it can, but never inside another call of an engine, as from a callback of `lost()`.
  template <class Call>
  void Run(int group, Call call) {
    RunHere([group, call = std::move(call)](ClientState& self) mutable {
      self.Enter(*self.groups_[group], call);
    });
  }

  // Any thread. The same for the engines of all groups.
  template <class Call>
  void RunOnAll(Call call) {
    RunHere([call = std::move(call)](ClientState& self) { self.EnterAll(call); });
  }

  // Any thread.
  using StatusesDone = core::Engine::StatusesDone;
  void WhenSettled(StatusesDone done);
  void Reconfigure(StatusesDone done);
  void GetStats(absl::AnyInvocable<void(Stats)> done);

  // Each call of an engine goes through here.
  template <class Call>
  void Enter(LockGroup& group, Call&& call) {
    const std::uint64_t callbacks = group.engine().callbacks();
    in_engine_ = true;
    call(group.engine(), net::Now());
    in_engine_ = false;
    if (group.engine().callbacks() != callbacks) polls_->AwaitHandlers();
    if (&group == witnesses_) ShareWitnesses();
    if (!closed_) timer_.EnsureBy(group.engine().next_timer());
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
  // Runs `call(*this)` on the strand, and outside any call of an engine.
  template <class Call>
  void RunHere(Call call) {
    net::DispatchOn(strand_, [self = shared_from_this(), call = std::move(call)]() mutable {
      if (!self->in_engine_) return call(*self);
      asio::post(self->strand_, [self, call = std::move(call)]() mutable { call(*self); });
    });
  }

  template <class Call>
  void EnterAll(const Call& call) {
    if (no_locks_) Enter(*no_locks_, call);
    for (const auto& group : groups_) Enter(*group, call);
  }

  void MakeGroups(const Voters& voters, const net::ConnectionOptions& connection);
  std::vector<std::shared_ptr<net::Route>> RoutesOf(const Voters& voters,
                                                    const std::vector<std::string>& tags) const;
  void ShareWitnesses();
  void Drain(core::TimePoint deadline);
  void CloseAll();

  const asio::any_io_executor executor_;
  const asio::any_io_executor strand_;
  const ClientOptions options_;
  const int fork_generation_;
  std::atomic<std::uint64_t> next_ticket_ = 1;
  const std::shared_ptr<net::PollSet> polls_;
  std::vector<std::shared_ptr<net::ClusterSeats>> clusters_;
  std::vector<std::unique_ptr<LockGroup>> groups_;
  std::unique_ptr<LockGroup> no_locks_;  // Where none of the groups has the witnesses: they.
  LockGroup* witnesses_ = nullptr;       // Who has them; null where nobody needs to be told.
  core::WitnessState shared_witnesses_;  // As all groups know it.
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
