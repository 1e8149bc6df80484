// `holdfast acquire`: takes a lock and leaves it to whoever gets the token.
#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/app.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/exit_codes.h"
#include "cli/obtain.h"
#include "cli/report.h"
#include "cli/session.h"
#include "holdfast/lock.h"
#include "holdfast/options.h"
#include "nlohmann/json.hpp"

namespace holdfast::cli {
namespace {

struct AcquireCommand {
  CommonOptions common;
  WaitOptions wait;
  AcquireOptions acquire;
  std::vector<std::string> names;
};

std::string FencesText(const Lock& lock) {
  return absl::StrCat(lock.fences().size() == 1 ? "token " : "tokens ",
                      absl::StrJoin(lock.fences(), ", "));
}

bool PrintLock(const Lock& lock, const AcquireCommand& command) {
  const auto valid = std::chrono::floor<std::chrono::milliseconds>(lock.valid_for());
  if (command.common.json) {
    return PrintJson({{"names", lock.names()},
                      {"token", lock.token()},
                      {"fence", lock.fence()},
                      {"fences", lock.fences()},
                      {"ttl_ms", command.acquire.ttl.count()},
                      {"valid_ms", valid.count()}});
  }
  if (!Print(std::string(lock.token()) + "\n")) return false;
  Say(absl::StrCat("acquired ", Printable(lock.name()), ", fencing ", FencesText(lock),
                   ", valid for ", FormatExactly(valid)));
  return true;
}

// Until we end: the lock is the caller's now, and an exit by a signal would tell it otherwise.
void HoldSignalsBack() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

int Acquire(AcquireCommand& command) {
  // If nobody reads the token, we must live to give the lock back.
  signal(SIGPIPE, SIG_IGN);
  Session session;
  const absl::Status opened = session.Open(command.common);
  if (!opened.ok()) return ReportError(opened, command.common.json);
  command.acquire.wait = command.wait.bound();
  Obtained obtained = Obtain(session, command.names, command.acquire);
  if (!obtained.lock.ok()) {
    return ReportNotObtained(obtained, command.names, command.wait, command.common.json);
  }
  HoldSignalsBack();
  // Nobody would know the token: the lock goes back when `obtained` goes.
  if (!PrintLock(*obtained.lock, command)) {
    Say("cannot write the token to stdout: the lock is given back");
    return kExitSystem;
  }
  obtained.lock->Detach();
  return kExitOk;
}

}  // namespace

Command AddAcquire(CLI::App& app) {
  CLI::App* const sub =
      app.add_subcommand("acquire", "Take a lock and leave it held; prints its token");
  const auto command = std::make_shared<AcquireCommand>();
  AddNames(*sub, command->names);
  AddWaitOptions(*sub, command->wait);
  AddDuration(*sub, "--ttl", command->acquire.ttl,
              "How long the lock lasts, 10ms to the --max-ttl (default: 10s)");
  AddCommonOptions(*sub, command->common);
  sub->footer(
      "Prints the token alone on stdout:\n"
      "  TOKEN=$(holdfast acquire -w 30s order:42) || exit\n"
      "  …\n"
      "  holdfast release order:42 \"$TOKEN\"");
  return {sub, [command] { return Acquire(*command); }};
}

}  // namespace holdfast::cli
