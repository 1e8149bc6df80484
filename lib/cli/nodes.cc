// `holdfast nodes`: private servers on this machine, to try things out.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/app.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/local_nodes.h"
#include "cli/local_server.h"
#include "cli/report.h"
#include "nlohmann/json.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDefaultCount = 5;
constexpr int kMaxCount = 15;

struct NodesCommand {
  std::string folder = DefaultNodesFolder();
  int count = 0;  // 0: not given.
  bool json = false;
};

std::string CountText(std::size_t count) {
  return absl::StrCat(count, count == 1 ? " node" : " nodes");
}

Json AsJson(const LocalServer& server, ServerState state) {
  return {{"url", server.url()},
          {"port", server.port},
          {"pid", server.pid},
          {"state", ServerStateName(state)}};
}

std::vector<ServerState> StatesOf(const std::vector<LocalServer>& servers) {
  std::vector<ServerState> states;
  for (const LocalServer& server : servers) states.push_back(StateOf(server));
  return states;
}

bool AllRun(const std::vector<ServerState>& states) {
  return std::all_of(states.begin(), states.end(),
                     [](ServerState state) { return state == ServerState::kRunning; });
}

Json NodesAsJson(const std::vector<LocalServer>& servers, const std::vector<ServerState>& states) {
  Json list = Json::array();
  for (std::size_t i = 0; i < servers.size(); ++i) list.push_back(AsJson(servers[i], states[i]));
  return list;
}

std::string NodesAsText(const std::vector<LocalServer>& servers,
                        const std::vector<ServerState>& states) {
  std::vector<std::vector<std::string>> rows = {{"NODE", "PID", "STATE"}};
  for (std::size_t i = 0; i < servers.size(); ++i) {
    rows.push_back({servers[i].url(), absl::StrCat(servers[i].pid), ServerStateName(states[i])});
  }
  return Table(rows, "  ");
}

std::string UpText(const LocalNodes& nodes, bool already, const std::vector<ServerState>& states) {
  const char* const verb = states.size() == 1 ? " is " : " are ";
  const std::string all = CountText(states.size()), in = " in " + nodes.folder();
  if (AllRun(states)) return absl::StrCat(all, verb, already ? "already up" : "up", in);
  const auto running = std::count(states.begin(), states.end(), ServerState::kRunning);
  return absl::StrCat("only ", running, " of ", all, " answer", in);
}

// What a shell can take stands alone on stdout: eval "$(holdfast nodes up)".
bool PrintUp(const LocalNodes& nodes, bool already, const std::vector<ServerState>& states,
             bool json) {
  const std::string urls = JoinUrls(nodes.servers());
  if (json) {
    return PrintJson({{"dir", nodes.folder()},
                      {"already_up", already},
                      {"nodes", NodesAsJson(nodes.servers(), states)},
                      {"HOLDFAST_NODES", urls}});
  }
  Say(UpText(nodes, already, states));
  std::fputs(NodesAsText(nodes.servers(), states).c_str(), stderr);
  return Print(absl::StrCat("export HOLDFAST_NODES=", urls, "\n"));
}

absl::Status CheckCount(const LocalNodes& nodes, int count) {
  const std::size_t up = nodes.servers().size();
  if (up == 0 || count == 0 || static_cast<std::size_t>(count) == up) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("-N ", count, ": ", CountText(up), " exist in ",
                                                 nodes.folder(),
                                                 "; end them with holdfast nodes down first"));
}

int Up(const NodesCommand& command) {
  auto nodes = LocalNodes::Open(command.folder, true);
  if (!nodes.ok()) return ReportError(nodes.status(), command.json);
  const absl::Status counted = CheckCount(*nodes, command.count);
  if (!counted.ok()) return ReportError(counted, command.json);
  auto states = StatesOf(nodes->servers());
  const bool already = !states.empty() && AllRun(states);
  if (!already) {
    const int fresh = command.count == 0 ? kDefaultCount : command.count;
    const absl::Status started =
        nodes->Start(states.empty() ? fresh : static_cast<int>(states.size()));
    if (!started.ok()) return ReportError(started, command.json);
    states = StatesOf(nodes->servers());
  }
  if (!PrintUp(*nodes, already, states, command.json)) return kExitSystem;
  return AllRun(states) ? kExitOk : kExitNoQuorum;
}

int PrintDown(const std::string& folder, std::size_t count, bool json) {
  if (json) return PrintJson({{"dir", folder}, {"stopped", count}}) ? kExitOk : kExitSystem;
  Say(count == 0 ? absl::StrCat("no nodes are up in ", folder)
                 : absl::StrCat(CountText(count), " stopped, and ", folder, " removed"));
  return kExitOk;
}

int Down(const NodesCommand& command) {
  auto nodes = LocalNodes::Open(command.folder, false);
  if (absl::IsNotFound(nodes.status())) return PrintDown(command.folder, 0, command.json);
  if (!nodes.ok()) return ReportError(nodes.status(), command.json);
  const absl::Status stopped = nodes->Stop();
  if (!stopped.ok()) return ReportError(stopped, command.json);
  return PrintDown(nodes->folder(), nodes->servers().size(), command.json);
}

int Status(const NodesCommand& command) {
  auto nodes = LocalNodes::Open(command.folder, false);
  if (absl::IsNotFound(nodes.status())) {
    return ReportError(nodes.status(), kExitNoQuorum, command.json);
  }
  if (!nodes.ok()) return ReportError(nodes.status(), command.json);
  const auto states = StatesOf(nodes->servers());
  const bool printed = command.json ? PrintJson({{"dir", nodes->folder()},
                                                 {"nodes", NodesAsJson(nodes->servers(), states)},
                                                 {"HOLDFAST_NODES", JoinUrls(nodes->servers())}})
                                    : Print(NodesAsText(nodes->servers(), states));
  if (!printed) return kExitSystem;
  return !states.empty() && AllRun(states) ? kExitOk : kExitNoQuorum;
}

Command AddNodesCommand(CLI::App& nodes, const std::string& name, const std::string& text,
                        const std::shared_ptr<NodesCommand>& command,
                        int (*run)(const NodesCommand&)) {
  CLI::App* const sub = nodes.add_subcommand(name, text);
  sub->add_option("--dir", command->folder, "Where they live")
      ->type_name("DIR")
      ->capture_default_str();
  AddJson(*sub, command->json);
  return {sub, [command, run] { return run(*command); }};
}

}  // namespace

std::vector<Command> AddNodes(CLI::App& app) {
  CLI::App* const nodes =
      app.add_subcommand("nodes", "Private redis-servers on this machine, to try things out");
  nodes->require_subcommand(1);
  const auto command = std::make_shared<NodesCommand>();
  const Command up = AddNodesCommand(*nodes, "up", "Start them", command, Up);
  up.app->add_option("-N,--count", command->count, "How many (default: 5)")
      ->type_name("COUNT")
      ->check(CLI::Range(1, kMaxCount).description("1 to 15"));
  up.app->footer("Sets the shell up for all other commands:\n  eval \"$(holdfast nodes up)\"");
  return {up, AddNodesCommand(*nodes, "status", "Show which of them run", command, Status),
          AddNodesCommand(*nodes, "down", "Stop them and remove their data", command, Down)};
}

}  // namespace holdfast::cli
