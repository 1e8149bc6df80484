// `holdfast reconfigure`: makes the nodes accept this configuration instead of another.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "cli/app.h"
#include "cli/commands.h"
#include "cli/events.h"
#include "cli/exit_codes.h"
#include "cli/report.h"
#include "cli/session.h"
#include "holdfast/nodes.h"
#include "nlohmann/json.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;
using Standing = Events::Standing;

struct ReconfigureCommand {
  CommonOptions common;
};

// A node and whether it has our configuration now.
struct Outcome {
  NodeStatus status;
  Standing standing = Standing::kUnknown;

  bool taken() const { return standing == Standing::kVoting || standing == Standing::kQuarantined; }
};

const char* StandingName(Standing standing) {
  switch (standing) {
    case Standing::kVoting:
      return "voting";
    case Standing::kQuarantined:
      return "quarantined";
    case Standing::kRefused:
      return "refused";
    case Standing::kDown:
    case Standing::kUnknown:
      break;
  }
  return "unreachable";
}

absl::StatusOr<std::vector<Outcome>> Install(Session& session) {
  std::optional<absl::StatusOr<std::vector<NodeStatus>>> result;
  session.client().Reconfigure(
      [&result](absl::StatusOr<std::vector<NodeStatus>> nodes) { result = std::move(nodes); });
  session.RunUntil([&] { return result.has_value(); });
  if (!result->ok()) return result->status();
  std::vector<Outcome> outcomes;
  for (NodeStatus& status : **result) {
    const Standing standing = session.events().StandingOf(status.node);
    outcomes.push_back({std::move(status), standing});
  }
  return outcomes;
}

std::size_t CountTaken(const std::vector<Outcome>& outcomes) {
  return static_cast<std::size_t>(std::count_if(
      outcomes.begin(), outcomes.end(), [](const Outcome& outcome) { return outcome.taken(); }));
}

std::string Summary(const std::vector<Outcome>& outcomes) {
  const std::size_t taken = CountTaken(outcomes);
  std::string text =
      absl::StrCat(taken, " of ", outcomes.size(),
                   outcomes.size() == 1 ? " node has" : " nodes have", " this configuration");
  if (taken == outcomes.size()) return text;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.taken()) absl::StrAppend(&text, ", ", outcome.status.node, " does not");
  }
  return text + ": run this again for them";
}

std::string AsText(const std::vector<Outcome>& outcomes) {
  std::vector<std::vector<std::string>> rows = {{"NODE", "STATE", "NOTE"}};
  std::vector<std::string> servers;
  for (const Outcome& outcome : outcomes) {
    rows.push_back(
        {outcome.status.node, StandingName(outcome.standing), Printable(outcome.status.reason)});
    servers.push_back(outcome.status.server);
  }
  AddServers(servers, rows);
  return absl::StrCat(Summary(outcomes), "\n", Table(rows, "  "));
}

Json AsJson(const Outcome& outcome) {
  Json json = {{"node", outcome.status.node},      {"server", outcome.status.server},
               {"taken", outcome.taken()},         {"state", StandingName(outcome.standing)},
               {"reason", outcome.status.reason},  {"votes_in_ms", nullptr},
               {"warning", outcome.status.warning}};
  if (outcome.status.votes_in) json["votes_in_ms"] = outcome.status.votes_in->count();
  return json;
}

Json AsJson(const std::vector<Outcome>& outcomes) {
  Json nodes = Json::array();
  for (const Outcome& outcome : outcomes) nodes.push_back(AsJson(outcome));
  return {{"taken", CountTaken(outcomes) == outcomes.size()}, {"nodes", std::move(nodes)}};
}

int Reconfigure(const ReconfigureCommand& command) {
  Session session;
  const absl::Status opened = session.Open(command.common);
  if (!opened.ok()) return ReportError(opened, command.common.json);
  const auto outcomes = Install(session);
  if (!outcomes.ok()) return ReportError(outcomes.status(), command.common.json);
  const bool printed =
      command.common.json ? PrintJson(AsJson(*outcomes)) : Print(AsText(*outcomes));
  if (!printed) return kExitSystem;
  return CountTaken(*outcomes) == outcomes->size() ? kExitOk : kExitNoQuorum;
}

}  // namespace

Command AddReconfigure(CLI::App& app) {
  CLI::App* const sub = app.add_subcommand(
      "reconfigure", "Make the nodes accept this configuration instead of the one they have");
  const auto command = std::make_shared<ReconfigureCommand>();
  AddCommonOptions(*sub, command->common);
  sub->footer(
      "The nodes remember which clients they are set up for: the list of nodes (or --membership),\n"
      "--max-ttl and the quorum. They refuse others, because two groups of clients that count\n"
      "different quorums would exclude nobody. To change any of that:\n"
      "  1. stop all clients,\n"
      "  2. holdfast reconfigure --nodes NEW,LIST\n"
      "  3. start the clients with the new configuration.\n"
      "Locks under the old one cannot be extended any more, and a node that had it grants none\n"
      "until they have all expired, which takes the longer --max-ttl of the two. Nothing is "
      "asked.");
  return {sub, [command] { return Reconfigure(*command); }};
}

}  // namespace holdfast::cli
