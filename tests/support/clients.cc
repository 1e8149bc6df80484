#include "support/clients.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "support/eventually.h"

namespace holdfast::testing {

BlockingClient NewClient(const ClientOptions& options) {
  auto client = BlockingClient::Create(options);
  if (!client.ok()) {
    fprintf(stderr, "%s\n", client.status().ToString().c_str());
    abort();
  }
  return *client;
}

BlockingClient NewClient(const Nodes& nodes, const std::string& owner) {
  const BlockingClient client = NewClient({.nodes = nodes.urls(), .owner = owner});
  AwaitNodes(client, static_cast<int>(nodes.size()));
  return client;
}

void AwaitNodes(const BlockingClient& client, int count) {
  const bool ready = Eventually([&] {
    const auto nodes = client.Nodes();
    if (!nodes.ok()) return false;
    const auto is_ready = [](const NodeStatus& node) { return node.ready; };
    return std::count_if(nodes->begin(), nodes->end(), is_ready) == count;
  });
  if (ready) return;
  fprintf(stderr, "the client does not get to be connected to %d nodes\n", count);
  if (const auto nodes = client.Nodes(); nodes.ok()) {
    for (const NodeStatus& node : *nodes) {
      fprintf(stderr, "%s: %s\n", node.node.c_str(), node.ready ? "ready" : node.reason.c_str());
    }
  }
  abort();
}

int ScriptCalls(RedisServer& node) { return node.CallsOf("evalsha") + node.CallsOf("eval"); }

}  // namespace holdfast::testing
