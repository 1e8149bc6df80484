// The program `holdfast`.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/status/status.h"
#include "cli/app.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/report.h"

namespace holdfast::cli {
namespace {

using Arguments = std::vector<std::string>;

// What stands behind `run … --` is the command's own; the parser must not look at it.
Arguments CutCommand(Arguments& arguments) {
  if (arguments.empty() || arguments[0] != "run") return {};
  const auto mark = std::find(arguments.begin(), arguments.end(), "--");
  if (mark == arguments.end()) return {};
  Arguments command(mark + 1, arguments.end());
  arguments.erase(mark, arguments.end());
  return command;
}

std::vector<Command> AddCommands(CLI::App& app, const Arguments& command) {
  std::vector<Command> commands = {AddRun(app, command), AddAcquire(app), AddExtend(app),
                                   AddRelease(app),      AddInspect(app), AddDoctor(app),
                                   AddReconfigure(app)};
  for (Command& node_command : AddNodes(app)) commands.push_back(std::move(node_command));
  return commands;
}

int ReportUsage(const CLI::ParseError& error, const Arguments& arguments) {
  const bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  const int code = ReportError(absl::InvalidArgumentError(error.what()), json);
  if (!json) std::fputs("    holdfast --help and holdfast COMMAND --help tell more\n", stderr);
  return code;
}

int Main(Arguments arguments) {
  CLI::App app("Locks that hold across processes and machines, on Redis servers", "holdfast");
  app.set_version_flag("--version", "holdfast " HOLDFAST_VERSION);
  app.require_subcommand(1);
  app.footer(ExitCodeHelp());
  const Arguments command = CutCommand(arguments);
  const std::vector<Command> commands = AddCommands(app, command);
  try {
    app.parse(Arguments(arguments.rbegin(), arguments.rend()));  // CLI11 takes them from the back.
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return ReportUsage(error, arguments);
  }
  for (const Command& candidate : commands) {
    if (candidate.app->parsed()) return candidate.run();
  }
  return kExitUsage;
}

}  // namespace
}  // namespace holdfast::cli

int main(int argc, char** argv) {
  using namespace holdfast::cli;
  try {
    return Main(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "holdfast: unexpected error: %s\n", error.what());
  } catch (...) {
    std::fputs("holdfast: unexpected error\n", stderr);
  }
  return kExitInternal;
}
