// `holdfast inspect`: who holds a lock, as each node sees it.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "absl/strings/str_cat.h"
#include "cli/app.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/duration.h"
#include "cli/exit_codes.h"
#include "cli/report.h"
#include "cli/verdict.h"
#include "holdfast/nodes.h"
#include "nlohmann/json.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;

struct InspectCommand {
  CommonOptions common;
  std::string name;
};

const char* StateName(NodeView::State state) {
  switch (state) {
    case NodeView::State::kFree:
      return "free";
    case NodeView::State::kHeld:
      return "held";
    case NodeView::State::kForeign:
      return "foreign";
    case NodeView::State::kUnreachable:
      break;
  }
  return "unreachable";
}

bool HasKey(const NodeView& view) {
  return view.state == NodeView::State::kHeld || view.state == NodeView::State::kForeign;
}

std::string TtlText(const NodeView& view) {
  if (!HasKey(view)) return "-";
  return view.ttl ? FormatDuration(*view.ttl) : "never ends";
}

// The fencing counter: tokens to come are greater.
std::string CounterText(const NodeView& view) {
  return view.counter == 0 ? "-" : absl::StrCat(view.counter);
}

std::string NodesAsText(const Inspection& inspection) {
  std::vector<std::vector<std::string>> rows = {
      {"NODE", "STATE", "LEFT", "COUNTER", "HOLDER", "NOTE"}};
  std::vector<std::string> servers;
  for (const NodeView& view : inspection.nodes) {
    rows.push_back({view.node, StateName(view.state), TtlText(view), CounterText(view),
                    view.holder.empty() ? "-" : Printable(view.holder), NoteOf(view)});
    servers.push_back(view.server);
  }
  AddServers(servers, rows);
  return Table(rows, "  ");
}

Json NodesAsJson(const Inspection& inspection) {
  Json nodes = Json::array();
  for (const NodeView& view : inspection.nodes) {
    Json node = {
        {"node", view.node},     {"server", view.server},      {"state", StateName(view.state)},
        {"holder", view.holder}, {"ttl_ms", nullptr},          {"counter", view.counter},
        {"reason", view.reason}, {"admission", view.admission}};
    if (view.ttl) node["ttl_ms"] = view.ttl->count();
    nodes.push_back(std::move(node));
  }
  return nodes;
}

Json AsJson(const std::string& name, const Verdict& verdict, const Inspection& inspection) {
  Json json = {{"name", name},
               {"state", StateName(verdict.state)},
               {"holder", nullptr},
               {"remaining_ms", nullptr},
               {"summary", verdict.summary},
               {"quorum", inspection.quorum},
               {"quorum_votes", verdict.quorum_votes},
               {"nodes", NodesAsJson(inspection)}};
  if (verdict.state == Verdict::State::kHeld) json["holder"] = verdict.holder;
  if (verdict.remaining) json["remaining_ms"] = verdict.remaining->count();
  return json;
}

std::string AsText(const std::string& name, const Verdict& verdict, const Inspection& inspection) {
  return absl::StrCat(Printable(name), ": ", verdict.summary, " (quorum: ", inspection.quorum,
                      " of ", inspection.nodes.size(), ")\n", NodesAsText(inspection));
}

int ExitCodeOf(const Verdict& verdict, const Inspection& inspection) {
  if (verdict.state != Verdict::State::kUnknown) return kExitOk;
  const auto denied = std::count_if(inspection.nodes.begin(), inspection.nodes.end(),
                                    [](const NodeView& view) { return view.denied; });
  const auto others = static_cast<int>(inspection.nodes.size()) - static_cast<int>(denied);
  return others < inspection.quorum ? kExitDenied : kExitNoQuorum;
}

int Inspect(const InspectCommand& command) {
  auto client = OpenBlockingClient(command.common);
  if (!client.ok()) return ReportError(client.status(), command.common.json);
  const auto inspection = client->Inspect(command.name);
  if (!inspection.ok())
    return ReportError(About(command.name, inspection.status()), command.common.json);
  const Verdict verdict = Judge(*inspection);
  const bool printed = command.common.json ? PrintJson(AsJson(command.name, verdict, *inspection))
                                           : Print(AsText(command.name, verdict, *inspection));
  if (!printed) return kExitSystem;
  return ExitCodeOf(verdict, *inspection);
}

}  // namespace

Command AddInspect(CLI::App& app) {
  CLI::App* const sub = app.add_subcommand("inspect", "Show who holds a lock, node by node");
  const auto command = std::make_shared<InspectCommand>();
  sub->add_option("NAME", command->name, "Name of the lock")->required();
  AddCommonOptions(*sub, command->common);
  return {sub, [command] { return Inspect(*command); }};
}

}  // namespace holdfast::cli
