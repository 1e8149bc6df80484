// What all commands share: their options.
#ifndef HOLDFAST_CLI_APP_H_
#define HOLDFAST_CLI_APP_H_

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "cli/exit_codes.h"
#include "holdfast/options.h"

namespace holdfast::cli {

// A command that main() can run once the arguments have been parsed.
struct Command {
  CLI::App* app;
  std::function<int()> run;  // Returns the exit code.
};

// What is not given here comes from the environment's variable, and else from the file.
struct CommonOptions {
  std::string config;  // The file; empty: HOLDFAST_CONFIG.
  // From --nodes, and from each --cluster; both empty: HOLDFAST_NODES, HOLDFAST_CLUSTER.
  std::vector<std::string> nodes;
  std::vector<std::string> clusters;
  std::optional<int> seats;
  std::optional<int> groups;
  std::optional<std::string> key_prefix;
  std::string owner;
  std::string max_ttl;     // Empty: HOLDFAST_MAX_TTL.
  std::string membership;  // Empty: HOLDFAST_MEMBERSHIP.
  bool new_installation = false;
  bool json = false;
};

// How long to try for a lock, and what to exit with when another has it.
struct WaitOptions {
  std::chrono::milliseconds wait = kWaitForever;
  bool once = false;
  int not_obtained_code = kExitNotObtained;

  std::chrono::milliseconds bound() const { return once ? std::chrono::milliseconds(0) : wait; }
};

// --json, which every command has.
void AddJson(CLI::App& app, bool& json);

// --config, --nodes, --cluster and what else clients of the same nodes must agree on, --key-prefix,
// --owner,
// --json.
void AddCommonOptions(CLI::App& app, CommonOptions& options);

// NAME...: the names of one lock.
void AddNames(CLI::App& app, std::vector<std::string>& names);

// -n, -w, -E.
void AddWaitOptions(CLI::App& app, WaitOptions& options);

// An option whose value is a duration, stored into `target` or given to `set`.
CLI::Option* AddDuration(CLI::App& app, const std::string& flags, std::chrono::milliseconds& target,
                         const std::string& text);
CLI::Option* AddDuration(CLI::App& app, const std::string& flags,
                         std::function<void(std::chrono::milliseconds)> set,
                         const std::string& text);

// What to exit with when a lock was not taken because of `status`.
int NotTakenCode(const absl::Status& status, const WaitOptions& options);

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_APP_H_
