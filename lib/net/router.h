// Where commands go: to one server, or to the nodes of a cluster.
#ifndef HOLDFAST_NET_ROUTER_H_
#define HOLDFAST_NET_ROUTER_H_

#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/time.h"
#include "holdfast/command.h"
#include "holdfast/endpoint.h"
#include "net/session.h"

namespace holdfast::net {

// Commands for one server: a single one, or MULTI … EXEC, with nobody else's between them.
// As a Unit, but that a redirection of a cluster is followed instead of being a reply.
struct Request {
  absl::InlinedVector<Command, 1> commands = {};
  core::TimePoint deadline = {};
  std::string node = {};  // Where to send them, as NodeInfo::address; empty: where their keys are.
  Waiter waiter = {};
};

struct NodeInfo {
  Endpoint endpoint = {};
  std::string id = {};
  bool master = true;
  std::string master_address = {};  // Of a replica.

  std::string address() const { return endpoint.name(); }
};

// Lives on one strand, and so do its callbacks, which never run inside the call that they belong
// to. Keeps itself alive as long as something is under way.
class Router {
 public:
  virtual ~Router() = default;

  virtual void Start() = 0;
  virtual void Execute(Request request) = 0;

  // The server for these keys (none: any master), for a connection of one's own.
  using Located = absl::AnyInvocable<void(absl::StatusOr<Endpoint>)>;
  virtual void Locate(const std::vector<std::string>& keys, core::TimePoint deadline,
                      Located done) = 0;

  using Listed = absl::AnyInvocable<void(absl::StatusOr<std::vector<NodeInfo>>)>;
  virtual void Nodes(core::TimePoint deadline, Listed done) = 0;

  // As Session's. `done` once there is no connection any more.
  virtual void Quit(absl::AnyInvocable<void()> done) = 0;
  virtual void Disconnect() = 0;

  // Any thread.
  virtual bool is_open() const = 0;
  virtual bool is_ready() const = 0;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_ROUTER_H_
