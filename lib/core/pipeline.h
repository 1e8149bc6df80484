// One connection's conversation: commands out in one ordered stream, replies matched to them in
// order. No I/O: the network layer moves the bytes.
#ifndef HOLDFAST_CORE_PIPELINE_H_
#define HOLDFAST_CORE_PIPELINE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/joined_calls.h"
#include "core/reply.h"
#include "core/resp.h"
#include "core/ring.h"
#include "core/script_call.h"
#include "core/time.h"

namespace holdfast::core {

// What a command is known by to whoever sent it.
using Tag = std::uint32_t;

class Pipeline {
 public:
  // Who gets the replies. Both may push further commands while they run.
  class Receiver {
   public:
    virtual void OnReply(Tag tag, ReplyView reply) = 0;
    // What the server said unasked, after ExpectPushes().
    virtual void OnPush(ReplyView) {}
    // The connection ended before the reply came. The command may have been executed.
    virtual void OnNoReply(Tag tag) = 0;

   protected:
    ~Receiver() = default;
  };

  explicit Pipeline(ReplyLimits limits = {}) : reader_(limits) {}

  // For the replies to come.
  void set_limits(ReplyLimits limits) { reader_.set_limits(limits); }

  // Where to append the bytes of a command, just before Expect() is called for it.
  std::string& outgoing() {
    EndJoined();
    return outgoing_;
  }
  // A reply to `tag` is due by `deadline`. Deadlines must not go back from one call to the next.
  void Expect(Tag tag, TimePoint deadline);

  // Both for a call of a script. Those that come one after the other between two writes, and can be
  // joined, go out as one command; each gets the reply that it would have got alone.
  void Call(Tag tag, const ScriptCall& call, TimePoint deadline);

  // From now on what the server says while nothing is expected is a push; else it is an error.
  void ExpectPushes() { expects_pushes_ = true; }

  // All that is to be written now, as one piece; empty if there is nothing, or a write is under way
  // already. Valid until FinishWrite().
  std::string_view StartWrite();
  void FinishWrite();

  // Hands what was received, reply by reply, to `receiver`. False on a protocol error, after which
  // the connection must be closed.
  bool Receive(std::string_view bytes, Receiver& receiver);
  const std::string& error() const { return error_.empty() ? reader_.error() : error_; }

  // Tells `receiver` of each command that will get no reply any more.
  void Abandon(Receiver& receiver);

  // When the oldest unanswered command is overdue; kNever if there is none.
  TimePoint deadline() const { return pending_.empty() ? kNever : pending_.front().deadline; }
  std::size_t unanswered() const { return pending_.size(); }

 private:
  struct Pending {
    Tag tag = 0;
    bool joined = false;  // The next one has its answer in the same reply.
    TimePoint deadline;
  };

  void EndJoined();
  void Deliver(ReplyView reply, Receiver& receiver);

  ReplyReader reader_;
  Ring<Pending> pending_;
  JoinedCalls calls_;  // To go out behind what is in `outgoing_`.
  std::string outgoing_;
  std::string writing_;
  bool write_under_way_ = false;
  bool expects_pushes_ = false;
  std::string error_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_PIPELINE_H_
