// What is said on a new connection before it carries locks.
#ifndef HOLDFAST_CORE_HANDSHAKE_H_
#define HOLDFAST_CORE_HANDSHAKE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "core/auth.h"
#include "core/pipeline.h"
#include "core/reply.h"
#include "core/server_info.h"
#include "core/time.h"
#include "holdfast/endpoint.h"

namespace holdfast::core {

// What a connection learned of the server at its other end.
struct Greeting {
  // Add it to an instant of ours in milliseconds to get the node's Unix time. At most one round
  // trip more than the truth, never less, so that a deadline computed with it is late rather than
  // early.
  std::int64_t clock_offset_ms = 0;
  ServerInfo info = {};
  bool durable = false;     // It forgets nothing over a restart: it persists each write.
  std::string server = {};  // host:port; filled in by whoever connected.
  // How long a node of a cluster must be silent to be taken for dead; 0 where it does not say.
  milliseconds cluster_node_timeout{0};
};

// AUTH, CLIENT SETNAME, SELECT, TIME, INFO, and SCRIPT LOAD for each script, sent in one piece: one
// round trip. Servers execute in order and refuse what follows a failed AUTH, so the first error is
// the cause.
class Handshake {
 public:
  enum class State { kUnderWay, kDone, kFailed };

  // Appends the commands to `pipeline`. Their tags are this class's own. `seat`: the server is one
  // of a cluster, and asked for its cluster-node-timeout, too.
  void Start(const Endpoint& endpoint, std::string_view client_name, bool seat, Pipeline& pipeline,
             TimePoint now, TimePoint deadline);

  State OnReply(Tag tag, ReplyView reply);

  State state() const { return state_; }
  const NodeProblem& problem() const { return problem_; }

  // After kDone.
  const Greeting& greeting() const { return greeting_; }

 private:
  void Read(Tag tag, ReplyView reply);
  void ReadTime(ReplyView reply);
  void ReadInfo(ReplyView reply);
  void ReadFsync(ReplyView reply);
  void ReadNodeTimeout(ReplyView reply);
  void Fail(NodeProblem problem);

  State state_ = State::kUnderWay;
  TimePoint sent_;
  Tag last_ = 0;
  Greeting greeting_;
  NodeProblem problem_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_HANDSHAKE_H_
