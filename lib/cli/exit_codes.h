// What the program's exit codes mean: the one table for all commands.
#ifndef HOLDFAST_CLI_EXIT_CODES_H_
#define HOLDFAST_CLI_EXIT_CODES_H_

#include <string>

#include "absl/status/status.h"

namespace holdfast::cli {

// The numbers of sysexits(3) and of the shell, so that they do not collide with a command's own.
enum ExitCode : int {
  kExitOk = 0,
  kExitFlaws = 1,
  kExitUsage = 64,
  kExitNoQuorum = 69,
  kExitInternal = 70,
  kExitSystem = 71,
  kExitLost = 74,
  kExitNotObtained = 75,
  kExitDenied = 77,
  kExitConfig = 78,
  kExitCannotExecute = 126,
  kExitNotFound = 127,
  kExitSignal = 128,  // Plus the signal's number.
};

// Makes `status` end the program with `code`, where its own code would not say enough.
absl::Status WithExitCode(absl::Status status, int code);

// What to exit with because of `status`.
int ExitCodeOf(const absl::Status& status);

// "usage", "no_quorum", … for programs that read our JSON.
std::string ExitKind(int code);

// The table as text, for --help.
std::string ExitCodeHelp();

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_EXIT_CODES_H_
