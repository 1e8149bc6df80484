#include "core/topology.h"

#include <algorithm>

namespace holdfast::core {

int Topology::OwnerOf(std::uint16_t slot) const { return slot < kSlots ? owners_[slot] : kNobody; }

std::vector<int> Topology::ReplicasOf(int master) const {
  std::vector<int> replicas;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (master >= 0 && nodes_[i].master == master) replicas.push_back(static_cast<int>(i));
  }
  return replicas;
}

std::vector<SlotRange> Topology::RangesOf(int owner) const {
  std::vector<SlotRange> ranges;
  for (std::uint16_t slot = 0; slot < kSlots; ++slot) {
    if (owners_[slot] != owner) continue;
    if (slot > 0 && owners_[slot - 1] == owner) {
      ranges.back().last = slot;
    } else {
      ranges.push_back({.first = slot, .last = slot});
    }
  }
  return ranges;
}

int Topology::Find(const NodeAddress& address) const {
  const auto found = index_of_.find(address.name());
  return found == index_of_.end() ? kNobody : found->second;
}

bool Topology::Move(std::uint16_t slot, const NodeAddress& address) {
  const int node = Find(address);
  if (node == kNobody || slot >= kSlots) return false;
  nodes_[static_cast<std::size_t>(node)].master = kNobody;
  owners_[slot] = static_cast<std::int16_t>(node);
  return true;
}

void Topology::Learn(const Topology& other) {
  for (const TopologyNode& node : other.nodes_) {
    if (node.is_master() && !Contains(node.address)) AddMaster(node.address, node.id);
  }
  for (const TopologyNode& node : other.nodes_) {
    if (node.is_master()) continue;
    const int master = Find(other.nodes_[static_cast<std::size_t>(node.master)].address);
    if (master != kNobody) AddReplica(node.address, node.id, master);
  }
}

int Topology::AddMaster(const NodeAddress& address, std::string_view id) {
  const int node = Add(address, id, kNobody);
  if (node != kNobody) nodes_[static_cast<std::size_t>(node)].master = kNobody;
  return node;
}

int Topology::AddReplica(const NodeAddress& address, std::string_view id, int master) {
  return Add(address, id, master);
}

bool Topology::Assign(SlotRange range, int owner) {
  if (range.first > range.last || range.last >= kSlots) return false;
  const auto first = owners_.begin() + range.first;
  const auto end = owners_.begin() + range.last + 1;
  if (std::any_of(first, end, [](std::int16_t taken) { return taken != kNobody; })) return false;
  std::fill(first, end, static_cast<std::int16_t>(owner));
  return true;
}

int Topology::Add(const NodeAddress& address, std::string_view id, int master) {
  const int known = Find(address);
  if (known != kNobody) return known;
  if (nodes_.size() >= kMaxClusterNodes) return kNobody;
  const int index = static_cast<int>(nodes_.size());
  nodes_.push_back({.address = address, .id = std::string(id), .master = master});
  index_of_.emplace(address.name(), index);
  return index;
}

}  // namespace holdfast::core
