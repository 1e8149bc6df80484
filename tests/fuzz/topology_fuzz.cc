// What a node tells of its cluster: whatever the reply, what is taken from it is a topology whose
// parts fit together, which says what the reply said, and can be changed without falling apart.
//
// An input is 's' (CLUSTER SLOTS), 'h' (SHARDS) or 't' (SHARDS through TLS), a letter for what
// MOVED says later, and the reply in the language of reply_text.h.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/topology.h"
#include "core/topology_reply.h"
#include "fuzz/check.h"
#include "fuzz/reply_text.h"

namespace holdfast::fuzz {
namespace {

using core::CleanHost;
using core::kSlots;
using core::NodeAddress;
using core::Reply;
using core::ReplyType;
using core::ReplyView;
using core::SlotRange;
using core::Topology;
using core::TopologyNode;

struct OwnedRange {
  SlotRange slots;
  int owner = Topology::kNobody;

  friend bool operator==(const OwnedRange&, const OwnedRange&) = default;
};

const NodeAddress& Asked() {
  static const NodeAddress asked = {.host = "asked.example", .port = 6379};
  return asked;
}

absl::StatusOr<Topology> Read(unsigned char kind, ReplyView reply) {
  if (kind % 4 == 's' % 4) return core::ReadClusterSlots(reply, Asked());
  return core::ReadClusterShards(reply, Asked(), kind % 2 == 't' % 2);
}

// The slots at which the owner may change: those that the reply names, and those behind them. It
// saves looking at each slot.
void CollectEdges(ReplyView element, std::vector<int>& edges) {
  if (element.type() == ReplyType::kInteger && element.integer() >= 0 &&
      element.integer() < kSlots) {
    edges.push_back(static_cast<int>(element.integer()));
    edges.push_back(static_cast<int>(element.integer()) + 1);
  }
  for (const ReplyView child : element) CollectEdges(child, edges);
}

std::vector<int> EdgesOf(ReplyView reply) {
  std::vector<int> edges = {0, kSlots};
  CollectEdges(reply, edges);
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  return edges;
}

std::vector<OwnedRange> RangesOf(const Topology& topology, const std::vector<int>& edges) {
  std::vector<OwnedRange> ranges;
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    const SlotRange slots = {.first = static_cast<std::uint16_t>(edges[i]),
                             .last = static_cast<std::uint16_t>(edges[i + 1] - 1)};
    const int owner = topology.OwnerOf(slots.first);
    Check(topology.OwnerOf(slots.last) == owner, "ranges change only where the reply says so");
    if (!ranges.empty() && ranges.back().owner == owner) {
      ranges.back().slots.last = slots.last;
    } else {
      ranges.push_back({slots, owner});
    }
  }
  return ranges;
}

void CheckNode(const Topology& topology, std::size_t index) {
  const TopologyNode& node = topology.nodes()[index];
  Check(CleanHost(node.address.host) == node.address.host, "a host is one", node.address.host);
  Check(node.address.port > 0, "a port is one");
  Check(node.id.size() <= 64 && IsPrintable(node.id), "an id is one", node.id);
  Check(topology.Find(node.address) == static_cast<int>(index), "an address has one node");
  if (node.is_master()) return;
  Check(node.master < static_cast<int>(topology.nodes().size()), "a replica's master is a node");
  Check(topology.nodes()[static_cast<std::size_t>(node.master)].is_master(),
        "a replica's master is one");
}

void CheckTopology(const Topology& topology, const std::vector<OwnedRange>& ranges) {
  Check(topology.nodes().size() <= core::kMaxClusterNodes, "no more nodes than allowed");
  for (std::size_t i = 0; i < topology.nodes().size(); ++i) CheckNode(topology, i);
  for (const OwnedRange& range : ranges) {
    Check(range.owner < static_cast<int>(topology.nodes().size()), "an owner is a node");
    Check(range.owner < 0 || topology.nodes()[static_cast<std::size_t>(range.owner)].is_master(),
          "an owner is a master");
  }
}

std::size_t AddNode(Reply& reply, std::size_t parent, const TopologyNode& node) {
  const std::size_t array = reply.AddArray(parent);
  reply.AddText(array, ReplyType::kString, node.address.host);
  reply.AddInteger(array, node.address.port);
  reply.AddText(array, ReplyType::kString, node.id);
  return array;
}

// As a server of a cluster that is so would answer CLUSTER SLOTS.
Reply Written(const Topology& topology, const std::vector<OwnedRange>& ranges) {
  Reply reply;
  const std::size_t root = reply.AddArray(Reply::kNone);
  for (const OwnedRange& range : ranges) {
    if (range.owner < 0) continue;
    const std::size_t entry = reply.AddArray(root);
    reply.AddInteger(entry, range.slots.first);
    reply.AddInteger(entry, range.slots.last);
    AddNode(reply, entry, topology.nodes()[static_cast<std::size_t>(range.owner)]);
    for (const int replica : topology.ReplicasOf(range.owner)) {
      AddNode(reply, entry, topology.nodes()[static_cast<std::size_t>(replica)]);
    }
  }
  return reply;
}

// Nodes may have other numbers then; each slot has the owner that it had.
void CheckRoundTrip(const Topology& topology, const std::vector<OwnedRange>& ranges,
                    const std::vector<int>& edges) {
  const auto again = core::ReadClusterSlots(Written(topology, ranges).root(), Asked());
  Check(again.ok(), "what was written as servers write it can be read");
  std::vector<OwnedRange> read = RangesOf(*again, edges);
  for (OwnedRange& range : read) {
    if (range.owner < 0) continue;
    const TopologyNode& owner = again->nodes()[static_cast<std::size_t>(range.owner)];
    const std::size_t replicas = again->ReplicasOf(range.owner).size();
    range.owner = topology.Find(owner.address);
    Check(topology.ReplicasOf(range.owner).size() == replicas, "a master has its replicas");
  }
  Check(read == ranges, "each slot has its owner");
}

// MOVED of slots to nodes that are there, and to one that is not.
void CheckMoves(Topology topology, unsigned char what, std::vector<int> edges) {
  const auto slot = static_cast<std::uint16_t>(what * 71 % kSlots);
  edges.insert(edges.end(), {slot, slot + 1});
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  const auto before = RangesOf(topology, edges);
  Check(!topology.Move(slot, {.host = "nowhere.example", .port = 1}), "MOVED to no node");
  Check(RangesOf(topology, edges) == before, "MOVED to no node changes nothing");
  const NodeAddress target = topology.nodes()[what % topology.nodes().size()].address;
  Check(topology.Move(slot, target), "MOVED to a node");
  Check(topology.OwnerOf(slot) == topology.Find(target), "a slot is where MOVED says");
  CheckTopology(topology, RangesOf(topology, edges));
}

void CheckLearn(const Topology& topology, const std::vector<int>& edges) {
  Topology other;
  other.AddMaster(Asked(), "asked");
  other.Assign({.first = 0, .last = kSlots - 1}, 0);
  other.Learn(topology);
  CheckTopology(other, RangesOf(other, edges));
  Check(RangesOf(other, edges).size() == 1, "who learns of nodes learns of no slots");
  for (const TopologyNode& node : topology.nodes()) {
    Check(other.Contains(node.address), "who learns knows each node");
  }
}

void CheckError(const absl::Status& status, ReplyView reply) {
  CheckMessage(status);
  const bool can_be_any = reply.is_error();
  Check(can_be_any || status.code() == absl::StatusCode::kInternal ||
            status.code() == absl::StatusCode::kUnavailable,
        "a reply that is no error is malformed, or names no owner", MessageOf(status));
  Check(!can_be_any || status.code() != absl::StatusCode::kInternal,
        "an error reply is no violation of the protocol", MessageOf(status));
}

void Run(std::string_view input) {
  const unsigned char kind = TakeByte(input);
  const unsigned char move = TakeByte(input);
  Reply reply;
  if (!TakeElement(input, reply)) return;
  const auto topology = Read(kind, reply.root());
  if (!topology.ok()) return CheckError(topology.status(), reply.root());
  const std::vector<int> edges = EdgesOf(reply.root());
  const std::vector<OwnedRange> ranges = RangesOf(*topology, edges);
  CheckTopology(*topology, ranges);
  Check(ranges.size() > 1 || ranges.front().owner >= 0, "some slot has an owner");
  CheckRoundTrip(*topology, ranges, edges);
  CheckMoves(*topology, move, edges);
  CheckLearn(*topology, edges);
}

}  // namespace
}  // namespace holdfast::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  holdfast::fuzz::Run(holdfast::fuzz::AsText(data, size));
  return 0;
}
