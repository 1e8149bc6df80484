// The connection to one node.
#ifndef HOLDFAST_NET_CONNECTION_H_
#define HOLDFAST_NET_CONNECTION_H_

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "core/handshake.h"
#include "core/pipeline.h"
#include "core/script_call.h"
#include "core/time.h"
#include "holdfast/endpoint.h"
#include "net/clock.h"
#include "net/link.h"

namespace holdfast::net {

// The connection of the locks to one node. Connects, shakes hands, carries commands, and after any
// failure connects again, with backoff, until it is closed. What commands it had taken then fail:
// nothing is ever sent twice. Lives on one strand, `executor`: its calls and its listener's.
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

  // `client_name`: as the server shows it; empty: none.
  Connection(const asio::any_io_executor& executor, int node, Endpoint endpoint,
             std::string client_name, LinkOptions options, Listener& listener);
  ~Connection();

  void Start();

  // Takes a command for this turn of the loop, whose commands go out in one write. False if it is
  // not ready, or has many unanswered already and this one is not urgent.
  bool Send(core::Tag tag, const core::ScriptCall& call, bool urgent, core::TimePoint now);

  // Commands without an answer fail; a last OnDown tells so.
  void Close();

 private:
  enum class State { kIdle, kConnecting, kReady, kWaiting, kClosed };

  void Connect();
  void ConnectAgain(core::nanoseconds pause);
  void OnHandshake(core::Tag tag, core::ReplyView reply);

  // Link::Owner
  void OnOpen() override;
  void OnReply(core::Tag tag, core::ReplyView reply) override;
  void OnEnd(core::NodeProblem problem) override;
  void OnNoReply(core::Tag tag) override;

  const asio::any_io_executor executor_;
  const int node_;
  const Endpoint endpoint_;
  const std::string client_name_;
  const LinkOptions options_;
  const int fork_generation_ = ForkGeneration();
  Listener& listener_;

  State state_ = State::kIdle;
  int failures_ = 0;
  core::Handshake handshake_;
  std::shared_ptr<Link> link_;  // Null while waiting, and at the end.
  asio::steady_timer timer_;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_CONNECTION_H_
