// Runs a command under a lock, from the first to the last thing that can happen to either.
#ifndef HOLDFAST_CLI_SUPERVISOR_H_
#define HOLDFAST_CLI_SUPERVISOR_H_

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "asio/posix/stream_descriptor.hpp"
#include "cli/child.h"
#include "cli/guardian.h"
#include "cli/loss_policy.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "holdfast/lock.h"

namespace holdfast::cli {

// How a command ended.
struct RunResult {
  absl::Status status;  // OK: the command ended by itself, with `exit_code`.
  int exit_code = 0;
};

// The guardian alone ends a command for a loss; this class moves the guardian's deadlines, and
// keeps everything else going: signals, the terminal and the release. The client extends the lock.
class Supervisor : public std::enable_shared_from_this<Supervisor> {
 public:
  Supervisor(Session& session, Guardian guardian, Lock lock, const LossPolicy& policy);

  // Blocks until the command has ended and the lock is released.
  RunResult Run(const ChildPlan& plan);

 private:
  absl::Status Start(const ChildPlan& plan);
  void ListenToGuardian();
  void ListenToLoss();
  RunResult Finish();
  void Release();

  void OnSignal(int signal);
  void OnChildChanged();
  void OnChildStopped(int signal);
  void OnContinued();
  void OnExtension(const absl::Status& status);
  void OnLost();
  void OnGuardianGone();

  void ReadGuardian();
  void OnAct(GuardianAct act);
  void WatchLease();
  void Watch(const Deadlines& deadlines);
  void LendTerminal();
  void AwaitVotes();
  bool MaxHoldIsOver() const;
  std::string LossReason() const;
  std::string LossText() const;
  absl::Status LossStatus() const;

  Session& session_;
  const LossPolicy policy_;
  const std::string name_;
  const std::chrono::nanoseconds held_since_;
  std::optional<Lock> lock_;
  absl::Status last_failure_;  // The last extension's; OK if it succeeded, or none was tried.
  std::optional<std::stop_callback<std::function<void()>>> on_lost_;
  Terminal terminal_;
  bool terminal_lent_ = false;
  std::optional<Child> child_;
  Guardian guardian_;  // Behind child_: is dismissed before the child is reaped.
  asio::posix::stream_descriptor guardian_events_;
  Deadlines deadlines_;
  bool votes_missing_ = false;  // An extension under way will tell why the lock is lost.
  bool stopping_ = false;       // The command was told to end because of a loss.
  bool guardian_failed_ = false;
  bool lost_ = false;
  bool ended_ = false;
};

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_SUPERVISOR_H_
