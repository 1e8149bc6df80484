// The connection to one node.
#ifndef HOLDFAST_NET_CONNECTION_H_
#define HOLDFAST_NET_CONNECTION_H_

#include <array>
#include <asio/any_io_executor.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/handshake.h"
#include "core/pipeline.h"
#include "core/script_call.h"
#include "core/time.h"
#include "core/url.h"
#include "net/clock.h"
#include "net/resolver.h"

namespace holdfast::net {

struct ConnectionOptions {
  core::milliseconds connect_timeout;
  core::milliseconds command_timeout;
};

// Connects, shakes hands, carries commands, and after any failure connects again, with backoff,
// until it is closed. What commands it had taken then fail: nothing is ever sent twice.
// Lives on one strand, `executor`: its calls and its listener's.
class Connection final : public std::enable_shared_from_this<Connection>,
                         private core::Pipeline::Receiver {
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

  Connection(const asio::any_io_executor& executor, int node, core::Endpoint endpoint,
             ConnectionOptions options, Listener& listener);

  void Start();

  // Takes a command for this turn of the loop, whose commands go out in one write. False if it is
  // not ready, or has many unanswered already and this one is not urgent.
  bool Send(core::Tag tag, const core::ScriptCall& call, bool urgent, core::TimePoint now);

  // Commands without an answer fail; a last OnDown tells so.
  void Close();

 private:
  enum class State { kIdle, kResolving, kConnecting, kHandshaking, kReady, kWaiting, kClosed };
  using Self = std::shared_ptr<Connection>;

  void Connect();
  void TryAddress(std::size_t index);
  asio::error_code OpenSocket(const asio::ip::tcp::endpoint& address);
  void OnConnected();
  void OnHandshake(core::Tag tag, core::ReplyView reply);

  bool InForkedChild() const { return ForkGeneration() != fork_generation_; }
  void ScheduleFlush();
  void Flush();
  void WriteRest(std::string_view bytes);
  void Read();
  void OnReadable();

  void Watch(core::nanoseconds pause);
  void OnWatch();
  void OnReadyWatch(core::TimePoint now);
  std::string TimeoutReason() const;

  void Fail(core::NodeProblem problem);
  void Report(core::NodeProblem problem, bool was_ready);
  void Disconnect();

  // core::Pipeline::Receiver
  void OnReply(core::Tag tag, core::ReplyView reply) override;
  void OnNoReply(core::Tag tag) override;

  const asio::any_io_executor executor_;
  const int node_;
  const core::Endpoint endpoint_;
  const ConnectionOptions options_;
  const int fork_generation_ = ForkGeneration();
  Listener& listener_;

  State state_ = State::kIdle;
  // Counts the tries. A handler that was queued when its try failed finds another number here.
  std::uint64_t attempt_ = 0;
  int failures_ = 0;
  Resolver resolver_;
  Resolver::Addresses addresses_;
  asio::error_code last_connect_error_;
  asio::ip::tcp::socket socket_;
  asio::steady_timer timer_;
  core::TimePoint connect_deadline_;
  core::Handshake handshake_;
  std::shared_ptr<core::Pipeline> pipeline_;  // Shared with a write under way.
  bool flush_scheduled_ = false;
  bool overdue_ = false;
  std::array<char, 16 * 1024> received_;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_CONNECTION_H_
