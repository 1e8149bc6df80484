// Signals held back while something must not be torn apart.
#ifndef HOLDFAST_CLI_SIGNAL_HOLD_H_
#define HOLDFAST_CLI_SIGNAL_HOLD_H_

#include <signal.h>

#include <initializer_list>

namespace holdfast::cli {

// Blocks the signals for the calling thread while it lives. One that came meanwhile takes its
// effect when it ends.
class SignalHold {
 public:
  explicit SignalHold(std::initializer_list<int> signals) {
    sigemptyset(&held_);
    for (const int signal : signals) sigaddset(&held_, signal);
    pthread_sigmask(SIG_BLOCK, &held_, &before_);
  }
  SignalHold(const SignalHold&) = delete;
  SignalHold& operator=(const SignalHold&) = delete;
  ~SignalHold() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  // Whether one of them has come.
  bool pending() const {
    sigset_t waiting, ours;
    sigpending(&waiting);
    sigandset(&ours, &waiting, &held_);
    return sigisemptyset(&ours) == 0;
  }

 private:
  sigset_t held_;
  sigset_t before_;
};

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_SIGNAL_HOLD_H_
