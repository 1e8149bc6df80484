// `holdfast doctor`: which nodes vote, why the others do not, and what may go wrong one day.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "cli/app.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_codes.h"
#include "cli/report.h"
#include "core/quorum.h"
#include "holdfast/nodes.h"
#include "holdfast/options.h"
#include "nlohmann/json.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;

struct DoctorCommand {
  CommonOptions common;
};

struct Finding {
  std::vector<NodeStatus> nodes;
  int quorum = 0;  // Of each group.
  int groups = 1;
  int short_groups = 0;  // In which too few vote: their locks cannot be taken.
  bool flawless = true;  // All vote, and nothing is to be warned of.
};

std::size_t CountVoting(const std::vector<NodeStatus>& nodes) {
  return static_cast<std::size_t>(
      std::count_if(nodes.begin(), nodes.end(), [](const NodeStatus& node) { return node.ready; }));
}

// `options.groups` is 1 where there are no seats.
Finding Examine(std::vector<NodeStatus> nodes, const ClientOptions& options) {
  Finding finding;
  const auto size = nodes.size() / static_cast<std::size_t>(options.groups);
  finding.groups = options.groups;
  finding.quorum = core::QuorumSize(static_cast<int>(size), options.tolerate_forgetful);
  for (std::size_t i = 0; i < nodes.size(); i += size) {
    const auto begin = nodes.begin() + static_cast<std::ptrdiff_t>(i);
    const std::vector<NodeStatus> group(begin, begin + static_cast<std::ptrdiff_t>(size));
    if (CountVoting(group) < static_cast<std::size_t>(finding.quorum)) ++finding.short_groups;
  }
  for (const NodeStatus& node : nodes) {
    if (!node.ready || !node.warning.empty()) finding.flawless = false;
  }
  finding.nodes = std::move(nodes);
  return finding;
}

std::string Summary(const Finding& finding) {
  const std::size_t voting = CountVoting(finding.nodes);
  std::string text = absl::StrCat(voting, " of ", finding.nodes.size(),
                                  finding.nodes.size() == 1 ? " node votes" : " nodes vote");
  if (finding.short_groups == 0) return text;
  if (finding.groups == 1) return text + ": too few, locks cannot be taken";
  return absl::StrCat(text, ": too few in ", finding.short_groups, " of ", finding.groups,
                      " groups of seats, whose locks cannot be taken");
}

std::string AsText(const Finding& finding) {
  std::vector<std::vector<std::string>> rows = {{"NODE", "VOTES", "NOTE"}};
  std::vector<std::string> servers;
  std::string warnings;
  for (const NodeStatus& node : finding.nodes) {
    rows.push_back({node.node, node.ready ? "yes" : "no", Printable(node.reason)});
    servers.push_back(node.server);
    if (node.warning.empty()) continue;
    absl::StrAppend(&warnings, "warning: ", node.node, ": ", Printable(node.warning), "\n");
  }
  AddServers(servers, rows);
  return absl::StrCat(Summary(finding), " (quorum: ", finding.quorum, ")\n", Table(rows, "  "),
                      warnings);
}

Json AsJson(const NodeStatus& node) {
  Json json = {{"node", node.node},     {"server", node.server},  {"votes", node.ready},
               {"reason", node.reason}, {"votes_in_ms", nullptr}, {"warning", node.warning}};
  if (node.votes_in) json["votes_in_ms"] = node.votes_in->count();
  return json;
}

Json AsJson(const Finding& finding) {
  Json nodes = Json::array();
  for (const NodeStatus& node : finding.nodes) nodes.push_back(AsJson(node));
  return {{"flawless", finding.flawless},
          {"quorum", finding.quorum},
          {"quorum_votes", finding.short_groups == 0},
          {"nodes", std::move(nodes)}};
}

absl::StatusOr<Finding> Look(const CommonOptions& common) {
  const auto options = MakeClientOptions(common);
  if (!options.ok()) return options.status();
  auto client = OpenBlockingClient(common, *options);
  if (!client.ok()) return client.status();
  auto nodes = client->Nodes();
  if (!nodes.ok()) return nodes.status();
  return Examine(*std::move(nodes), *options);
}

int Doctor(const DoctorCommand& command) {
  const auto finding = Look(command.common);
  if (!finding.ok()) return ReportError(finding.status(), command.common.json);
  const bool printed = command.common.json ? PrintJson(AsJson(*finding)) : Print(AsText(*finding));
  if (!printed) return kExitSystem;
  if (finding->short_groups > 0) return kExitNoQuorum;
  return finding->flawless ? kExitOk : kExitFlaws;
}

}  // namespace

Command AddDoctor(CLI::App& app) {
  CLI::App* const sub =
      app.add_subcommand("doctor", "Show which nodes vote, and what is to be warned of");
  const auto command = std::make_shared<DoctorCommand>();
  AddCommonOptions(*sub, command->common);
  return {sub, [command] { return Doctor(*command); }};
}

}  // namespace holdfast::cli
