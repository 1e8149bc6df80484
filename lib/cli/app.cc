#include "cli/app.h"

#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/duration.h"
#include "cli/exit_codes.h"
#include "holdfast/blocking.h"
#include "holdfast/client.h"
#include "holdfast/options.h"

namespace holdfast::cli {
namespace {

constexpr char kNodesVariable[] = "HOLDFAST_NODES";

std::string NodesFromEnvironment() {
  const char* value = std::getenv(kNodesVariable);
  return value == nullptr ? "" : value;
}

absl::Status NoNodes() {
  return WithExitCode(absl::InvalidArgumentError(absl::StrCat(
                          "no nodes given: use --nodes URL,URL or set ", kNodesVariable,
                          " (to try things out on this machine: holdfast nodes up)")),
                      kExitConfig);
}

// Splits here, not by the library's error, because a bad variable is not a bad command line.
absl::StatusOr<ClientOptions> MakeClientOptions(const CommonOptions& options) {
  ClientOptions made;
  made.nodes = options.nodes;
  made.key_prefix = options.key_prefix;
  made.owner = options.owner;
  if (!made.nodes.empty()) return made;
  const std::string variable = NodesFromEnvironment();
  if (variable.empty()) return NoNodes();
  made.nodes = absl::StrSplit(variable, ',');
  return made;
}

absl::Status BlameSource(const absl::Status& status, const CommonOptions& options) {
  if (!options.nodes.empty() || status.code() != absl::StatusCode::kInvalidArgument) return status;
  return WithExitCode(
      absl::InvalidArgumentError(absl::StrCat(kNodesVariable, ": ", status.message())),
      kExitConfig);
}

// The owner is checked here: what is then left to be wrong with a client are its nodes.
std::string CheckOwner(const std::string& owner) {
  if (owner.size() > 256) return "must be at most 256 bytes";
  for (const char c : owner) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return "must not contain control characters";
  }
  return "";
}

}  // namespace

void AddJson(CLI::App& app, bool& json) {
  app.add_flag("--json", json, "Print results and errors as JSON on stdout");
}

void AddCommonOptions(CLI::App& app, CommonOptions& options) {
  app.add_option("--nodes", options.nodes,
                 "The independent Redis servers, all of them (default: $HOLDFAST_NODES)")
      ->type_name("URL,URL")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--key-prefix", options.key_prefix, "Put in front of each name to make its key")
      ->type_name("TEXT")
      ->capture_default_str();
  app.add_option("--owner", options.owner, "Shown to whoever is refused (default: host:pid)")
      ->type_name("TEXT")
      ->check(CheckOwner, "", "");
  AddJson(app, options.json);
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

absl::StatusOr<Client> OpenClient(asio::any_io_executor executor, const CommonOptions& options) {
  auto made = MakeClientOptions(options);
  if (!made.ok()) return made.status();
  auto client = Client::Create(std::move(executor), *std::move(made));
  if (!client.ok()) return BlameSource(client.status(), options);
  return client;
}

absl::StatusOr<BlockingClient> OpenBlockingClient(const CommonOptions& options) {
  auto made = MakeClientOptions(options);
  if (!made.ok()) return made.status();
  auto client = BlockingClient::Create(*std::move(made));
  if (!client.ok()) return BlameSource(client.status(), options);
  return client;
}

int NotTakenCode(const absl::Status& status, const WaitOptions& options) {
  const int code = ExitCodeOf(status);
  return code == kExitNotObtained ? options.not_obtained_code : code;
}

}  // namespace holdfast::cli
