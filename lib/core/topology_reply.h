// Reads a cluster's topology from what one of its nodes answers. Nothing of it is trusted.
#ifndef HOLDFAST_CORE_TOPOLOGY_REPLY_H_
#define HOLDFAST_CORE_TOPOLOGY_REPLY_H_

#include "absl/status/statusor.h"
#include "core/node_address.h"
#include "core/reply.h"
#include "core/topology.h"

namespace holdfast::core {

// The reply of `asked` to CLUSTER SLOTS, in the forms of Redis 3 to 7. Its ports are those of the
// kind of connection on which it was asked, with TLS or without. A node that announces no host is
// at the one that was asked; one whose host is unknown ("?") is left out, and its slots are then
// nobody's. Masters without slots are not in this reply.
//
// kInternal: the reply is malformed, which breaks the protocol. kFailedPrecondition: the server is
// in no cluster. kPermissionDenied: it does not tell us. kUnavailable: it cannot tell now, also
// where it knows no owner of any slot.
absl::StatusOr<Topology> ReadClusterSlots(ReplyView reply, const NodeAddress& asked);

// The same of the reply to CLUSTER SHARDS, of Redis 7.0 and later; `tls` chooses which of a node's
// ports counts. Replicas that are not online are left out.
absl::StatusOr<Topology> ReadClusterShards(ReplyView reply, const NodeAddress& asked, bool tls);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_TOPOLOGY_REPLY_H_
