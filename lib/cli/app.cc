#include "cli/app.h"

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "cli/duration.h"
#include "cli/exit_codes.h"
#include "cli/report.h"

namespace holdfast::cli {
namespace {

// The owner is checked here: what is then left to be wrong with a client are its nodes.
std::string CheckOwner(const std::string& owner) {
  if (owner.size() > 256) return "must be at most 256 bytes";
  return HasControl(owner) ? "must not contain control characters" : "";
}

void AddVoters(CLI::App& app, CommonOptions& options) {
  app.add_option("--nodes", options.nodes,
                 "The independent Redis servers, all of them (default: $HOLDFAST_NODES, or else "
                 "the file's)")
      ->type_name("URL,URL")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--cluster", options.clusters,
                 "Some nodes of a Redis Cluster, whose seats vote (default: $HOLDFAST_CLUSTER, "
                 "unless there are nodes, or else the file's); given several times, or with "
                 "--nodes: each cluster has one vote")
      ->type_name("URL,URL")
      ->allow_extra_args(false);
  app.add_option("--seats", options.seats,
                 "How many votes one cluster has, 1 to 7, the same for all of its clients "
                 "(default: the file's, or else 3)")
      ->type_name("N")
      ->check(CLI::Range(1, 7).description(""));
  app.add_option("--groups", options.groups,
                 "In how many ways locks are spread over one cluster, 1 to 16, the same for all "
                 "of its clients (default: the file's, or else 1)")
      ->type_name("G")
      ->check(CLI::Range(1, 16).description(""));
}

}  // namespace

void AddJson(CLI::App& app, bool& json) {
  app.add_flag("--json", json, "Print results and errors as JSON on stdout");
}

void AddCommonOptions(CLI::App& app, CommonOptions& options) {
  app.add_option("--config", options.config,
                 "YAML or JSON file with the nodes and the options of their clients; a flag or "
                 "another variable wins over it (default: $HOLDFAST_CONFIG)")
      ->type_name("FILE");
  AddVoters(app, options);
  app.add_option("--max-ttl", options.max_ttl,
                 "Bound on every ttl, 10ms to 24h, the same for all clients of these nodes "
                 "(default: $HOLDFAST_MAX_TTL, or else the file's, or else 30s)")
      ->type_name("TIME");
  app.add_option("--membership", options.membership,
                 "What these nodes are called together, where clients know them under different "
                 "addresses (default: $HOLDFAST_MEMBERSHIP, or else the file's, or else the list "
                 "of addresses)")
      ->type_name("TEXT");
  app.add_flag("--new-installation", options.new_installation,
               "Only for a first start: says that nobody ever held a lock on those nodes that are "
               "empty, so that they vote at once. If a node lost its data instead, two may hold "
               "one lock");
  // Not as an option of its own type: to CLI11 an empty text is none at all.
  app.add_option_function<std::string>(
         "--key-prefix", [&options](const std::string& prefix) { options.key_prefix = prefix; },
         "Put in front of each name to make its key (default: the file's, or else " +
             ClientOptions().key_prefix + ")")
      ->type_name("TEXT");
  app.add_option("--owner", options.owner,
                 "Shown to whoever is refused (default: the file's, or else host:pid)")
      ->type_name("TEXT")
      ->check(CheckOwner, "", "");
  AddJson(app, options.json);
}

void AddNames(CLI::App& app, std::vector<std::string>& names) {
  app.add_option("NAME", names, "Name of the lock; of several names all are taken, or none")
      ->required();
}

void AddWaitOptions(CLI::App& app, WaitOptions& options) {
  CLI::Option* const once = app.add_flag("-n,--nonblock", options.once, "Try once, do not wait");
  AddDuration(app, "-w,--wait", options.wait, "Wait at most this long (default: until obtained)")
      ->excludes(once);
  app.add_option("-E,--conflict-exit-code", options.not_obtained_code,
                 "Exit code when the lock is not obtained (default: 75)")
      ->type_name("CODE")
      ->check(CLI::Range(0, 255).description(""));
}

CLI::Option* AddDuration(CLI::App& app, const std::string& flags, std::chrono::milliseconds& target,
                         const std::string& text) {
  return AddDuration(
      app, flags, [&target](std::chrono::milliseconds duration) { target = duration; }, text);
}

CLI::Option* AddDuration(CLI::App& app, const std::string& flags,
                         std::function<void(std::chrono::milliseconds)> set,
                         const std::string& text) {
  const std::string name = flags.substr(flags.find("--"));
  const auto parse = [set = std::move(set), name](const std::string& value) {
    const auto duration = ParseDuration(value);
    if (!duration.ok()) {
      throw CLI::ValidationError(name, std::string(duration.status().message()));
    }
    set(*duration);
  };
  return app.add_option_function<std::string>(flags, parse, text)->type_name("TIME");
}

int NotTakenCode(const absl::Status& status, const WaitOptions& options) {
  const int code = ExitCodeOf(status);
  return code == kExitNotObtained ? options.not_obtained_code : code;
}

}  // namespace holdfast::cli
