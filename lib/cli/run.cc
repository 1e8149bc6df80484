// `holdfast run`: runs a command while holding a lock.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/app.h"
#include "cli/child.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/guardian.h"
#include "cli/loss_policy.h"
#include "cli/obtain.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/supervisor.h"
#include "holdfast/options.h"

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestDefaultGrace{2'000};

struct RunCommand {
  CommonOptions common;
  WaitOptions wait;
  AcquireOptions acquire{.auto_extend = true};
  OnLost on_lost = OnLost::kTerm;
  std::optional<milliseconds> grace;
  std::vector<std::string> names;
  std::vector<std::string> unexpected;
  std::vector<std::string> command;
};

absl::Status Check(const RunCommand& run) {
  const std::string usage = "the command goes behind --, as in: holdfast run NAME -- CMD ARGS";
  if (!run.unexpected.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("unexpected argument '", run.unexpected[0], "': ", usage));
  }
  if (run.command.empty()) return absl::InvalidArgumentError(absl::StrCat("no command: ", usage));
  if (run.grace && *run.grace * 2 >= run.acquire.ttl) {
    return absl::InvalidArgumentError(
        absl::StrCat("--grace: must be under half of the ttl (", run.acquire.ttl.count(),
                     " ms), so that the command is dead before the lease ends"));
  }
  return absl::OkStatus();
}

LossPolicy MakePolicy(const RunCommand& run) {
  const milliseconds ttl = run.acquire.ttl;
  return {run.on_lost, ttl, run.grace.value_or(std::min(kLongestDefaultGrace, ttl / 4)),
          run.acquire.max_hold};
}

// A pipe that nobody reads any more must not end the wrapper in the middle of its work. Returns
// whether the command has to get the signal's default back.
bool IgnoreSigpipe() { return signal(SIGPIPE, SIG_IGN) == SIG_DFL; }

ChildPlan MakePlan(const RunCommand& run, const Lock& lock, const Signals& signals,
                   bool default_sigpipe) {
  ChildPlan plan{run.command,
                 {{"HOLDFAST_NAME", absl::StrJoin(lock.names(), "\n")},
                  {"HOLDFAST_TOKEN", std::string(lock.token())},
                  {"HOLDFAST_FENCE", absl::StrCat(lock.fence())},
                  {"HOLDFAST_FENCES", absl::StrJoin(lock.fences(), "\n")}},
                 signals.caught()};
  if (default_sigpipe) plan.default_signals.push_back(SIGPIPE);
  plan.default_signals.insert(plan.default_signals.end(), {SIGCHLD, SIGTSTP, SIGCONT});
  return plan;
}

int Run(RunCommand& run) {
  const absl::Status checked = Check(run);
  if (!checked.ok()) return ReportError(checked, run.common.json);
  // Before anything that may start a thread.
  auto guardian = Guardian::Start();
  if (!guardian.ok()) return ReportError(guardian.status(), run.common.json);
  const bool default_sigpipe = IgnoreSigpipe();
  Session session;
  const absl::Status opened = session.Open(run.common);
  if (!opened.ok()) return ReportError(opened, run.common.json);
  session.signals().Catch({SIGQUIT, SIGUSR1, SIGUSR2});
  run.acquire.wait = run.wait.bound();
  Obtained obtained = Obtain(session, run.names, run.acquire);
  if (!obtained.lock.ok()) {
    return ReportNotObtained(obtained, run.names, run.wait, run.common.json);
  }
  const ChildPlan plan = MakePlan(run, *obtained.lock, session.signals(), default_sigpipe);
  const auto supervisor = std::make_shared<Supervisor>(session, *std::move(guardian),
                                                       *std::move(obtained.lock), MakePolicy(run));
  const RunResult result = supervisor->Run(plan);
  if (!result.status.ok()) ReportError(result.status, result.exit_code, run.common.json);
  return result.exit_code;
}

OnLost ParseOnLost(const std::string& text) {
  if (text == "term") return OnLost::kTerm;
  if (text == "kill") return OnLost::kKill;
  if (text == "ignore") return OnLost::kIgnore;
  throw CLI::ValidationError("--on-lost", absl::StrCat("'", text, "' is none of term|kill|ignore"));
}

void AddLossOptions(CLI::App& app, RunCommand& run) {
  app.add_option_function<std::string>(
         "--on-lost", [&run](const std::string& text) { run.on_lost = ParseOnLost(text); },
         "When the lock cannot be kept: TERM the command in time, KILL it after the grace; KILL it "
         "only; or let it run (default: term)")
      ->type_name("term|kill|ignore");
  AddDuration(
      app, "--grace", [&run](milliseconds grace) { run.grace = grace; },
      "Time between TERM and KILL (default: 2s, at most a quarter of the ttl)");
}

}  // namespace

Command AddRun(CLI::App& app, const std::vector<std::string>& command) {
  CLI::App* const sub = app.add_subcommand(
      "run",
      "Run a command while holding a lock:\n  holdfast run [OPTIONS] NAME... -- CMD ARGS...");
  const auto run = std::make_shared<RunCommand>();
  run->command = command;
  AddNames(*sub, run->names);
  AddWaitOptions(*sub, run->wait);
  AddDuration(*sub, "--ttl", run->acquire.ttl,
              "Lease time, 10ms to the --max-ttl; extended while the command runs (default: 10s)");
  AddDuration(*sub, "--max-hold", run->acquire.max_hold,
              "Hold the lock for this long at most; a command that still runs then is ended as "
              "when the lock is lost (default: no bound)");
  AddLossOptions(*sub, *run);
  AddCommonOptions(*sub, run->common);
  sub->allow_extras();
  sub->footer(
      "The command's exit status is passed on. It sees\n"
      "  HOLDFAST_NAME    the lock's name; of several all, sorted, each on a line\n"
      "  HOLDFAST_TOKEN   what extend and release take\n"
      "  HOLDFAST_FENCE   the fencing token, greater than that of any earlier holder: to be shown\n"
      "                   to whatever the command writes to; of several names the first one's\n"
      "  HOLDFAST_FENCES  those of all names, in their order, each on a line\n"
      "Example:\n"
      "  holdfast run -w 30s nightly-report -- ./report.sh --all");
  return {sub, [run, sub] {
            run->unexpected = sub->remaining();
            return Run(*run);
          }};
}

}  // namespace holdfast::cli
