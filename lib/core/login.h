// What is said on a new connection before it carries commands.
#ifndef HOLDFAST_CORE_LOGIN_H_
#define HOLDFAST_CORE_LOGIN_H_

#include <string>

#include "core/auth.h"
#include "core/pipeline.h"
#include "core/reply.h"
#include "core/time.h"
#include "holdfast/endpoint.h"

namespace holdfast::core {

struct LoginOptions {
  std::string client_name = {};  // Empty: none.
  bool replica_reads = false;    // Says READONLY, so that a replica in a cluster answers.
};

// AUTH, CLIENT SETNAME, SELECT, READONLY and PING, sent in one piece.
class Login {
 public:
  enum class State {
    kUnderWay,
    kDone,
    // The server is loading its data, or is busy with a script: to be started again in a moment.
    kNotYet,
    kFailed,
  };

  // Appends the commands to `pipeline`. Their tags are this class's own.
  void Start(const Endpoint& endpoint, const LoginOptions& options, Pipeline& pipeline,
             TimePoint deadline);

  State OnReply(Tag tag, ReplyView reply);

  // After kNotYet and kFailed.
  const NodeProblem& problem() const { return problem_; }

 private:
  State OnError(Tag tag, std::string_view error);
  State OnPing(std::string_view answer);

  bool refused_for_now_ = false;
  NodeProblem problem_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_LOGIN_H_
