#include "cli/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/signal_hold.h"

namespace holdfast::cli {
namespace {

// From the background the call would stop us with SIGTTOU.
void SetForeground(int tty, pid_t group) {
  const SignalHold hold({SIGTTOU});
  tcsetpgrp(tty, group);
}

}  // namespace

Terminal::Terminal() : tty_(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {}

pid_t Terminal::Foreground() const { return tty_ ? tcgetpgrp(tty_.get()) : -1; }

bool Terminal::IsOurs() const { return Foreground() == getpgrp(); }

bool Terminal::IsOursAlone() const {
  return IsOurs() && getpgrp() == getpid() && isatty(STDIN_FILENO) != 0 &&
         isatty(STDOUT_FILENO) != 0;
}

void Terminal::GiveTo(pid_t group) { SetForeground(tty_.get(), group); }

void Terminal::TakeBackFrom(pid_t group) {
  if (Foreground() == group) SetForeground(tty_.get(), getpgrp());
}

}  // namespace holdfast::cli
