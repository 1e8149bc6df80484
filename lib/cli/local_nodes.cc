#include "cli/local_nodes.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/exit_codes.h"
#include "cli/local_server.h"
#include "cli/signal_hold.h"
#include "cli/system_error.h"
#include "net/unique_fd.h"
#include "nlohmann/json.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;

absl::Status Refuse(const std::string& folder, const std::string& why) {
  return WithExitCode(absl::FailedPreconditionError(absl::StrCat(folder, " ", why)), kExitConfig);
}

// Somebody else's folder in /tmp could make us start servers that they control.
absl::Status CheckOwnership(const struct stat& about, const std::string& folder) {
  if (about.st_uid != geteuid()) return Refuse(folder, "belongs to another user");
  if ((about.st_mode & 022) != 0) return Refuse(folder, "can be written by other users");
  return absl::OkStatus();
}

absl::Status OpenError(const std::string& folder) {
  if (errno == ENOENT) return absl::NotFoundError(absl::StrCat("no nodes in ", folder));
  if (errno == ELOOP || errno == ENOTDIR) return Refuse(folder, "is not a folder");
  return SystemError(absl::StrCat("cannot open ", folder));
}

// Waits for other calls of ours: they take seconds, and end by their own deadlines.
absl::StatusOr<net::UniqueFd> LockFolder(const std::string& folder, bool create) {
  for (;;) {
    if (create && mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
      return SystemError(absl::StrCat("cannot make ", folder));
    }
    net::UniqueFd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return OpenError(folder);
    struct stat about {};
    fstat(fd.get(), &about);
    const absl::Status ours = CheckOwnership(about, folder);
    if (!ours.ok()) return ours;
    if (flock(fd.get(), LOCK_EX) != 0) return SystemError(absl::StrCat("cannot lock ", folder));
    fstat(fd.get(), &about);
    if (about.st_nlink != 0) return fd;  // Else removed while we waited.
  }
}

std::optional<LocalServer> ParseServer(const Json& json) {
  const auto is_number = [&](const char* key) {
    return json.contains(key) && json[key].is_number_integer();
  };
  if (!json.is_object() || !is_number("port") || !is_number("pid")) return std::nullopt;
  LocalServer server;
  server.port = json["port"].get<int>();
  server.pid = json["pid"].get<pid_t>();
  return server;
}

}  // namespace

std::string DefaultNodesFolder() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const std::string base = runtime == nullptr || *runtime == '\0' ? "/tmp" : runtime;
  return absl::StrCat(base, "/holdfast-nodes-", geteuid());
}

std::string JoinUrls(const std::vector<LocalServer>& servers) {
  return absl::StrJoin(servers, ",", [](std::string* out, const LocalServer& server) {
    absl::StrAppend(out, server.url());
  });
}

absl::StatusOr<LocalNodes> LocalNodes::Open(const std::string& folder, bool create) {
  auto lock = LockFolder(folder, create);
  if (!lock.ok()) return lock.status();
  std::error_code error;
  // A server's own folder is compared with what the kernel says, which is without links.
  LocalNodes nodes(std::filesystem::canonical(folder, error).string(), *std::move(lock));
  if (error) return SystemError(absl::StrCat("cannot resolve ", folder), error.value());
  const absl::Status loaded = nodes.Load();
  if (!loaded.ok()) return loaded;
  return nodes;
}

absl::Status LocalNodes::Load() {
  std::error_code error;
  std::ifstream file(StatePath());
  if (!file) {
    if (std::filesystem::is_empty(folder_, error)) return absl::OkStatus();
    return Refuse(folder_, "is not empty, and has no nodes.json: not a folder of holdfast nodes");
  }
  const Json state = Json::parse(file, nullptr, false);
  if (!state.is_array()) return Refuse(StatePath(), "cannot be read");
  for (const Json& entry : state) {
    auto server = ParseServer(entry);
    if (!server) return Refuse(StatePath(), "cannot be read");
    server->folder = ServerFolder(servers_.size());
    servers_.push_back(*std::move(server));
  }
  return absl::OkStatus();
}

absl::Status LocalNodes::Save() const {
  Json state = Json::array();
  for (const LocalServer& server : servers_) {
    state.push_back({{"port", server.port}, {"pid", server.pid}});
  }
  const std::string next = StatePath() + ".new";
  std::ofstream file(next, std::ios::trunc);
  file << state.dump() << "\n";
  file.close();
  if (!file || rename(next.c_str(), StatePath().c_str()) != 0) {
    return SystemError(absl::StrCat("cannot write ", StatePath()));
  }
  return absl::OkStatus();
}

std::string LocalNodes::ServerFolder(std::size_t index) const {
  return absl::StrCat(folder_, "/node-", index + 1);
}

absl::Status LocalNodes::StartOne(std::size_t index) {
  const bool is_new = index == servers_.size();
  auto server = StartServer(ServerFolder(index), is_new ? 0 : servers_[index].port);
  if (!server.ok()) return server.status();
  if (is_new) servers_.emplace_back();
  servers_[index] = *std::move(server);
  return Save();
}

absl::Status LocalNodes::Start(int count) {
  const bool fresh = servers_.empty();
  // Held back until what was started is recorded, or ended; then they take their usual effect.
  const SignalHold signals({SIGINT, SIGTERM, SIGHUP});
  absl::Status status = Save();
  for (std::size_t i = 0; status.ok() && i < static_cast<std::size_t>(count); ++i) {
    if (i < servers_.size() && StateOf(servers_[i]) != ServerState::kStopped) continue;
    status = StartOne(i);
    if (signals.pending()) status.Update(absl::CancelledError("interrupted"));
  }
  if (!status.ok() && fresh) (void)Stop();
  return status;
}

absl::Status LocalNodes::Stop() {
  absl::Status status;
  for (const LocalServer& server : servers_) status.Update(StopServer(server));
  if (!status.ok()) return status;
  return Remove();
}

// Only what we made: the folder may be one that the user chose.
absl::Status LocalNodes::Remove() const {
  std::error_code error;
  for (std::size_t i = 0; i <= servers_.size(); ++i) {  // One more: a start may have failed.
    std::filesystem::remove_all(ServerFolder(i), error);
    if (error) return SystemError(absl::StrCat("cannot remove ", ServerFolder(i)), error.value());
  }
  unlink(StatePath().c_str());
  if (rmdir(folder_.c_str()) == 0 || errno == ENOTEMPTY || errno == EEXIST) return absl::OkStatus();
  return SystemError(absl::StrCat("cannot remove ", folder_));
}

}  // namespace holdfast::cli
