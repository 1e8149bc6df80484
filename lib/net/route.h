// Where the server of a lock's node is.
#ifndef HOLDFAST_NET_ROUTE_H_
#define HOLDFAST_NET_ROUTE_H_

#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "core/handshake.h"
#include "core/time.h"
#include "holdfast/endpoint.h"

namespace holdfast::net {

// Asked before each try to connect, since a seat of a cluster is now with one server and now with
// another. Lives on one strand, and so do its callbacks.
class Route {
 public:
  struct Place {
    Endpoint endpoint = {};
    core::NodeProblem problem = {};  // With a reason: there is nowhere to connect to, and why.
  };
  using Found = absl::AnyInvocable<void(Place)>;

  virtual ~Route() = default;

  // Calls `found` once, perhaps inside this call, and by `deadline` at the latest.
  virtual void Find(core::TimePoint deadline, Found found) = 0;

  // A cluster's seat: the key of its guard, which is in its slot. Else empty.
  virtual std::string guard_key() const { return ""; }
};

// A server that is where it is.
class FixedRoute final : public Route {
 public:
  explicit FixedRoute(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}

  void Find(core::TimePoint, Found found) override { found({.endpoint = endpoint_}); }

 private:
  const Endpoint endpoint_;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_ROUTE_H_
