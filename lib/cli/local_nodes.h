// The private servers of `holdfast nodes`, and the folder in which they live.
#ifndef HOLDFAST_CLI_LOCAL_NODES_H_
#define HOLDFAST_CLI_LOCAL_NODES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/local_server.h"
#include "net/unique_fd.h"

namespace holdfast::cli {

// ${XDG_RUNTIME_DIR:-/tmp}/holdfast-nodes-<uid>
std::string DefaultNodesFolder();

// "redis://127.0.0.1:7001,redis://…", as HOLDFAST_NODES takes it.
std::string JoinUrls(const std::vector<LocalServer>& servers);

// The folder, locked against other calls of `nodes` while this lives. Its file nodes.json knows
// the servers.
class LocalNodes {
 public:
  // The folder must be ours. It is made with `create`; otherwise its absence is kNotFound.
  static absl::StatusOr<LocalNodes> Open(const std::string& folder, bool create);

  const std::string& folder() const { return folder_; }
  const std::vector<LocalServer>& servers() const { return servers_; }

  // Starts servers until there are `count`, and those again that are recorded but do not run, on
  // their old ports. Stopped by a signal or an error, it ends those that it started.
  absl::Status Start(int count);

  // Ends all servers and removes what they left, and the folder if nothing else is in it.
  absl::Status Stop();

 private:
  LocalNodes(std::string folder, net::UniqueFd lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}

  absl::Status Load();
  absl::Status Save() const;
  absl::Status StartOne(std::size_t index);
  absl::Status Remove() const;
  std::string ServerFolder(std::size_t index) const;
  std::string StatePath() const { return folder_ + "/nodes.json"; }

  std::string folder_;
  net::UniqueFd lock_;
  std::vector<LocalServer> servers_;
};

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_LOCAL_NODES_H_
