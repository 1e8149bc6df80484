// One conversation with a server, from the first look-up of its name to its end.
#ifndef HOLDFAST_NET_LINK_H_
#define HOLDFAST_NET_LINK_H_

#include <array>
#include <asio/any_io_executor.hpp>
#include <asio/error_code.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/handshake.h"
#include "core/pipeline.h"
#include "core/resp.h"
#include "core/time.h"
#include "holdfast/endpoint.h"
#include "net/clock.h"
#include "net/dialer.h"
#include "net/poll_set.h"
#include "net/tls.h"
#include "net/unique_fd.h"

namespace holdfast::net {

struct LinkOptions {
  core::milliseconds connect_timeout{5'000};  // Until the owner calls SetReady().
  core::milliseconds command_timeout{5'000};
  core::ReplyLimits reply_limits = {};  // In operation.
  bool no_delay = true;                 // TCP_NODELAY.
  core::milliseconds keep_alive{0};  // Idle time before TCP asks whether the peer lives; 0: never.
  std::shared_ptr<const TlsContext> tls = {};  // For endpoints with `tls`.
  std::shared_ptr<PollSet> polls = {};         // Of the strand; null: one of its own.
};

// Connects, secures the connection where that is asked for, and moves the bytes of a pipeline. Made
// anew for each try and never used again. Lives on one strand, `executor`, and so does its owner,
// which must call Detach() or see OnEnd() before it goes.
class Link final : public std::enable_shared_from_this<Link>,
                   private PollSet::Member,
                   private core::Pipeline::Receiver {
 public:
  class Owner {
   public:
    // Connected: the commands of a handshake may go out.
    virtual void OnOpen() = 0;
    // Before each write: the last moment to add commands to it.
    virtual void BeforeWrite() {}
    virtual void OnReply(core::Tag tag, core::ReplyView reply) = 0;
    // What the server said unasked (Pipeline::ExpectPushes).
    virtual void OnPush(core::ReplyView) {}
    // The conversation is over. Those commands of it that have no reply follow in OnNoReply, unless
    // they belong to the handshake.
    virtual void OnEnd(core::NodeProblem problem) = 0;
    virtual void OnNoReply(core::Tag tag) = 0;

   protected:
    ~Owner() = default;
  };

  Link(const asio::any_io_executor& executor, LinkOptions options, Owner& owner);

  void Start(const Endpoint& endpoint);

  // The handshake is done; from now on the oldest unanswered command is watched. `command_timeout`:
  // what each gets from here on.
  void SetReady() { SetReady(options_.command_timeout); }
  void SetReady(core::milliseconds command_timeout);

  // To add commands to, each followed by ScheduleFlush().
  core::Pipeline& pipeline() { return pipeline_; }

  // What is to be written goes out in one piece, at the end of the turn (PollSet).
  void ScheduleFlush();

  // While the handshake goes on: the instant by which it must be done.
  core::TimePoint connect_deadline() const { return connect_deadline_; }

  // Ends it for this reason.
  void Fail(core::NodeProblem problem);

  // Ends it without a word to the owner.
  void Detach();

 private:
  enum class Phase { kDialing, kSecuring, kHandshaking, kReady, kEnded };

  std::shared_ptr<Member> AsMember() { return {shared_from_this(), this}; }
  void OnConnected(UniqueFd socket);
  asio::error_code SetSocketOptions();
  void StartTls();
  void Open();

  bool InForkedChild() const { return ForkGeneration() != fork_generation_; }
  std::string_view NextPiece();
  void PieceWritten();
  bool Write(std::string_view bytes);
  void OnBytes(std::string_view bytes);
  void OnSecuredBytes(std::string_view bytes);
  void Receive(std::string_view bytes);

  void Watch(core::nanoseconds pause);
  void OnWatch();
  void OnReadyWatch(core::TimePoint now);
  std::string TimeoutReason() const;
  void FailWrite(const asio::error_code& error);
  void Shut();

  // PollSet::Member
  void OnReadable() override;
  void OnWritable() override;
  void Flush() override;

  // core::Pipeline::Receiver
  void OnReply(core::Tag tag, core::ReplyView reply) override;
  void OnPush(core::ReplyView reply) override;
  void OnNoReply(core::Tag tag) override;

  const asio::any_io_executor executor_;
  const LinkOptions options_;
  const int fork_generation_ = ForkGeneration();
  Owner* owner_;  // Null once detached.

  Phase phase_ = Phase::kDialing;
  Endpoint endpoint_;
  std::shared_ptr<Dialer> dialer_;
  const std::shared_ptr<PollSet> polls_;
  UniqueFd socket_;
  asio::steady_timer timer_;
  core::TimePoint connect_deadline_;
  core::milliseconds command_timeout_{0};
  std::optional<TlsSession> tls_;
  core::Pipeline pipeline_;
  std::string secured_;  // What TLS made of the bytes to write, or has to say itself.
  std::string secured_writing_;
  std::string_view unwritten_;  // Of a piece that there was not room for.
  bool flush_scheduled_ = false;
  bool overdue_ = false;
  std::array<char, 16 * 1024> received_;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_LINK_H_
