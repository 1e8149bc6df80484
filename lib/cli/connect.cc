#include "cli/connect.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/duration.h"
#include "cli/exit_codes.h"
#include "cli/report.h"
#include "config/environment.h"
#include "holdfast/blocking.h"
#include "holdfast/client.h"
#include "holdfast/config.h"
#include "holdfast/endpoint.h"
#include "holdfast/options.h"

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;

constexpr char kFileVariable[] = "HOLDFAST_CONFIG";
constexpr char kNodesVariable[] = "HOLDFAST_NODES";
constexpr char kClusterVariable[] = "HOLDFAST_CLUSTER";
constexpr char kMaxTtlVariable[] = "HOLDFAST_MAX_TTL";
constexpr char kMembershipVariable[] = "HOLDFAST_MEMBERSHIP";
constexpr milliseconds kLeastMaxTtl{10};
constexpr milliseconds kGreatestMaxTtl = std::chrono::hours(24);
constexpr std::size_t kMaxMembershipBytes = 512;

absl::Status Bad(const char* flag, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", why));
}

absl::Status NoNodes() {
  return WithExitCode(
      absl::InvalidArgumentError(absl::StrCat(
          "no nodes given: use --nodes URL,URL or --cluster URL,URL, or set ", kNodesVariable,
          " or ", kClusterVariable,
          ", or name a file that has them with --config (to try things out on this machine: "
          "holdfast nodes up)")),
      kExitConfig);
}

bool FlagsNameVoters(const CommonOptions& options) {
  return !options.nodes.empty() || !options.clusters.empty();
}

// A variable whose flag is given is not looked at: it may be wrong.
bool IsOverruled(const CommonOptions& options, std::string_view variable) {
  const bool of_voters = variable == kNodesVariable || variable == kClusterVariable;
  return (of_voters && FlagsNameVoters(options)) ||
         (variable == kMaxTtlVariable && !options.max_ttl.empty()) ||
         (variable == kMembershipVariable && !options.membership.empty());
}

std::string FileOf(const CommonOptions& options) {
  return options.config.empty() ? detail::GetVariable(kFileVariable) : options.config;
}

// From the file and the variables.
absl::StatusOr<ClientOptions> ReadConfigured(const CommonOptions& options) {
  auto config = detail::ReadEnvironment([&options](const char* variable) -> std::string {
    if (std::string_view(variable) == kFileVariable) return FileOf(options);
    return IsOverruled(options, variable) ? "" : detail::GetVariable(variable);
  });
  if (!config.ok()) return WithExitCode(config.status(), kExitConfig);
  return std::move(config->locks);
}

absl::Status TakeClusters(const CommonOptions& options, ClientOptions& made) {
  for (const std::string& list : options.clusters) {
    const auto roots = detail::ReadRootUrls("--cluster", list);
    if (!roots.ok()) return roots.status();
    std::vector<std::string>& urls = made.clusters.emplace_back();
    for (const Endpoint& root : *roots) urls.push_back(FormatUrl(root));
  }
  return absl::OkStatus();
}

bool IsOneCluster(const ClientOptions& made) {
  return made.nodes.empty() && made.clusters.size() == 1;
}

// What the flags name takes the place of all that is named elsewhere. Only the seats of a cluster
// stay what they are: they are the same for all of its clients.
absl::Status TakeVoters(const CommonOptions& options, ClientOptions& made) {
  const ClientOptions configured = made;
  detail::VoteByNodes(options.nodes, made);
  absl::Status status = TakeClusters(options, made);
  if (!status.ok()) return status;
  if (IsOneCluster(made)) {
    made.seats = configured.seats;
    made.groups = configured.groups;
  }
  if (options.nodes.empty()) return status;
  return detail::ReadUrls("--nodes", absl::StrJoin(options.nodes, ",")).status();
}

absl::Status TakeSeats(const CommonOptions& options, ClientOptions& made) {
  if (!options.seats && !options.groups) return absl::OkStatus();
  if (!IsOneCluster(made)) {
    return Bad(options.seats ? "--seats" : "--groups", "only for one cluster without nodes");
  }
  made.seats = options.seats.value_or(made.seats);
  made.groups = options.groups.value_or(made.groups);
  return absl::OkStatus();
}

absl::Status TakeMaxTtl(const CommonOptions& options, ClientOptions& made) {
  if (options.max_ttl.empty()) return absl::OkStatus();
  const auto max_ttl = ParseDuration(options.max_ttl);
  if (!max_ttl.ok()) return Bad("--max-ttl", std::string(max_ttl.status().message()));
  if (*max_ttl < kLeastMaxTtl || *max_ttl > kGreatestMaxTtl) {
    return Bad("--max-ttl", "must be 10ms to 24h");
  }
  made.max_ttl = *max_ttl;
  return absl::OkStatus();
}

absl::Status TakeMembership(const CommonOptions& options, ClientOptions& made) {
  if (options.membership.empty()) return absl::OkStatus();
  if (options.membership.size() > kMaxMembershipBytes) {
    return Bad("--membership", "must be at most 512 bytes");
  }
  if (HasControl(options.membership)) {
    return Bad("--membership", "must not contain control characters");
  }
  made.membership = options.membership;
  return absl::OkStatus();
}

// The flags have been checked. What is left to be wrong is what the file and the nodes do together
// (as their number), and what the file names (as certificates).
absl::Status BlameConfiguration(const absl::Status& status, const CommonOptions& options) {
  if (status.code() != absl::StatusCode::kInvalidArgument) return status;
  std::string source = FileOf(options);
  if (source.empty() && FlagsNameVoters(options)) return status;
  if (source.empty()) {
    source = detail::GetVariable(kNodesVariable).empty() ? kClusterVariable : kNodesVariable;
  }
  return WithExitCode(absl::InvalidArgumentError(absl::StrCat(source, ": ", status.message())),
                      kExitConfig);
}

}  // namespace

absl::StatusOr<ClientOptions> MakeClientOptions(const CommonOptions& options) {
  auto made = ReadConfigured(options);
  if (!made.ok()) return made.status();
  absl::Status status;
  if (FlagsNameVoters(options)) status = TakeVoters(options, *made);
  if (status.ok() && made->nodes.empty() && made->clusters.empty()) status = NoNodes();
  if (status.ok()) status = TakeSeats(options, *made);
  if (status.ok()) status = TakeMaxTtl(options, *made);
  if (status.ok()) status = TakeMembership(options, *made);
  if (!status.ok()) return status;
  if (options.key_prefix.has_value()) made->key_prefix = *options.key_prefix;
  if (!options.owner.empty()) made->owner = options.owner;
  if (options.new_installation) made->new_installation = true;
  return made;
}

absl::StatusOr<Client> OpenClient(asio::any_io_executor executor, const CommonOptions& options,
                                  std::shared_ptr<Observer> observer) {
  auto made = MakeClientOptions(options);
  if (!made.ok()) return made.status();
  made->observer = std::move(observer);
  auto client = Client::Create(std::move(executor), *std::move(made));
  if (!client.ok()) return BlameConfiguration(client.status(), options);
  return client;
}

absl::StatusOr<BlockingClient> OpenBlockingClient(const CommonOptions& options) {
  auto made = MakeClientOptions(options);
  if (!made.ok()) return made.status();
  return OpenBlockingClient(options, *std::move(made));
}

absl::StatusOr<BlockingClient> OpenBlockingClient(const CommonOptions& options,
                                                  ClientOptions made) {
  auto client = BlockingClient::Create(std::move(made));
  if (!client.ok()) return BlameConfiguration(client.status(), options);
  return client;
}

}  // namespace holdfast::cli
