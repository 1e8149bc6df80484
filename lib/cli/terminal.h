// The terminal's foreground, lent to the command so that it can read and be interrupted.
#ifndef HOLDFAST_CLI_TERMINAL_H_
#define HOLDFAST_CLI_TERMINAL_H_

#include <sys/types.h>

#include "net/unique_fd.h"

namespace holdfast::cli {

class Terminal {
 public:
  Terminal();

  // Our process group is in the foreground.
  bool IsOurs() const;

  // We are a job of our own of a shell's, on its terminal. In a pipeline or a script others share
  // our group: they would lose the terminal, and Ctrl-C, with us.
  bool IsOursAlone() const;

  void GiveTo(pid_t group);
  void TakeBackFrom(pid_t group);

 private:
  pid_t Foreground() const;

  net::UniqueFd tty_;  // Closed if there is no controlling terminal.
};

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_TERMINAL_H_
