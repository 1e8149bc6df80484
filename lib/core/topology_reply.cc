#include "core/topology_reply.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.h"
#include "core/topology_fields.h"

namespace holdfast::core {
namespace {

// A node as it is listed; without an address where the cluster does not know its host.
struct ListedNode {
  std::optional<NodeAddress> address = {};
  std::string id = {};
};

absl::Status TooManyNodes() {
  return Malformed("more than " + std::to_string(kMaxClusterNodes) + " nodes");
}

// The topology as far as it is read.
class Builder {
 public:
  explicit Builder(const NodeAddress& asked) : asked_(asked) {}

  const NodeAddress& asked() const { return asked_; }

  // The index of the master, or kNobody without an address.
  absl::StatusOr<int> AddMaster(const ListedNode& node) {
    if (!node.address) return Topology::kNobody;
    const int index = topology_.AddMaster(*node.address, node.id);
    if (index == Topology::kNobody) return TooManyNodes();
    return index;
  }

  absl::Status AddReplica(const ListedNode& node, int master) {
    if (!node.address || master == Topology::kNobody) return absl::OkStatus();
    const int index = topology_.AddReplica(*node.address, node.id, master);
    return index == Topology::kNobody ? TooManyNodes() : absl::OkStatus();
  }

  absl::Status Assign(SlotRange range, int owner) {
    if (!listed_.Assign(range, 0)) {
      return Malformed("slots " + std::to_string(range.first) + " to " +
                       std::to_string(range.last) + " are listed twice");
    }
    topology_.Assign(range, owner);
    has_owner_ = has_owner_ || owner != Topology::kNobody;
    has_slots_ = true;
    return absl::OkStatus();
  }

  absl::StatusOr<Topology> Finish() && {
    if (has_owner_) return std::move(topology_);
    return absl::UnavailableError(asked_.name() + (has_slots_ ? " knows no host of any node"
                                                              : " knows no owner of any slot"));
  }

