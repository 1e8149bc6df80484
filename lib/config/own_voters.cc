// Who votes on locks, in our own shape of configuration.
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "config/own.h"
#include "config/servers.h"
#include "core/quorum.h"
#include "core/seats.h"
#include "core/text.h"

namespace holdfast::detail {
namespace {

using Kind = ConfigValue::Kind;

bool IsListOfVoters(const ConfigValue& list) {
  const std::size_t count = list.children.size();
  return list.kind == Kind::kList && count >= 1 && count <= core::kMaxNodes;
}

void ReadNodes(ConfigSection& top, std::vector<std::string>& nodes) {
  const ConfigValue* const list = top.Find("nodes");
  if (list == nullptr) return;
  if (!IsListOfVoters(*list)) {
    return top.Refuse("nodes",
                      "must be a list of 1 to " + std::to_string(core::kMaxNodes) + " nodes");
  }
  std::vector<std::string> names;
  for (const ConfigValue& item : list->children) {
    Endpoint node;
    ReadNode(item, top.problems(), node);
    CheckEndpoint(node, item.line, top.problems());
    if (std::find(names.begin(), names.end(), node.name()) != names.end()) {
      top.problems().Add(item.line, "node " + core::Printable(node.name()) + " is given twice");
    }
    names.push_back(node.name());
    nodes.push_back(FormatUrl(node));
  }
}

void ReadClusters(ConfigSection& top, std::vector<std::vector<std::string>>& clusters) {
  const ConfigValue* const list = top.Find("clusters");
  if (list == nullptr) return;
  if (!IsListOfVoters(*list)) {
    return top.Refuse("clusters", "must be a list of 1 to " + std::to_string(core::kMaxNodes) +
                                      " clusters, each a list of some of its nodes");
  }
  for (const ConfigValue& item : list->children) {
    std::vector<std::string>& urls = clusters.emplace_back();
    for (const Endpoint& root : ReadRoots(item, "a cluster", top.problems(), &ReadNode)) {
      urls.push_back(FormatUrl(root));
    }
  }
}

void ReadZones(ConfigSection& top, std::map<std::string, std::string>& zones) {
  const ConfigValue* const value = top.Find("zones");
  if (value == nullptr) return;
  if (value->kind != Kind::kMap) {
    return top.Refuse("zones", "must be a map from \"host:port\" to a label");
  }
  ConfigSection section(*value, "zones", top.problems());
  for (const ConfigValue& entry : value->children) section.Text(entry.key, zones[entry.key]);
}

}  // namespace

void ReadVoters(ConfigSection& top, ClientOptions& locks) {
  ReadNodes(top, locks.nodes);
  ReadClusters(top, locks.clusters);
  top.Integer("seats", locks.seats, 1, core::kMaxSeats);
  top.Integer("groups", locks.groups, 1, core::kMaxSeatGroups);
  ReadZones(top, locks.zones);
}

}  // namespace holdfast::detail
