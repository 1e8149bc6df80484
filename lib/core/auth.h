// Logging in, as each new connection does it.
#ifndef HOLDFAST_CORE_AUTH_H_
#define HOLDFAST_CORE_AUTH_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "core/pipeline.h"
#include "core/time.h"
#include "holdfast/endpoint.h"
#include "holdfast/errors.h"

namespace holdfast::core {

// Why a server cannot be used just now, as a vote.
struct NodeProblem {
  Vote vote = Vote::kDown;
  std::string reason;
};

// The same as a status: kPermissionDenied, kInternal for a violation of the protocol, else
// kUnavailable.
absl::Status StatusOf(const Endpoint& server, const NodeProblem& problem);

// What an error reply means as a vote: kDenied for NOAUTH, WRONGPASS and NOPERM, kDown for a server
// of a cluster that does not have the slot any more, else kError. Nothing was executed then.
NodeProblem ProblemOf(std::string_view error_reply);

// What an error reply to AUTH means. In our own words: a server that does not know AUTH may quote
// what it did not understand, and the password with it.
NodeProblem AuthProblemOf(std::string_view error_reply);

// Appends a command and expects its reply.
void PushCommand(Pipeline& pipeline, Tag tag, TimePoint deadline,
                 std::initializer_list<std::string_view> words);

// Nothing where the endpoint has no password, the name is empty, the database is 0.
void PushAuth(Pipeline& pipeline, Tag tag, const Endpoint& endpoint, TimePoint deadline);
void PushName(Pipeline& pipeline, Tag tag, std::string_view client_name, TimePoint deadline);
void PushSelect(Pipeline& pipeline, Tag tag, const Endpoint& endpoint, TimePoint deadline);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_AUTH_H_
