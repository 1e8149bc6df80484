// The connection to one node.
#ifndef HOLDFAST_NET_CONNECTION_H_
#define HOLDFAST_NET_CONNECTION_H_

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/handshake.h"
#include "core/heartbeat.h"
#include "core/pipeline.h"
#include "core/script_call.h"
#include "core/time.h"
#include "holdfast/endpoint.h"
#include "net/clock.h"
#include "net/link.h"
#include "net/route.h"

namespace holdfast::net {

struct ConnectionOptions {
  std::string client_name = {};  // As the server shows it; empty: none.
  LinkOptions link = {};
  // Of a seat whose server does not tell its cluster-node-timeout; 0: the default of the servers.
  core::milliseconds cluster_node_timeout{0};
};

// The connection of the locks to one node. Asks the route where it is, connects, shakes hands,
// carries commands, and after any failure asks and connects again, with backoff, until it is
// closed. What commands it had taken then fail: nothing is ever sent twice. Lives on one strand,
// `executor`: its calls and its listener's.
//
// The connection of a seat also ends when its server turns out not to be the seat's any more, or
// was silent for too long (PROTOCOL.md, Clusters).
class Connection final : public std::enable_shared_from_this<Connection>, private Link::Owner {
 public:
  // Called for the last time by Close().
  class Listener {
   public:
    virtual void OnReady(int node, const core::Greeting& greeting) = 0;
    // The connection, or the try to get one, failed. The commands' OnNoReply follow.
    virtual void OnDown(int node, core::NodeProblem problem) = 0;
    virtual void OnReply(int node, core::Tag tag, core::ReplyView reply) = 0;
    virtual void OnNoReply(int node, core::Tag tag) = 0;
    // For the jitter of the backoff.
    virtual std::uint64_t Random() = 0;

   protected:
    ~Listener() = default;
  };

  Connection(const asio::any_io_executor& executor, int node, std::shared_ptr<Route> route,
             ConnectionOptions options, Listener& listener);
  ~Connection();

  void Start();

  // Takes a command for this turn of the loop, whose commands go out in one write. False if it is
  // not ready, or has many unanswered already and this one is not urgent.
  bool Send(core::Tag tag, const core::ScriptCall& call, bool urgent, core::TimePoint now);

  // Commands without an answer fail; a last OnDown tells so.
  void Close();

 private:
  enum class State { kIdle, kFinding, kConnecting, kReady, kWaiting, kClosed };

  void Find();
  void Connect(Endpoint endpoint);
  void ConnectAgain();
  core::nanoseconds Pause();
  void OnHandshake(core::Tag tag, core::ReplyView reply);
  void OnReady();
  void OnProblem(core::NodeProblem problem);
  void OnSent(core::TimePoint now);

  // Of a seat's connection.
  bool is_seat() const { return !guard_key_.empty(); }
  bool IsFresh();
  void ReadRedirection(core::ReplyView reply);
  void GiveUp(core::NodeProblem problem, bool moved);
  void AwaitBeat();
  void Beat();

  // Link::Owner
  void OnOpen() override;
  void OnReply(core::Tag tag, core::ReplyView reply) override;
  void OnEnd(core::NodeProblem problem) override;
  void OnNoReply(core::Tag tag) override;

  const asio::any_io_executor executor_;
  const int node_;
  const std::shared_ptr<Route> route_;
  const std::string guard_key_;
  const ConnectionOptions options_;
  const int fork_generation_ = ForkGeneration();
  Listener& listener_;

  State state_ = State::kIdle;
  int failures_ = 0;
  Endpoint endpoint_;
  core::TimePoint opened_at_;
  core::milliseconds command_timeout_{0};
  core::Handshake handshake_;
  std::shared_ptr<Link> link_;  // Null while finding, waiting, and at the end.
  asio::steady_timer timer_;    // For the next try, or the next heartbeat.

  std::optional<core::Heartbeat> heartbeat_;  // Of a seat, once it is ready.
  bool given_up_ = false;                     // The link is about to be ended.
  bool moved_ = false;                        // It turned out to be no server of this seat.
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_CONNECTION_H_
