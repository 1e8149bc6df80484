// What a node of a Redis Cluster sees of its cluster.
#ifndef HOLDFAST_TESTS_SUPPORT_CLUSTER_VIEW_H_
#define HOLDFAST_TESTS_SUPPORT_CLUSTER_VIEW_H_

#include <string>
#include <utility>
#include <vector>

namespace holdfast::testing {

// One line of CLUSTER NODES.
struct NodeView {
  std::string id = {};
  std::string flags = {};                       // "myself,master"
  std::string master_id = {};                   // "-": none.
  std::vector<std::pair<int, int>> slots = {};  // First and last.

  bool Has(const std::string& flag) const;
  bool Owns(int slot) const;
  std::string Summary() const;  // Without what differs from one observer to the next.
};

// From the reply of CLUSTER NODES.
std::vector<NodeView> ParseClusterNodes(const std::string& text);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_CLUSTER_VIEW_H_
