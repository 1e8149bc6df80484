// Holdfast beside one other library, on the same servers.
#ifndef HOLDFAST_TESTS_INTEROP_INTEROP_H_
#define HOLDFAST_TESTS_INTEROP_INTEROP_H_

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "interop/peer.h"
#include "support/eventually.h"
#include "support/redis_server.h"

namespace holdfast::testing {

MATCHER(Succeeds, "") { return arg.ok(); }
MATCHER(IsRefused, "") { return !arg.ok() && arg.refused(); }

// Three nodes, or one where the library knows no more.
class NodesTest : public ::testing::TestWithParam<Library> {
 protected:
  Words Values(const std::string& name) {
    Words values;
    for (const auto& node : nodes_) values.push_back(node->Command({"GET", name}));
    return values;
  }

  // Until so many nodes have it.
  bool AwaitCount(const std::string& name, std::size_t count) {
    return Eventually([&] { return nodes_.CountWith(name) == static_cast<int>(count); });
  }
  bool Freed(const std::string& name) { return AwaitCount(name, 0); }

  // As if it had run out, and its holder had not noticed.
  void Vanish(const std::string& name) {
    for (const auto& node : nodes_) node->Command({"DEL", name});
  }

  // Attempts of any library, so far.
  int Tries() { return nodes_[0].CallsOf("evalsha") + nodes_[0].CallsOf("set"); }

  // Until whoever waits has tried in vain.
  void AwaitTries() {
    const int before = Tries();
    EXPECT_TRUE(Eventually([&] { return Tries() >= before + 2; }));
  }

  Nodes nodes_{GetParam().many ? 3 : 1};
};

class InteropTest : public NodesTest {
 protected:
  Peer theirs_{TheirArgv(GetParam(), nodes_.urls())};
  Peer ours_{OurArgv(nodes_.urls())};
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_INTEROP_INTEROP_H_
