#include "cli/child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "cli/exit_codes.h"
#include "cli/report.h"
#include "cli/system_error.h"

namespace holdfast::cli {
namespace {

// Null-terminated pointers into strings, as exec wants them.
class Pointers {
 public:
  explicit Pointers(std::vector<std::string> strings) : strings_(std::move(strings)) {
    for (std::string& string : strings_) pointers_.push_back(string.data());
    pointers_.push_back(nullptr);
  }
  char* const* get() const { return pointers_.data(); }

 private:
  std::vector<std::string> strings_;
  std::vector<char*> pointers_;
};

bool Sets(const std::string& entry, const std::string& name) {
  return entry.compare(0, name.size(), name) == 0 && entry[name.size()] == '=';
}

std::vector<std::string> MakeEnvironment(
    const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
  for (const auto& [name, value] : added) {
    std::erase_if(entries, [&name = name](const std::string& e) { return Sets(e, name); });
    entries.push_back(absl::StrCat(name, "=", value));
  }
  return entries;
}

// Everything the child needs between fork and exec, made before the fork: afterwards it may only
// make system calls, because other threads' locks may have been copied in a locked state.
struct Launch {
  Pointers arguments;
  Pointers environment;
  std::vector<int> default_signals;
  sigset_t mask;  // The one to run the command with.
  pid_t parent;
  int socket;
};

void ResetSignals(const Launch& launch) {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (const int signal : launch.default_signals) sigaction(signal, &standard, nullptr);
}

void DieWithParent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kExitSystem);  // It died before the line above.
}

[[noreturn]] void BecomeCommand(const Launch& launch) {
  setpgid(0, 0);
  DieWithParent(launch.parent);
  ResetSignals(launch);
  char go = 0;
  if (read(launch.socket, &go, 1) != 1) _exit(kExitSystem);
  sigprocmask(SIG_SETMASK, &launch.mask, nullptr);
  execvpe(launch.arguments.get()[0], launch.arguments.get(), launch.environment.get());
  const int error = errno;
  const ssize_t written = write(launch.socket, &error, sizeof error);
  _exit(written == sizeof error ? kExitCannotExecute : kExitSystem);
}

// Forks with all signals blocked: our handlers write to a pipe that the child still shares.
pid_t ForkQuietly(Launch& launch, int parents_end) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &launch.mask);
  const pid_t pid = fork();
  if (pid == 0) {
    close(parents_end);
    BecomeCommand(launch);
  }
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &launch.mask, nullptr);
  errno = error;
  return pid;
}

siginfo_t Query(pid_t pid, int options) {
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(pid), &info, options | WNOHANG);
  return info;
}

}  // namespace

absl::StatusOr<Child> Child::Fork(const ChildPlan& plan) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return SystemError("cannot make a socket for the command");
  }
  net::UniqueFd ours(ends[0]), theirs(ends[1]);
  Launch launch{Pointers(plan.command),
                Pointers(MakeEnvironment(plan.environment)),
                plan.default_signals,
                {},
                getpid(),
                theirs.get()};
  const pid_t pid = ForkQuietly(launch, ours.get());
  if (pid < 0) return SystemError("cannot fork for the command");
  setpgid(pid, pid);  // Also done by the child; whoever comes second changes nothing.
  return Child(pid, plan.command[0], std::move(ours));
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      program_(std::move(other.program_)),
      socket_(std::move(other.socket_)) {}

Child::~Child() {
  if (pid_ <= 0) return;
  Signal(SIGKILL);
  Reap();
}

absl::Status Child::Execute() {
  const net::UniqueFd socket = std::move(socket_);
  const char go = 1;
  send(socket.get(), &go, 1, MSG_NOSIGNAL);
  int error = 0;
  ssize_t size = 0;
  while ((size = recv(socket.get(), &error, sizeof error, 0)) < 0 && errno == EINTR) {
  }
  if (size != sizeof error) return absl::OkStatus();  // Closed by exec.
  return WithExitCode(absl::NotFoundError(absl::StrCat("cannot execute ", Printable(program_), ": ",
                                                       ErrnoText(error))),
                      error == ENOENT ? kExitNotFound : kExitCannotExecute);
}

void Child::Signal(int signal) const {
  if (pid_ > 0) kill(-pid_, signal);
}

bool Child::HasEnded() const { return Query(pid_, WEXITED | WNOWAIT).si_pid == pid_; }

std::optional<int> Child::Stopped() const {
  const siginfo_t info = Query(pid_, WSTOPPED);
  if (info.si_pid != pid_) return std::nullopt;
  return info.si_status;
}

int Child::Reap() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return WIFSIGNALED(status) ? kExitSignal + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace holdfast::cli
