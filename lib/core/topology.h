// What a client knows of a Redis Cluster: its nodes, and which of them owns which slot.
#ifndef HOLDFAST_CORE_TOPOLOGY_H_
#define HOLDFAST_CORE_TOPOLOGY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/node_address.h"
#include "core/slots.h"

namespace holdfast::core {

// Of what a node tells: more is refused.
inline constexpr std::size_t kMaxClusterNodes = 1000;

struct SlotRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;  // Is in it.

  friend bool operator==(const SlotRange&, const SlotRange&) = default;
};

struct TopologyNode {
  NodeAddress address = {};  // As the nodes announce it: a map of addresses is applied behind it.
  std::string id = {};       // Empty where the server does not tell it.
  int master = -1;           // Of a replica: the index of its master. A master has -1.

  bool is_master() const { return master < 0; }
};

// Nodes are known by their index, which is good for this topology only. A node is its address:
// there are no two nodes with the same one.
class Topology {
 public:
  static constexpr int kNobody = -1;

  Topology() : owners_(kSlots, kNobody) {}

  const std::vector<TopologyNode>& nodes() const { return nodes_; }

  // The index of the master that owns the slot, or kNobody.
  int OwnerOf(std::uint16_t slot) const;

  std::vector<int> ReplicasOf(int master) const;

  // The slots of a master; with kNobody those that nobody owns.
  std::vector<SlotRange> RangesOf(int owner) const;

  // The index of the node at this address, or kNobody.
  int Find(const NodeAddress& address) const;
  bool Contains(const NodeAddress& address) const { return Find(address) != kNobody; }

  // What MOVED says: the slot is owned by the node at `address` now, which is then a master. False,
  // and nothing is changed, if it is none of the nodes.
  bool Move(std::uint16_t slot, const NodeAddress& address);

  // Adds the nodes of `other` that are not known here, without any slots: masters that own none yet
  // are in CLUSTER SHARDS, but not in CLUSTER SLOTS, and the first slot that is migrated to one is
  // answered by ASK and its address. As many as there may be.
  void Learn(const Topology& other);

  // For those who read it from a reply. The index of the node, new or known; kNobody if there
  // would be too many.
  int AddMaster(const NodeAddress& address, std::string_view id);
  int AddReplica(const NodeAddress& address, std::string_view id, int master);

  // False, and nothing is changed, if a slot of the range has an owner already.
  bool Assign(SlotRange range, int owner);

 private:
  int Add(const NodeAddress& address, std::string_view id, int master);

  std::vector<TopologyNode> nodes_;
  std::unordered_map<std::string, int> index_of_;  // By NodeAddress::name().
  std::vector<std::int16_t> owners_;               // Of each slot.
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_TOPOLOGY_H_
