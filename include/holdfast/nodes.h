// What the nodes say of themselves and of a lock.
#ifndef HOLDFAST_NODES_H_
#define HOLDFAST_NODES_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

// A node, or a seat of a cluster, as this client sees it.
struct NodeStatus {
  // host:port; of a cluster's seat its hash tag, as "{fjl}", and where each cluster has one vote
  // "{fjl}@" and the first of its URLs as host:port.
  std::string node;
  std::string server;  // host:port of the server; of a seat the master that has it now, "" if none
  bool ready = false;  // Connected and admitted: it votes.
  // Why not, when it is not: "started 3 s ago without durable locks, votes in 27 s".
  std::string reason;
  // When it will vote, if it only waits for that: a node that may have forgotten locks waits until
  // they have expired (lib/core/PROTOCOL.md, Admission).
  std::optional<std::chrono::milliseconds> votes_in;
  std::string warning;  // What is wrong with it although it votes, as an eviction policy.
};

// One node's view of a lock.
struct NodeView {
  enum class State {
    kFree,         // No key of that name.
    kHeld,         // Held by a Holdfast client, perhaps by this one.
    kForeign,      // A key of another value or type, which counts as held.
    kUnreachable,  // The node could not say; `reason` tells why.
  };
  std::string node;    // As NodeStatus::node.
  std::string server;  // As NodeStatus::server.
  State state = State::kUnreachable;
  std::string holder;                            // kHeld: as the holder named itself.
  std::optional<std::chrono::milliseconds> ttl;  // Absent when free, unknown, or never expiring.
  std::uint64_t counter = 0;                     // The largest fencing token that it knows of.
  std::string reason;                            // kUnreachable: why. kForeign: what is there.
  bool denied = false;                           // kUnreachable: refuses our credentials or rights.
  std::string admission;                         // Why it does not vote, though it answers.
};

// All nodes' views, taken at about the same time: a snapshot for people, never a proof.
struct Inspection {
  // How many nodes make a holder: who is named by fewer has only tried, or is on the way out.
  int quorum = 0;
  // In the order of `ClientOptions::nodes`, then `clusters`; or the seats of the lock's group.
  std::vector<NodeView> nodes;
};

}  // namespace holdfast

#endif  // HOLDFAST_NODES_H_
