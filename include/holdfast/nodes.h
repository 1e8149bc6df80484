// What the nodes say of themselves and of a lock.
#ifndef HOLDFAST_NODES_H_
#define HOLDFAST_NODES_H_

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

// A node as this client sees it.
struct NodeStatus {
  std::string node;    // host:port
  bool ready = false;  // Connected, and through the handshake.
  std::string reason;  // Why not, when it is not.
};

// One node's view of a lock.
struct NodeView {
  enum class State {
    kFree,         // No key of that name.
    kHeld,         // Held by a Holdfast client, perhaps by this one.
    kForeign,      // A key of another value or type, which counts as held.
    kUnreachable,  // The node could not say; `reason` tells why.
  };
  std::string node;  // host:port
  State state = State::kUnreachable;
  std::string holder;                            // kHeld: as the holder named itself.
  std::optional<std::chrono::milliseconds> ttl;  // Absent when free, unknown, or never expiring.
  std::string reason;                            // kUnreachable: why. kForeign: what is there.
};

// All nodes' views, taken at about the same time: a snapshot for people, never a proof.
struct Inspection {
  // How many nodes make a holder: who is named by fewer has only tried, or is on the way out.
  int quorum = 0;
  std::vector<NodeView> nodes;  // In the order of `ClientOptions::nodes`.
};

}  // namespace holdfast

#endif  // HOLDFAST_NODES_H_