 private:
  const NodeAddress& asked_;
  Topology topology_;
  Topology listed_;  // In which each listed slot has an owner, also where that is unknown.
  bool has_slots_ = false;
  bool has_owner_ = false;
};

// [host, port, id, [metadata…], …]
absl::StatusOr<ListedNode> ReadSlotsNode(ReplyView view, const NodeAddress& asked) {
  if (view.size() < 2) return Malformed(Describe(view) + " is no node");
  auto address = ReadAddress(view.at(0), view.at(1), asked);
  if (!address.ok()) return address.status();
  auto id = ReadId(view.at(2));
  if (!id.ok()) return id.status();
  return ListedNode{.address = *std::move(address), .id = *std::move(id)};
}

// [first, last, master, replica…]
absl::Status ReadSlotsEntry(ReplyView entry, Builder& builder) {
  if (entry.size() < 3) return Malformed(Describe(entry) + " is no range with its nodes");
  const auto range = ReadRange(entry.at(0), entry.at(1));
  if (!range.ok()) return range.status();
  int master = Topology::kNobody;
  std::size_t position = 0;
  for (const ReplyView view : entry) {
    if (position++ < 2) continue;
    const auto node = ReadSlotsNode(view, builder.asked());
    if (!node.ok()) return node.status();
    if (position > 3) {
      if (auto status = builder.AddReplica(*node, master); !status.ok()) return status;
      continue;
    }
    const auto index = builder.AddMaster(*node);
    if (!index.ok()) return index.status();
    master = *index;
  }
  return builder.Assign(*range, master);
}

// A map comes as an array of its keys and values in turn. Nil if the key is not there.
ReplyView Field(ReplyView map, std::string_view key) {
  bool is_key = true;
  bool found = false;
  for (const ReplyView element : map) {
    if (found) return element;
    found = is_key && element.text() == key;
    is_key = !is_key;
  }
  return map.at(map.size());
}

struct ShardNode {
  ListedNode node = {};
  bool master = false;
  bool online = false;
};

absl::StatusOr<ShardNode> ReadShardNode(ReplyView map, const NodeAddress& asked, bool tls) {
  const ReplyView endpoint = Field(map, "endpoint");
  auto address = ReadAddress(endpoint, Field(map, tls ? "tls-port" : "port"), asked);
  if (!address.ok()) return address.status();
  auto id = ReadId(Field(map, "id"));
  if (!id.ok()) return id.status();
  const std::string_view role = Field(map, "role").text();
  if (role != "master" && role != "replica" && role != "slave") {
    return Malformed(Describe(Field(map, "role")) + " is no role of a node");
  }
  return ShardNode{.node = {.address = *std::move(address), .id = *std::move(id)},
                   .master = role == "master",
                   .online = Field(map, "health").text() == "online"};
}

absl::StatusOr<std::vector<ShardNode>> ReadShardNodes(ReplyView nodes, const NodeAddress& asked,
                                                      bool tls) {
  if (nodes.type() != ReplyType::kArray) return Malformed(Describe(nodes) + " are no nodes");
  if (nodes.size() > kMaxClusterNodes) return TooManyNodes();
  std::vector<ShardNode> read;
  for (const ReplyView map : nodes) {
    auto node = ReadShardNode(map, asked, tls);
    if (!node.ok()) return node.status();
    read.push_back(*std::move(node));
  }
  // While a fail-over is young, the failed master may be listed as one too.
  std::stable_sort(read.begin(), read.end(), [](const ShardNode& a, const ShardNode& b) {
    return std::pair(!a.master, !a.online) < std::pair(!b.master, !b.online);
  });
  return read;
}

absl::Status AssignShard(ReplyView slots, int master, Builder& builder) {
  if (slots.type() != ReplyType::kArray || slots.size() % 2 != 0) {
    return Malformed(Describe(slots) + " are no ranges of slots");
  }
  for (auto slot = slots.begin(); slot != slots.end();) {
    const ReplyView first = *slot;
    const ReplyView last = *++slot;
    ++slot;
    const auto range = ReadRange(first, last);
    if (!range.ok()) return range.status();
    if (auto status = builder.Assign(*range, master); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ReadShard(ReplyView shard, bool tls, Builder& builder) {
  if (shard.size() == 0 || shard.size() % 2 != 0)
    return Malformed(Describe(shard) + " is no shard");
  const auto nodes = ReadShardNodes(Field(shard, "nodes"), builder.asked(), tls);
  if (!nodes.ok()) return nodes.status();
  int master = Topology::kNobody;
  for (const ShardNode& node : *nodes) {
    if (node.master && master == Topology::kNobody) {
      const auto index = builder.AddMaster(node.node);
      if (!index.ok()) return index.status();
      master = *index;
    } else if (!node.master && node.online) {
      if (auto status = builder.AddReplica(node.node, master); !status.ok()) return status;
    }
  }
  return AssignShard(Field(shard, "slots"), master, builder);
}

absl::Status ErrorOf(const std::string& where, std::string_view error) {
  const std::string message = where + Printable(error);
  for (const std::string_view denial : {"NOAUTH", "WRONGPASS", "NOPERM"}) {
    if (error.starts_with(denial)) return absl::PermissionDeniedError(message);
  }
  if (error.find("cluster support disabled") != std::string_view::npos) {
    return absl::FailedPreconditionError(message);
  }
  return absl::UnavailableError(message);
}

// Reads each element of the reply with `read`, and says in an error which one it is of.
template <class Read>
absl::StatusOr<Topology> ReadTopology(std::string_view command, ReplyView reply, std::size_t most,
                                      Builder builder, Read read) {
  const std::string where = std::string(command) + " of " + builder.asked().name() + ": ";
  if (reply.is_error()) return ErrorOf(where, reply.text());
  if (reply.type() != ReplyType::kArray) return Malformed(where + Describe(reply) + " is no array");
  if (reply.size() > most) return Malformed(where + Describe(reply) + " is too large");
  std::size_t number = 0;
  for (const ReplyView element : reply) {
    ++number;
    const absl::Status status = read(element, builder);
    if (status.ok()) continue;
    return Malformed(where + "entry " + std::to_string(number) + ": " +
                     std::string(ToStd(status.message())));
  }
  return std::move(builder).Finish();
}

}  // namespace

absl::StatusOr<Topology> ReadClusterSlots(ReplyView reply, const NodeAddress& asked) {
  return ReadTopology("CLUSTER SLOTS", reply, kSlots, Builder(asked), ReadSlotsEntry);
}

absl::StatusOr<Topology> ReadClusterShards(ReplyView reply, const NodeAddress& asked, bool tls) {
  return ReadTopology(
      "CLUSTER SHARDS", reply, kMaxClusterNodes, Builder(asked),
      [tls](ReplyView shard, Builder& builder) { return ReadShard(shard, tls, builder); });
}

}  // namespace holdfast::core
