// Signals as events of the io_context.
#ifndef HOLDFAST_CLI_SIGNALS_H_
#define HOLDFAST_CLI_SIGNALS_H_

#include <functional>
#include <vector>

#include "asio/io_context.hpp"
#include "asio/signal_set.hpp"

namespace holdfast::cli {

// Catches signals for as long as it lives; none is lost between two handlers. What was ignored when
// the program was started (nohup, a shell's background) stays ignored.
class Signals {
 public:
  explicit Signals(asio::io_context& io) : set_(io) {}

  void Catch(const std::vector<int>& signals);

  // Whom to tell; replaces the one before. Without one, signals are dropped.
  void OnSignal(std::function<void(int)> handler) { handler_ = std::move(handler); }

  // The signals that are caught, which a child must get back as they were.
  const std::vector<int>& caught() const { return caught_; }

  // Ends the wait, so that the io_context can run out of work.
  void Stop() { set_.cancel(); }

 private:
  void Wait();

  asio::signal_set set_;
  std::function<void(int)> handler_;
  std::vector<int> caught_;
  bool waiting_ = false;
};

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_SIGNALS_H_
