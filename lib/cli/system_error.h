// Errors of system calls as statuses.
#ifndef HOLDFAST_CLI_SYSTEM_ERROR_H_
#define HOLDFAST_CLI_SYSTEM_ERROR_H_

#include <cerrno>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/exit_codes.h"

namespace holdfast::cli {

// "Permission denied", …
inline std::string ErrnoText(int error) { return std::generic_category().message(error); }

// "`what`: Permission denied", which ends the program with kExitSystem.
inline absl::Status SystemError(const std::string& what, int error = errno) {
  return WithExitCode(absl::InternalError(absl::StrCat(what, ": ", ErrnoText(error))), kExitSystem);
}

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_SYSTEM_ERROR_H_
