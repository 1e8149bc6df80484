// `holdfast extend` and `holdfast release`: a lock that any process holds, by its token.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/app.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/duration.h"
#include "cli/exit_codes.h"
#include "cli/report.h"
#include "holdfast/blocking.h"
#include "holdfast/names.h"
#include "holdfast/options.h"
#include "nlohmann/json.hpp"

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;

struct TokenCommand {
  CommonOptions common;
  std::vector<std::string> names_and_token;
  milliseconds ttl = AcquireOptions().ttl;
};

Names NamesOf(const TokenCommand& command) {
  const auto& words = command.names_and_token;
  return std::vector<std::string>(words.begin(), words.end() - 1);
}

int PrintExtended(const BlockingLock& lock, const TokenCommand& command) {
  const auto valid = std::chrono::floor<milliseconds>(lock.valid_for());
  if (command.common.json) {
    return PrintJson({{"names", lock.names()},
                      {"ttl_ms", command.ttl.count()},
                      {"valid_ms", valid.count()}})
               ? kExitOk
               : kExitSystem;
  }
  // At least: an extension by less than was left changes nothing.
  Say(absl::StrCat("extended ", Printable(lock.name()), ", valid for at least ",
                   FormatExactly(valid)));
  return kExitOk;
}

int PrintReleased(const BlockingLock& lock, bool json) {
  if (json) {
    return PrintJson({{"names", lock.names()}, {"released", true}}) ? kExitOk : kExitSystem;
  }
  Say(absl::StrCat("released ", Printable(lock.name())));
  return kExitOk;
}

absl::StatusOr<BlockingLock> Attach(const TokenCommand& command) {
  if (command.names_and_token.size() < 2) {
    return absl::InvalidArgumentError("give the names of the lock, and behind them its token");
  }
  auto client = OpenBlockingClient(command.common);
  if (!client.ok()) return client.status();
  return client->Attach(NamesOf(command), command.names_and_token.back());
}

int Extend(const TokenCommand& command) {
  auto lock = Attach(command);
  if (!lock.ok()) return ReportError(lock.status(), command.common.json);
  const absl::Status extended = lock->Extend(command.ttl);
  if (!extended.ok()) {
    lock->Detach();
    return ReportError(About(lock->name(), extended), command.common.json);
  }
  const int code = PrintExtended(*lock, command);
  lock->Detach();
  return code;
}

int Release(const TokenCommand& command) {
  auto lock = Attach(command);
  if (!lock.ok()) return ReportError(lock.status(), command.common.json);
  const absl::Status released = lock->Release();
  if (!released.ok()) return ReportError(About(lock->name(), released), command.common.json);
  return PrintReleased(*lock, command.common.json);
}

CLI::App* AddTokenCommand(CLI::App& app, TokenCommand& command, const std::string& name,
                          const std::string& text) {
  CLI::App* const sub =
      app.add_subcommand(name, absl::StrCat(text, ":\n  holdfast ", name, " NAME... TOKEN"));
  // One list, because a parser would have to guess where the names end.
  sub->add_option(
         "NAME", command.names_and_token,
         "All names that the lock was acquired by, and behind them the TOKEN: what acquire "
         "printed, or HOLDFAST_TOKEN")
      ->option_text("... TOKEN REQUIRED")
      ->required();
  AddCommonOptions(*sub, command.common);
  return sub;
}

}  // namespace

Command AddExtend(CLI::App& app) {
  const auto command = std::make_shared<TokenCommand>();
  CLI::App* const sub = AddTokenCommand(app, *command, "extend", "Make a held lock last longer");
  AddDuration(
      *sub, "--ttl", command->ttl,
      "How long it lasts from now at least, 10ms to the --max-ttl; never shortens (default: 10s)");
  return {sub, [command] { return Extend(*command); }};
}

Command AddRelease(CLI::App& app) {
  const auto command = std::make_shared<TokenCommand>();
  CLI::App* const sub = AddTokenCommand(app, *command, "release", "Give a held lock up");
  return {sub, [command] { return Release(*command); }};
}

}  // namespace holdfast::cli
