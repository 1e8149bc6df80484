#include "cli/local_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "cli/exit_codes.h"
#include "cli/pidfd.h"
#include "cli/ping.h"
#include "cli/system_error.h"
#include "net/unique_fd.h"

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr char kProgram[] = "redis-server";
constexpr std::chrono::seconds kStartBound{10};
constexpr milliseconds kPingTimeout{1'000};
constexpr milliseconds kPollInterval{10};
constexpr milliseconds kTermBound{5'000};
constexpr milliseconds kKillBound{5'000};
constexpr int kPortAttempts = 5;

std::vector<std::string> ServerArguments(const LocalServer& server) {
  return {kProgram,
          "--port",
          absl::StrCat(server.port),
          "--bind",
          "127.0.0.1",
          "--protected-mode",
          "yes",
          "--appendonly",
          "yes",
          "--appendfsync",
          "always",
          "--save",
          "",
          "--dir",
          server.folder,
          "--pidfile",
          server.folder + "/redis.pid",
          "--daemonize",
          "no"};
}

std::string LogPath(const LocalServer& server) { return server.folder + "/redis.log"; }

// What a daemon needs: a session of its own, no inherited files or signal mask.
class DaemonSpawn {
 public:
  explicit DaemonSpawn(const LocalServer& server) {
    posix_spawn_file_actions_init(&files_);
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_addopen(&files_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files_, 1, LogPath(server).c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files_, 1, 2);
    posix_spawn_file_actions_addclosefrom_np(&files_, 3);
    posix_spawn_file_actions_addchdir_np(&files_, server.folder.c_str());
    SetSignals();
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  DaemonSpawn(const DaemonSpawn&) = delete;
  DaemonSpawn& operator=(const DaemonSpawn&) = delete;
  ~DaemonSpawn() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&files_);
  }

  int Run(std::vector<std::string> arguments, pid_t& pid) const {
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    return posix_spawnp(&pid, kProgram, &files_, &attributes_, pointers.data(), environ);
  }

 private:
  void SetSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
  }

  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

absl::Status SpawnError(int error) {
  if (error != ENOENT) return SystemError(absl::StrCat("cannot start ", kProgram), error);
  return WithExitCode(absl::NotFoundError(absl::StrCat(
                          kProgram, " is not installed: install the Debian package redis-server")),
                      kExitSystem);
}

enum class Start { kAnswers, kEnded, kTooSlow };

Start AwaitAnswer(const LocalServer& server) {
  const auto deadline = steady_clock::now() + kStartBound;
  while (steady_clock::now() < deadline) {
    if (waitpid(server.pid, nullptr, WNOHANG) == server.pid) return Start::kEnded;
    if (AnswersPing(server.port, kPingTimeout)) return Start::kAnswers;
    std::this_thread::sleep_for(kPollInterval);
  }
  return Start::kTooSlow;
}

// Another process may answer on the port, if ours failed to bind: it must run after the answer.
bool StillRuns(pid_t pid) { return waitpid(pid, nullptr, WNOHANG) == 0; }

absl::Status DidNotStart(const LocalServer& server, const std::string& why) {
  return WithExitCode(absl::UnavailableError(absl::StrCat(kProgram, " on port ", server.port, " ",
                                                          why, "; its log: ", LogPath(server))),
                      kExitSystem);
}

absl::Status TryStart(LocalServer& server) {
  const int error = DaemonSpawn(server).Run(ServerArguments(server), server.pid);
  if (error != 0) return SpawnError(error);
  const Start start = AwaitAnswer(server);
  if (start == Start::kAnswers && StillRuns(server.pid)) return absl::OkStatus();
  if (start != Start::kTooSlow) return DidNotStart(server, "ended at once");
  (void)StopServer(server);
  return DidNotStart(server, "does not answer within 10 s");
}

// A number alone says nothing: it may belong to another process by now.
bool IsThatServer(const LocalServer& server) {
  std::error_code error;
  const auto cwd = std::filesystem::read_symlink(absl::StrCat("/proc/", server.pid, "/cwd"), error);
  if (error) return false;
  return cwd == server.folder || cwd == server.folder + " (deleted)";
}

bool AwaitEnd(int process, milliseconds bound) {
  pollfd ended{process, POLLIN, 0};
  return poll(&ended, 1, static_cast<int>(bound.count())) > 0;
}

}  // namespace

std::string LocalServer::url() const { return absl::StrCat("redis://127.0.0.1:", port); }

const char* ServerStateName(ServerState state) {
  switch (state) {
    case ServerState::kRunning:
      return "running";
    case ServerState::kStopped:
      return "stopped";
    case ServerState::kNotAnswering:
      break;
  }
  return "not answering";
}

absl::StatusOr<LocalServer> StartServer(const std::string& folder, int port) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemError(absl::StrCat("cannot make ", folder));
  }
  absl::Status status;
  // Between our look and the server's bind, somebody else may take the port.
  for (int attempt = 0; attempt < (port == 0 ? kPortAttempts : 1); ++attempt) {
    LocalServer server{folder, port == 0 ? FindFreePort() : port, 0};
    status = TryStart(server);
    if (status.ok()) return server;
    if (status.code() != absl::StatusCode::kUnavailable) break;
  }
  return status;
}

ServerState StateOf(const LocalServer& server) {
  if (!IsThatServer(server)) return ServerState::kStopped;
  return AnswersPing(server.port, kPingTimeout) ? ServerState::kRunning
                                                : ServerState::kNotAnswering;
}

absl::Status StopServer(const LocalServer& server) {
  const net::UniqueFd process(PidfdOpen(server.pid));
  // Looked at behind PidfdOpen, which from then on means this very process.
  if (!process || !IsThatServer(server)) return absl::OkStatus();
  PidfdSignal(process.get(), SIGTERM);
  PidfdSignal(process.get(), SIGCONT);  // A stopped process takes no SIGTERM.
  if (!AwaitEnd(process.get(), kTermBound)) {
    PidfdSignal(process.get(), SIGKILL);
    if (!AwaitEnd(process.get(), kKillBound)) {
      return DidNotStart(server, absl::StrCat("(pid ", server.pid, ") does not end"));
    }
  }
  waitpid(server.pid, nullptr, WNOHANG);  // If it is our own child.
  return absl::OkStatus();
}

}  // namespace holdfast::cli
