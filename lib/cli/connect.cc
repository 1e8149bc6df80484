#include "cli/connect.h"

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/duration.h"
#include "cli/exit_codes.h"
#include "cli/report.h"
#include "holdfast/blocking.h"
#include "holdfast/client.h"
#include "holdfast/options.h"

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;

constexpr char kNodesVariable[] = "HOLDFAST_NODES";
constexpr milliseconds kLeastMaxTtl{10};
constexpr milliseconds kGreatestMaxTtl = std::chrono::hours(24);
constexpr std::size_t kMaxMembershipBytes = 512;

std::string FromEnvironment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

// A flag's value, or else a variable's, and which of them it is.
struct Setting {
  Setting(const std::string& given, const char* flag, const char* variable)
      : value(given.empty() ? FromEnvironment(variable) : given),
        source(given.empty() ? variable : flag),
        exit_code(given.empty() ? kExitConfig : kExitUsage) {}

  absl::Status Bad(const std::string& why) const {
    return WithExitCode(absl::InvalidArgumentError(absl::StrCat(source, ": ", why)), exit_code);
  }

  std::string value;
  const char* source;
  int exit_code;
};

absl::Status NoNodes() {
  return WithExitCode(absl::InvalidArgumentError(absl::StrCat(
                          "no nodes given: use --nodes URL,URL or set ", kNodesVariable,
                          " (to try things out on this machine: holdfast nodes up)")),
                      kExitConfig);
}

absl::Status ReadNodes(const CommonOptions& options, ClientOptions& made) {
  made.nodes = options.nodes;
  if (!made.nodes.empty()) return absl::OkStatus();
  const std::string variable = FromEnvironment(kNodesVariable);
  if (variable.empty()) return NoNodes();
  made.nodes = absl::StrSplit(variable, ',');
  return absl::OkStatus();
}

absl::Status ReadMaxTtl(const CommonOptions& options, ClientOptions& made) {
  const Setting setting(options.max_ttl, "--max-ttl", "HOLDFAST_MAX_TTL");
  if (setting.value.empty()) return absl::OkStatus();
  const auto max_ttl = ParseDuration(setting.value);
  if (!max_ttl.ok()) return setting.Bad(std::string(max_ttl.status().message()));
  if (*max_ttl < kLeastMaxTtl || *max_ttl > kGreatestMaxTtl) {
    return setting.Bad("must be 10ms to 24h");
  }
  made.max_ttl = *max_ttl;
  return absl::OkStatus();
}

absl::Status ReadMembership(const CommonOptions& options, ClientOptions& made) {
  const Setting setting(options.membership, "--membership", "HOLDFAST_MEMBERSHIP");
  if (setting.value.size() > kMaxMembershipBytes) return setting.Bad("must be at most 512 bytes");
  if (HasControl(setting.value)) return setting.Bad("must not contain control characters");
  made.membership = setting.value;
  return absl::OkStatus();
}

absl::StatusOr<ClientOptions> MakeClientOptions(const CommonOptions& options) {
  ClientOptions made;
  made.key_prefix = options.key_prefix;
  made.owner = options.owner;
  made.new_installation = options.new_installation;
  absl::Status status = ReadNodes(options, made);
  if (status.ok()) status = ReadMaxTtl(options, made);
  if (status.ok()) status = ReadMembership(options, made);
  if (!status.ok()) return status;
  return made;
}

// All else has been checked: what is left to be wrong with a client are its nodes.
absl::Status BlameNodes(const absl::Status& status, const CommonOptions& options) {
  if (!options.nodes.empty() || status.code() != absl::StatusCode::kInvalidArgument) return status;
  return WithExitCode(
      absl::InvalidArgumentError(absl::StrCat(kNodesVariable, ": ", status.message())),
      kExitConfig);
}

}  // namespace

absl::StatusOr<Client> OpenClient(asio::any_io_executor executor, const CommonOptions& options,
                                  std::shared_ptr<Observer> observer) {
  auto made = MakeClientOptions(options);
  if (!made.ok()) return made.status();
  made->observer = std::move(observer);
  auto client = Client::Create(std::move(executor), *std::move(made));
  if (!client.ok()) return BlameNodes(client.status(), options);
  return client;
}

absl::StatusOr<BlockingClient> OpenBlockingClient(const CommonOptions& options) {
  auto made = MakeClientOptions(options);
  if (!made.ok()) return made.status();
  auto client = BlockingClient::Create(*std::move(made));
  if (!client.ok()) return BlameNodes(client.status(), options);
  return client;
}

}  // namespace holdfast::cli
