// The command that `run` runs.
#ifndef HOLDFAST_CLI_CHILD_H_
#define HOLDFAST_CLI_CHILD_H_

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/unique_fd.h"

namespace holdfast::cli {

struct ChildPlan {
  std::vector<std::string> command;                              // The program and its arguments.
  std::vector<std::pair<std::string, std::string>> environment;  // Added to our own.
  std::vector<int> default_signals;  // What we handle or ignore, and the child must not.
};

// A child in a process group of its own. It dies with the thread that forked it.
class Child {
 public:
  // Forks it; it waits for `Execute`, so that its deadlines are known before it does anything.
  static absl::StatusOr<Child> Fork(const ChildPlan& plan);

  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();  // Kills the group and reaps, if that was not done.

  pid_t pid() const { return pid_; }

  // Lets it become the command. The error says why it cannot, with kExitNotFound or
  // kExitCannotExecute; the child has then ended.
  absl::Status Execute();

  // To all of its process group. Allowed until `Reap`.
  void Signal(int signal) const;

  bool HasEnded() const;               // Ended, and still to be reaped.
  std::optional<int> Stopped() const;  // The signal that stopped it, told once for each stop.

  // Waits for its end; the exit status as a shell would tell it: 128+n for signal n. From now on
  // the process group's number may belong to others.
  int Reap();

 private:
  Child(pid_t pid, std::string program, net::UniqueFd socket)
      : pid_(pid), program_(std::move(program)), socket_(std::move(socket)) {}

  pid_t pid_;
  std::string program_;
  net::UniqueFd
      socket_;  // We write a byte for "go"; it writes errno if exec fails, else just closes.
};

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_CHILD_H_
