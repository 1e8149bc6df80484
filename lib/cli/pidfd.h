// Processes as file descriptors, which mean the same process even when its number is used again.
#ifndef HOLDFAST_CLI_PIDFD_H_
#define HOLDFAST_CLI_PIDFD_H_

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace holdfast::cli {

// System calls, because glibc 2.36 declares its functions for them with C++ linkage.
inline int PidfdOpen(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

inline void PidfdSignal(int pidfd, int signal) {
  syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0);
}

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_PIDFD_H_
