#include "voters.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/fingerprint.h"
#include "core/limits.h"
#include "core/quorum.h"
#include "core/seats.h"
#include "core/text.h"

namespace holdfast::detail {
namespace {

using core::Endpoint;

// Where each server has been given already: one with two votes could make a quorum out of fewer
// machines.
class Known {
 public:
  absl::Status Add(const Endpoint& endpoint, const std::string& place) {
    const std::string name = endpoint.name();
    const auto same = [&](const auto& other) { return other.first == name; };
    const auto found = std::find_if(servers_.begin(), servers_.end(), same);
    if (found == servers_.end()) {
      servers_.emplace_back(name, place);
      return absl::OkStatus();
    }
    return core::InvalidArgument(
        "node " + name + " is given " +
        (found->second == place ? "twice in " : "in " + found->second + " and in ") + place);
  }

 private:
  std::vector<std::pair<std::string, std::string>> servers_;
};

absl::StatusOr<Endpoint> ReadRoot(const std::string& url, const std::string& place) {
  absl::StatusOr<Endpoint> root = core::ParseUrl(url);
  if (!root.ok()) {
    return core::InvalidArgument(place + ": " + std::string(root.status().message()));
  }
  if (root->database == 0 && root->unix_socket.empty()) return root;
  return core::InvalidArgument(place + ": " + core::MaskUrl(url) +
                               ": a cluster's node has a host, and no database but 0");
}

absl::Status ReadClusters(const ClientOptions& options, Known& known, Voters& voters) {
  for (const std::vector<std::string>& urls : options.clusters) {
    const std::string place = "clusters[" + std::to_string(voters.clusters.size()) + "]";
    std::vector<Endpoint>& roots = voters.clusters.emplace_back();
    for (const std::string& url : urls) {
      absl::StatusOr<Endpoint> root = ReadRoot(url, place);
      if (!root.ok()) return root.status();
      absl::Status status = known.Add(*root, place);
      if (!status.ok()) return status;
      roots.push_back(*std::move(root));
    }
  }
  return absl::OkStatus();
}

NodeInfo InfoOf(const Endpoint& endpoint, const ClientOptions& options) {
  NodeInfo info{.address = endpoint.name()};
  if (endpoint.unix_socket.empty()) {
    info.host = endpoint.host;
    info.port = endpoint.port;
  }
  const auto zone = options.zones.find(info.address);
  if (zone != options.zones.end()) info.zone = zone->second;
  return info;
}

absl::Status ReadNodes(ClientOptions& options, Known& known, Voters& voters) {
  std::vector<std::string> used;
  std::string left_out;
  for (const std::string& url : options.nodes) {
    absl::StatusOr<Endpoint> node = core::ParseUrl(url);
    if (!node.ok()) return node.status();
    absl::Status status = known.Add(*node, "nodes");
    if (!status.ok()) return status;
    if (options.node_filter && !options.node_filter(InfoOf(*node, options))) {
      left_out += (left_out.empty() ? "" : ", ") + node->name();
      continue;
    }
    used.push_back(url);
    voters.nodes.push_back(*std::move(node));
  }
  // Clusters, if there are any, must not become something else than they were.
  if (used.empty() && !left_out.empty()) {
    return core::InvalidArgument("node_filter leaves out all nodes: " + left_out);
  }
  options.nodes = std::move(used);
  return absl::OkStatus();
}

std::vector<std::string> NamesOf(const std::vector<Endpoint>& endpoints) {
  std::vector<std::string> names;
  for (const Endpoint& endpoint : endpoints) names.push_back(endpoint.name());
  return names;
}

std::string MembershipOf(const ClientOptions& options, const Voters& voters) {
  if (!options.membership.empty()) return options.membership;
  // Each client may know other roots of it; its guards are nobody else's.
  if (voters.is_one_cluster()) return "cluster";
  std::vector<std::string> names = NamesOf(voters.nodes);
  for (const auto& roots : voters.clusters) {
    names.push_back("cluster(" + core::MembershipOf(NamesOf(roots)) + ")");
  }
  return core::MembershipOf(std::move(names));
}

core::AdmissionOptions CommonAdmission(const ClientOptions& options) {
  core::AdmissionOptions admission;
  admission.cluster_node_timeout = options.cluster_node_timeout;
  admission.max_ttl = options.max_ttl;
  admission.trust_persistence = options.trust_persistence;
  admission.new_installation = options.new_installation;
  return admission;
}

core::AdmissionOptions AdmissionOfAll(const ClientOptions& options, const Voters& voters) {
  core::AdmissionOptions admission = CommonAdmission(options);
  admission.nodes = NamesOf(voters.nodes);
  if (!voters.clusters.empty()) admission.tags.resize(voters.nodes.size());
  const std::string tag = core::SeatTags(1, 1).front().front();
  for (const auto& roots : voters.clusters) {
    admission.nodes.push_back(tag + "@" + roots.front().name());
    admission.tags.push_back(tag);
  }
  const int count = static_cast<int>(admission.nodes.size());
  admission.quorum = core::QuorumSize(count, options.tolerate_forgetful);
  admission.fingerprint = core::MakeFingerprint(count, admission.quorum, options.max_ttl,
                                                MembershipOf(options, voters));
  return admission;
}

// The seats of one group.
core::AdmissionOptions AdmissionOfSeats(const ClientOptions& options, const Voters& voters,
                                        std::vector<std::string> tags) {
  core::AdmissionOptions admission = CommonAdmission(options);
  admission.one_cluster = true;
  admission.quorum = core::QuorumSize(options.seats, options.tolerate_forgetful);
  admission.fingerprint =
      core::MakeClusterFingerprint(options.seats, options.groups, admission.quorum, options.max_ttl,
                                   MembershipOf(options, voters));
  admission.nodes = tags;
  admission.tags = std::move(tags);
  return admission;
}

}  // namespace

absl::StatusOr<Voters> ReadVoters(ClientOptions& options) {
  Voters voters;
  Known known;
  absl::Status status = ReadNodes(options, known, voters);
  if (status.ok()) status = core::CheckClient(options);
  if (status.ok()) status = ReadClusters(options, known, voters);
  if (!status.ok()) return status;
  return voters;
}

Electorate ElectorateOf(const ClientOptions& options, const Voters& voters) {
  if (!voters.is_one_cluster()) return {.groups = {AdmissionOfAll(options, voters)}};
  Electorate electorate;
  for (std::vector<std::string>& tags : core::SeatTags(options.seats, options.groups)) {
    electorate.groups.push_back(AdmissionOfSeats(options, voters, std::move(tags)));
  }
  const bool in_first = options.seats == core::kWitnesses;
  if (in_first && options.groups == 1) return electorate;
  for (core::AdmissionOptions& group : electorate.groups) {
    group.witnesses = core::Witnesses::kElsewhere;
  }
  if (in_first) {
    electorate.groups.front().witnesses = core::Witnesses::kHere;
    return electorate;
  }
  electorate.witnesses =
      AdmissionOfSeats(options, voters, core::SeatTags(core::kWitnesses, 1).front());
  electorate.witnesses->witnesses = core::Witnesses::kOnly;
  return electorate;
}

}  // namespace holdfast::detail
