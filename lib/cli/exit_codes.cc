#include "cli/exit_codes.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "holdfast/errors.h"

namespace holdfast::cli {
namespace {

constexpr char kPayload[] = "holdfast.cli/exit-code";

struct Meaning {
  int code;
  const char* kind;
  const char* text;
};

constexpr std::array kMeanings = {
    Meaning{kExitOk, "ok", "done; for run: the command's own status"},
    Meaning{kExitFlaws, "flaws", "doctor: a quorum votes, but not all is well"},
    Meaning{kExitUsage, "usage", "wrong usage: flag, name, ttl"},
    Meaning{kExitNoQuorum, "no_quorum", "too few nodes could be reached"},
    Meaning{kExitInternal, "internal", "something that should not happen"},
    Meaning{kExitSystem, "system", "the operating system refused something"},
    Meaning{kExitLost, "lost", "the lock is lost; run: the command was stopped for it"},
    Meaning{kExitNotObtained, "not_obtained", "not obtained in time (or the code given with -E)"},
    Meaning{kExitDenied, "denied", "the servers refuse our credentials or rights"},
    Meaning{kExitConfig, "config", "bad or missing configuration, or other than the nodes have"},
    Meaning{kExitCannotExecute, "cannot_execute", "run: the command cannot be executed"},
    Meaning{kExitNotFound, "not_found", "run: the command does not exist"},
    Meaning{kExitSignal, "signal", "plus n: ended by signal n"},
};

std::optional<int> ExplicitCode(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (!payload.has_value()) return std::nullopt;
  return std::atoi(std::string(*payload).c_str());
}

}  // namespace

absl::Status WithExitCode(absl::Status status, int code) {
  status.SetPayload(kPayload, absl::Cord(absl::StrCat(code)));
  return status;
}

int ExitCodeOf(const absl::Status& status) {
  if (const auto code = ExplicitCode(status)) return *code;
  if (IsMisconfigured(status)) return kExitConfig;
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kInvalidArgument:
      return kExitUsage;
    case absl::StatusCode::kUnavailable:
      return kExitNoQuorum;
    case absl::StatusCode::kFailedPrecondition:
      return kExitLost;
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
      return kExitNotObtained;
    case absl::StatusCode::kPermissionDenied:
      return kExitDenied;
    default:
      return kExitInternal;
  }
}

std::string ExitKind(int code) {
  const auto* found = std::find_if(kMeanings.begin(), kMeanings.end(),
                                   [code](const Meaning& meaning) { return meaning.code == code; });
  if (found != kMeanings.end()) return found->kind;
  return code > kExitSignal ? "signal" : "other";
}

std::string ExitCodeHelp() {
  std::string text = "Exit codes:\n";
  for (const Meaning& meaning : kMeanings) {
    absl::StrAppend(&text, "  ", meaning.code, meaning.code == kExitSignal ? "+n" : "", "\t",
                    meaning.text, "\n");
  }
  return text;
}

}  // namespace holdfast::cli
