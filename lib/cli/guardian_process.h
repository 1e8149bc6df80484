// The process that ends a command whose lock is about to be lost, whatever happens to the one that
// runs it: stopped, starved or killed.
#ifndef HOLDFAST_CLI_GUARDIAN_PROCESS_H_
#define HOLDFAST_CLI_GUARDIAN_PROCESS_H_

#include <sys/types.h>

#include <chrono>

namespace holdfast::cli {

// When to end the command, on the boot-time clock. `max()`: never.
struct Deadlines {
  std::chrono::nanoseconds term_at = std::chrono::nanoseconds::max();
  std::chrono::nanoseconds kill_at = std::chrono::nanoseconds::max();
};

// What is sent to the guardian. When its socket closes without a goodbye, it kills at once.
struct GuardianOrder {
  enum class Kind { kWatch, kGoodbye };
  Kind kind = Kind::kWatch;
  pid_t group = 0;  // The command's process group, named after its first process.
  Deadlines deadlines;
};

// What it tells: that it signalled a command which was still running.
enum class GuardianAct : char { kTerm = 'T', kKill = 'K' };

// The guardian's whole life. Call it in a process just forked from one with a single thread.
[[noreturn]] void BeGuardian(int socket);

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_GUARDIAN_PROCESS_H_
