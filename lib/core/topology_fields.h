// The fields of a reply that describes a cluster, each checked. Errors are kInternal.
#ifndef HOLDFAST_CORE_TOPOLOGY_FIELDS_H_
#define HOLDFAST_CORE_TOPOLOGY_FIELDS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/node_address.h"
#include "core/reply.h"
#include "core/topology.h"

namespace holdfast::core {

absl::Status Malformed(const std::string& what);

// What an element is, for an error.
std::string Describe(ReplyView view);

absl::StatusOr<std::uint16_t> ReadSlot(ReplyView view);
absl::StatusOr<SlotRange> ReadRange(ReplyView first, ReplyView last);

// Without a host, that of the node that was asked; nullopt where the host is unknown ("?").
absl::StatusOr<std::optional<NodeAddress>> ReadAddress(ReplyView host, ReplyView port,
                                                       const NodeAddress& asked);

// Empty where there is none, as in Redis 3.
absl::StatusOr<std::string> ReadId(ReplyView id);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_TOPOLOGY_FIELDS_H_
