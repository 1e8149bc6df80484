// What a turn has completed first.
#ifndef HOLDFAST_NET_TURN_SLOT_H_
#define HOLDFAST_NET_TURN_SLOT_H_

#include <asio/any_io_executor.hpp>
#include <memory>
#include <utility>

#include "holdfast/detail/queued.h"

namespace holdfast::net {

// While there is one on the thread, a turn of a poll set goes on. An operation that is put in runs
// when the turn is over: in the handler that is there already, but off the strand. Posted, it would
// have to wait until the loop has looked at its sockets once more. Only one: several handlers must
// be able to run on several threads.
class TurnSlot {
 public:
  explicit TurnSlot(const asio::any_io_executor& executor)
      : executor_(executor), outer_(std::exchange(current_, this)) {}
  ~TurnSlot() { current_ = outer_; }
  TurnSlot(const TurnSlot&) = delete;
  TurnSlot& operator=(const TurnSlot&) = delete;

  // On this thread.
  static bool IsOpen() { return current_ != nullptr; }

  // False, and nothing taken: there is none on this thread for that executor, or it is full.
  static bool Put(const asio::any_io_executor& executor,
                  std::unique_ptr<detail::Queued>& operation) {
    if (current_ == nullptr || current_->operation_ || current_->executor_ != executor)
      return false;
    current_->operation_ = std::move(operation);
    return true;
  }

  std::unique_ptr<detail::Queued> Take() { return std::move(operation_); }

 private:
  static inline thread_local TurnSlot* current_ = nullptr;

  const asio::any_io_executor& executor_;
  TurnSlot* const outer_;
  std::unique_ptr<detail::Queued> operation_;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_TURN_SLOT_H_
