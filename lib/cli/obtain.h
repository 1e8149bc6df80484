// Taking a lock, for as long as it takes or until a signal says to stop.
#ifndef HOLDFAST_CLI_OBTAIN_H_
#define HOLDFAST_CLI_OBTAIN_H_

#include "absl/status/statusor.h"
#include "cli/session.h"
#include "holdfast/lock.h"
#include "holdfast/names.h"
#include "holdfast/options.h"

namespace holdfast::cli {

struct Obtained {
  absl::StatusOr<Lock> lock;
  int signal = 0;  // The one that ended the wait; then there is no lock.
};

// Says on stderr who holds the lock, or which nodes are missing, when it takes longer than a
// second. SIGINT, SIGTERM and SIGHUP cancel; nothing is left behind on the nodes then.
Obtained Obtain(Session& session, const Names& names, const AcquireOptions& options);

// Tells of the failure and returns the exit code for it.
int ReportNotObtained(const Obtained& obtained, const Names& names, const WaitOptions& options,
                      bool json);

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_OBTAIN_H_
