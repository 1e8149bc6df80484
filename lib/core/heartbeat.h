// Whether the server of a cluster's seat was heard of lately (PROTOCOL.md, Clusters).
#ifndef HOLDFAST_CORE_HEARTBEAT_H_
#define HOLDFAST_CORE_HEARTBEAT_H_

#include <cstdint>

#include "core/time.h"

namespace holdfast::core {

// What counts is not when an answer came but when its command was sent: the server ran at some
// instant behind that, while the answer itself may have waited in a buffer of ours. A server that
// does nothing for a whole node timeout, after which another may be in its place, is stale from
// then on, also when it runs again: what is sent to a stale one is no question any more. A
// connection has one, made anew with it.
class Heartbeat {
 public:
  // `node_timeout`: after which a silent node is taken for dead; 0: the default of the servers.
  // `asked`: when the question was sent whose answer made this connection ready.
  Heartbeat(milliseconds node_timeout, TimePoint asked);

  // Commands are answered in the order in which they were sent.
  void OnSent(TimePoint now);
  void OnReply();

  // When a command has to be sent if none is before.
  TimePoint due() const { return sent_ + interval_; }

  // Nothing may be asked of the server any more.
  bool IsStale(TimePoint now) const { return SilenceAt(now) > limit_; }
  nanoseconds SilenceAt(TimePoint now) const { return now - heard_; }

  // How long a command may remain without an answer.
  milliseconds Bound(milliseconds command_timeout) const;

 private:
  nanoseconds interval_;
  nanoseconds limit_;
  TimePoint sent_;             // The latest command.
  TimePoint heard_;            // The server ran at this instant or later.
  TimePoint asked_;            // When the command was sent that is waited for,
  std::uint64_t awaited_ = 0;  // and how many answers come up to its own; 0: none is waited for.
  std::uint64_t unanswered_ = 0;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_HEARTBEAT_H_
