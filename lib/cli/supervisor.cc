#include "cli/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "asio/error_code.hpp"
#include "asio/post.hpp"
#include "asio/steady_timer.hpp"
#include "cli/boot_clock.h"
#include "cli/child.h"
#include "cli/duration.h"
#include "cli/exit_codes.h"
#include "cli/guardian.h"
#include "cli/loss_policy.h"
#include "cli/report.h"
#include "cli/session.h"
#include "holdfast/errors.h"
#include "holdfast/lock.h"

namespace holdfast::cli {

Supervisor::Supervisor(Session& session, Guardian guardian, Lock lock, const LossPolicy& policy)
    : session_(session),
      policy_(policy),
      name_(Printable(lock.name())),
      held_since_(BootNow()),
      lock_(std::move(lock)),
      guardian_(std::move(guardian)),
      guardian_events_(session.io(), fcntl(guardian_.fd(), F_DUPFD_CLOEXEC, 0)) {}

RunResult Supervisor::Run(const ChildPlan& plan) {
  const absl::Status started = Start(plan);
  if (started.ok()) session_.RunUntil([this] { return ended_; });
  RunResult result = Finish();
  if (!started.ok() && result.status.ok()) return {started, ExitCodeOf(started)};
  return result;
}

absl::Status Supervisor::Start(const ChildPlan& plan) {
  session_.signals().OnSignal([self = shared_from_this()](int signal) { self->OnSignal(signal); });
  session_.signals().Catch({SIGCHLD, SIGTSTP, SIGCONT});
  auto child = Child::Fork(plan);
  if (!child.ok()) return child.status();
  child_.emplace(*std::move(child));
  WatchLease();
  session_.events().OnExtension([this](const absl::Status& status) { OnExtension(status); });
  ListenToGuardian();
  if (terminal_.IsOursAlone()) LendTerminal();
  absl::Status executed = child_->Execute();
  if (!executed.ok()) return executed;
  ListenToLoss();
  return absl::OkStatus();
}

void Supervisor::ListenToGuardian() {
  guardian_events_.async_wait(asio::posix::stream_descriptor::wait_read,
                              [self = shared_from_this()](const asio::error_code& error) {
                                if (error || self->ended_) return;
                                self->ReadGuardian();
                                if (self->guardian_.gone()) return self->OnGuardianGone();
                                self->ListenToGuardian();
                              });
}

void Supervisor::ListenToLoss() {
  // Posted: the callback may run inside of a call of ours on the lock.
  on_lost_.emplace(lock_->lost(), [this] {
    asio::post(session_.io(), [self = shared_from_this()] { self->OnLost(); });
  });
}

RunResult Supervisor::Finish() {
  ended_ = true;
  on_lost_.reset();
  session_.signals().OnSignal(nullptr);
  guardian_events_.close();
  guardian_.Dismiss();
  ReadGuardian();
  RunResult result;
  if (child_) {
    if (stopping_) child_->Signal(SIGKILL);  // What it left running must not outlive the lease.
    terminal_.TakeBackFrom(child_->pid());
    result.exit_code = child_->Reap();
  }
  if (stopping_) {
    AwaitVotes();
    result = {LossStatus(), kExitLost};
  }
  session_.events().OnExtension(nullptr);
  Release();
  return result;
}

void Supervisor::Release() {
  auto released = std::make_shared<std::optional<absl::Status>>();
  lock_->Release([released](const absl::Status& status) { *released = status; });
  session_.RunUntil([&] { return released->has_value(); });
  lock_.reset();
  // A loss has been told already, and the command's own status must not be replaced by this.
  if (stopping_ || lost_ || (*released)->ok()) return;
  Say(absl::StrCat("warning: could not release ", name_, ": ", Brief(**released)));
}

void Supervisor::OnSignal(int signal) {
  if (ended_) return;
  if (signal == SIGCHLD) return OnChildChanged();
  if (signal == SIGCONT) return OnContinued();
  child_->Signal(signal);
}

void Supervisor::OnChildChanged() {
  if (child_->HasEnded()) {
    ended_ = true;
    return;
  }
  if (const auto signal = child_->Stopped()) OnChildStopped(*signal);
}

// Ctrl-Z stops the job as the shell sees it: us.
void Supervisor::OnChildStopped(int signal) {
  const bool wants_terminal = signal == SIGTTIN || signal == SIGTTOU;
  if (wants_terminal && terminal_.IsOurs()) {
    LendTerminal();
    return child_->Signal(SIGCONT);
  }
  // Somebody stops the command alone, perhaps to look at it: the lock stays extended.
  if (signal == SIGSTOP && !terminal_lent_) return;
  terminal_.TakeBackFrom(child_->pid());
  kill(getpid(), SIGSTOP);
}

void Supervisor::OnContinued() {
  ReadGuardian();
  // While we were stopped, nobody extended the lock.
  if (stopping_ || (lock_->valid_for().count() <= 0 && policy_.on_lost != OnLost::kIgnore)) return;
  if (terminal_lent_ && terminal_.IsOurs()) LendTerminal();
  child_->Signal(SIGCONT);
}

void Supervisor::LendTerminal() {
  terminal_lent_ = true;
  terminal_.GiveTo(child_->pid());
}

// Also of one that failed: where a node said that the key is gone, the lease is shorter now.
void Supervisor::OnExtension(const absl::Status& status) {
  last_failure_ = status;
  votes_missing_ = false;
  if (!ended_ && lock_->valid_for().count() > 0) WatchLease();
}

void Supervisor::WatchLease() {
  const auto now = BootNow();  // First: what passes until the next line makes the deadline earlier.
  Watch(policy_.At(now, lock_->valid_for()));
}

void Supervisor::Watch(const Deadlines& deadlines) {
  deadlines_ = deadlines;
  if (!guardian_.Watch(child_->pid(), deadlines)) OnGuardianGone();
}

void Supervisor::OnLost() {
  if (ended_ || lost_) return;
  lost_ = true;
  if (policy_.on_lost != OnLost::kIgnore) return Watch(policy_.AtOnce(BootNow(), deadlines_));
  Say(absl::StrCat("warning: ", LossText(), "; the command keeps running"));
}

// Nobody would end the command if we were killed now.
void Supervisor::OnGuardianGone() {
  if (ended_ || stopping_) return;
  guardian_failed_ = true;
  stopping_ = true;
  child_->Signal(SIGKILL);
}

void Supervisor::ReadGuardian() {
  while (const auto act = guardian_.ReadAct()) OnAct(*act);
}

void Supervisor::OnAct(GuardianAct act) {
  const bool first = !std::exchange(stopping_, true);
  if (first) votes_missing_ = last_failure_.ok() && !MaxHoldIsOver();
  if (ended_ || !first) return;
  const std::string what = act == GuardianAct::kKill
                               ? "the command is killed"
                               : absl::StrCat("the command is told to end, and killed in ",
                                              FormatDuration(policy_.grace));
  Say(absl::StrCat(LossText(), "; ", what));
}

// An extension under way will say which nodes it failed for: worth the rest of the lease, because
// nobody else can have the lock before that either.
void Supervisor::AwaitVotes() {
  asio::steady_timer bound(session_.io(), lock_->valid_for());
  bool over = false;
  bound.async_wait([&over](const asio::error_code&) { over = true; });
  session_.RunUntil([&] { return over || !votes_missing_; });
  bound.cancel();
  session_.RunUntil([&] { return over; });
}

bool Supervisor::MaxHoldIsOver() const {
  if (policy_.max_hold.count() == 0) return false;
  // The last lease ends a little earlier, by the clocks' drift and the margin of the loss.
  const auto slack = policy_.ttl / 10 + std::chrono::milliseconds(5);
  return BootNow() + lock_->valid_for() + slack >= held_since_ + policy_.max_hold;
}

std::string Supervisor::LossReason() const {
  if (guardian_failed_) return "the guardian process ended";
  if (!last_failure_.ok()) return Brief(last_failure_);
  if (!MaxHoldIsOver()) return "it could not be extended in time";
  return absl::StrCat("its --max-hold of ", FormatDuration(policy_.max_hold), " is over");
}

std::string Supervisor::LossText() const {
  if (!guardian_failed_ && IsLost(last_failure_)) {
    return absl::StrCat(name_, ": ", Brief(last_failure_));
  }
  return absl::StrCat(name_, ": lost: ", LossReason());
}

// With the votes of the last extension.
absl::Status Supervisor::LossStatus() const {
  return Reworded(last_failure_, absl::StatusCode::kFailedPrecondition,
                  absl::StrCat(LossText(), "; the command was stopped"));
}

}  // namespace holdfast::cli
