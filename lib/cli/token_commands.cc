// `holdfast extend` and `holdfast release`: a lock that any process holds, by its token.
#include <chrono>
#include <memory>
#include <string>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/app.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/exit_codes.h"
#include "cli/report.h"
#include "holdfast/blocking.h"
#include "holdfast/options.h"
#include "nlohmann/json.hpp"

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;

struct TokenCommand {
  CommonOptions common;
  std::string name;
  std::string token;
  milliseconds ttl = AcquireOptions().ttl;
};

int PrintExtended(const BlockingLock& lock, const TokenCommand& command) {
  const auto valid = std::chrono::floor<milliseconds>(lock.valid_for());
  if (command.common.json) {
    return PrintJson({{"name", command.name},
                      {"ttl_ms", command.ttl.count()},
                      {"valid_ms", valid.count()}})
               ? kExitOk
               : kExitSystem;
  }
  // At least: an extension by less than was left changes nothing.
  Say(absl::StrCat("extended ", Printable(command.name), ", valid for at least ",
                   FormatExactly(valid)));
  return kExitOk;
}

int PrintReleased(const TokenCommand& command) {
  if (command.common.json) {
    return PrintJson({{"name", command.name}, {"released", true}}) ? kExitOk : kExitSystem;
  }
  Say(absl::StrCat("released ", Printable(command.name)));
  return kExitOk;
}

absl::StatusOr<BlockingLock> Attach(const TokenCommand& command) {
  auto client = OpenBlockingClient(command.common);
  if (!client.ok()) return client.status();
  return client->Attach(command.name, command.token);
}

int Extend(const TokenCommand& command) {
  auto lock = Attach(command);
  if (!lock.ok()) return ReportError(lock.status(), command.common.json);
  const absl::Status extended = lock->Extend(command.ttl);
  if (!extended.ok()) {
    lock->Detach();
    return ReportError(About(command.name, extended), command.common.json);
  }
  const int code = PrintExtended(*lock, command);
  lock->Detach();
  return code;
}

int Release(const TokenCommand& command) {
  auto lock = Attach(command);
  if (!lock.ok()) return ReportError(lock.status(), command.common.json);
  const absl::Status released = lock->Release();
  if (!released.ok()) return ReportError(About(command.name, released), command.common.json);
  return PrintReleased(command);
}

CLI::App* AddTokenCommand(CLI::App& app, TokenCommand& command, const std::string& name,
                          const std::string& text) {
  CLI::App* const sub = app.add_subcommand(name, text);
  sub->add_option("NAME", command.name, "Name of the lock")->required();
  sub->add_option("TOKEN", command.token, "What acquire printed, or HOLDFAST_TOKEN")->required();
  AddCommonOptions(*sub, command.common);
  return sub;
}

}  // namespace

Command AddExtend(CLI::App& app) {
  const auto command = std::make_shared<TokenCommand>();
  CLI::App* const sub = AddTokenCommand(app, *command, "extend", "Make a held lock last longer");
  AddDuration(*sub, "--ttl", command->ttl,
              "How long it lasts from now at least, 10ms to 30s; never shortens (default: 10s)");
  return {sub, [command] { return Extend(*command); }};
}

Command AddRelease(CLI::App& app) {
  const auto command = std::make_shared<TokenCommand>();
  CLI::App* const sub = AddTokenCommand(app, *command, "release", "Give a held lock up");
  return {sub, [command] { return Release(*command); }};
}

}  // namespace holdfast::cli
