#include "cli/signals.h"

#include <signal.h>

#include <vector>

#include "asio/error_code.hpp"

namespace holdfast::cli {
namespace {

bool IsIgnored(int signal) {
  struct sigaction current {};
  sigaction(signal, nullptr, &current);
  return current.sa_handler == SIG_IGN;
}

}  // namespace

void Signals::Catch(const std::vector<int>& signals) {
  for (const int signal : signals) {
    // A parent that ignores SIGCHLD must not take our children's ends away from us.
    if (IsIgnored(signal) && signal != SIGCHLD) continue;
    asio::error_code error;
    set_.add(signal, error);
    if (!error) caught_.push_back(signal);
  }
  if (!waiting_) Wait();
}

void Signals::Wait() {
  waiting_ = true;
  set_.async_wait([this](const asio::error_code& error, int signal) {
    if (error) return;
    if (handler_) handler_(signal);
    Wait();
  });
}

}  // namespace holdfast::cli
