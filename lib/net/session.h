// The connection to one server for commands of any kind.
#ifndef HOLDFAST_NET_SESSION_H_
#define HOLDFAST_NET_SESSION_H_

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/login.h"
#include "core/time.h"
#include "holdfast/endpoint.h"
#include "holdfast/redis_options.h"
#include "holdfast/reply.h"
#include "net/link.h"

namespace holdfast::net {

using Replies = absl::InlinedVector<Reply, 1>;

// Who waits for what becomes of a unit: one of the two. Called once, on the strand, never inside
// the call that sends.
struct Waiter {
  // Gets a reply for each command, which may be an error, or a status as holdfast/redis_errors.h
  // describes it.
  absl::AnyInvocable<void(absl::StatusOr<Replies>)> done = {};
  // For a single command, an error reply to which becomes its status: the user's own. Those that
  // are answered in one read are called in one handler of the strand's, behind the one that reads:
  // so nothing of the user's runs inside the library's work, and none costs a handler of its own.
  absl::AnyInvocable<void(absl::StatusOr<Reply>)> one = {};

  explicit operator bool() const { return done || one; }
};

// As `waiter`, but with `done` alone: for those who must see the replies before the user does. The
// user's own is called in a handler of its own.
Waiter ForReplies(const asio::any_io_executor& strand, Waiter waiter);

// Commands that go to the server as one piece, with nobody else's between them.
struct Unit {
  std::string bytes = {};
  std::size_t commands = 1;
  core::TimePoint deadline = {};
  Waiter waiter = {};
};

// Hears of connections, on the strand; must not call the session.
using EventSink = std::function<void(ConnectionEvent)>;

struct SessionOptions {
  Endpoint endpoint = {};
  LinkOptions link = {};
  core::LoginOptions login = {};
  ReconnectStrategy reconnect = {};  // Not empty.
  bool offline_queue = true;
  // Off: units wait for the first connection only. When it cannot be made, and whenever one breaks,
  // those that were not sent fail as such, and no more are taken until there is one.
  bool keep_queued = true;
  std::size_t max_queued = 0;
  core::milliseconds ping_interval{0};  // 0: never.
};

// Keeps a connection, by the rules of RedisOptions. Units go out in the order in which they came,
// as many as there are in one write. When the connection breaks, those that were handed to the
// kernel, even in part, fail; the others wait for the next connection. Nothing is ever sent twice.
// Lives on one strand, `executor`.
class Session final : public std::enable_shared_from_this<Session>, private Link::Owner {
 public:
  Session(const asio::any_io_executor& executor, SessionOptions options, EventSink on_event);
  ~Session();

  void Start();

  void Send(Unit unit);

  // Takes no further units, and ends once the last one was answered, failed, or ran out of time.
  void Quit();
  // The server violated the protocol of those who use this: the connection fails for that.
  void Break(const std::string& why);
  // Ends now: what was not sent fails as such, what was not answered too.
  void Disconnect();

  // Any thread. Open: connected, or trying to. Ready: logged in.
  bool is_open() const { return state() != State::kIdle && state() != State::kEnded; }
  bool is_ready() const { return state() == State::kReady; }

  const Endpoint& endpoint() const { return options_.endpoint; }

 private:
  enum class State { kIdle, kConnecting, kReady, kWaiting, kEnded };

  State state() const { return state_.load(std::memory_order_relaxed); }
  void Connect();
  void StartLogin();
  void OnLogin(core::Tag tag, core::ReplyView reply);
  void OnNotYet();
  void OnReady();

  absl::Status Refusal() const;
  absl::Status NotConnected() const;
  absl::Status NotSentInTime() const;
  absl::Status NoAnswerInTime() const;
  void Decide(const ReconnectDecision& decision);
  void End(absl::Status status);
  void FailSent(const absl::Status& status);
  void FailQueued(const absl::Status& status);
  void EndIfDrained();

  void Answer(Waiter waiter, absl::StatusOr<Replies> replies);
  void DeliverAnswers();

  void Watch(core::TimePoint deadline);
  void OnDeadline();
  std::vector<Waiter> TakeLateQueued(core::TimePoint now);
  std::vector<Waiter> TakeLateSent(core::TimePoint now);
  void SchedulePing();
  void OnPingTime();
  void Tell(ConnectionEvent::Kind kind, absl::Status error = {}, core::milliseconds pause = {});

  // Link::Owner
  void OnOpen() override;
  void BeforeWrite() override;
  void OnReply(core::Tag tag, core::ReplyView reply) override;
  void OnEnd(core::NodeProblem problem) override;
  void OnNoReply(core::Tag) override {}  // OnEnd did.

  struct Sent {
    std::size_t commands = 1;
    core::TimePoint deadline;
    Waiter waiter;  // Empty: nobody waits any more.
    Replies replies;
  };
  struct Answered {
    absl::AnyInvocable<void(absl::StatusOr<Reply>)> one;
    absl::StatusOr<Reply> reply;
  };

  const asio::any_io_executor executor_;
  const SessionOptions options_;
  const int fork_generation_ = ForkGeneration();
  const EventSink on_event_;

  std::atomic<State> state_ = State::kIdle;
  bool quitting_ = false;
  int retries_ = 0;
  absl::Status last_error_;  // Why it is not ready, or ended.
  core::Login login_;
  std::shared_ptr<Link> link_;  // Null while waiting, and at the end.
  std::deque<Unit> queue_;
  std::deque<Sent> sent_;
  std::vector<Answered> answered_;  // To be delivered by a handler that is under way.
  core::TimePoint last_reply_;
  core::TimePoint watched_ = core::kNever;
  asio::steady_timer retry_timer_;
  asio::steady_timer deadline_timer_;
  asio::steady_timer ping_timer_;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_SESSION_H_
