// The commands. Each function adds one to the parser; main() runs the one that was called.
#ifndef HOLDFAST_CLI_COMMANDS_H_
#define HOLDFAST_CLI_COMMANDS_H_

#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "cli/app.h"

namespace holdfast::cli {

// `command`: what stands behind `--`, which the parser does not see.
Command AddRun(CLI::App& app, const std::vector<std::string>& command);
Command AddAcquire(CLI::App& app);
Command AddExtend(CLI::App& app);
Command AddRelease(CLI::App& app);
Command AddInspect(CLI::App& app);
Command AddDoctor(CLI::App& app);
Command AddReconfigure(CLI::App& app);
std::vector<Command> AddNodes(CLI::App& app);

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_COMMANDS_H_
