// The loop of the blocking clients, and whose turn it is to run it.
#ifndef HOLDFAST_IO_LOOP_H_
#define HOLDFAST_IO_LOOP_H_

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "net/clock.h"

namespace holdfast::detail {

// Who waits for an answer runs the loop himself, where nobody else does: so no thread waits for
// another. The client's own thread runs it while nobody calls, and for those who wait when the one
// who ran it has his answer. One thread at a time is inside.
//
// While one call follows another the thread keeps away from the loop: it takes it when there was
// no call for a moment. What is left to the loop meanwhile, but not waited for, needs a Nudge().
class IoLoop {
 public:
  // Of one call, on the stack of its caller.
  class Call {
   private:
    friend class IoLoop;
    bool answered_ = false;
    bool waits_ = false;
    std::condition_variable told_;
  };

  asio::io_context& io() { return io_; }

  // Whether this is the child of the process that made it, where it must not be run.
  bool forked() const { return net::ForkGeneration() != fork_generation_; }

  // Returns when the call was answered, or in a child that a handler has forked off meanwhile.
  // noexcept: what a handler throws is not for who happens to run it.
  void AwaitAnswer(Call& call) noexcept;

  // In a handler of the loop. Afterwards the call may be gone.
  void Answer(Call& call);

  // Has the thread see to what was posted, unless somebody else does.
  void Nudge() noexcept;

  // From now on the thread is always in the loop, as for things that are posted at any time.
  void Stay() noexcept;

  // The thread's: until End() was called, and nothing is left to do.
  void Run() noexcept;

  // Nobody calls any more.
  void End() noexcept;

 private:
  enum class Driver { kNobody, kCaller, kThread };

  void Drive(Call& call, std::unique_lock<std::mutex>& lock);
  void Leave();

  // Of the thread.
  bool AwaitTurn(std::unique_lock<std::mutex>& lock);
  bool AwaitPause(std::unique_lock<std::mutex>& lock);
  void TakeTurn(std::unique_lock<std::mutex>& lock, bool waits);
  bool IsCalledFor() const;

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  const int fork_generation_ = net::ForkGeneration();

  std::mutex mutex_;                 // Guards what follows; never held while handlers run.
  std::condition_variable wake_;     // The thread.
  Driver driver_ = Driver::kThread;  // It is on its way.
  int waiters_ = 0;                  // Calls that somebody else has to answer.
  std::uint64_t driven_ = 0;         // Calls that ran the loop so far.
  bool nudged_ = false;
  bool stays_ = false;
  bool sleeps_ = false;  // The thread, until a call that takes long is over.
  bool ending_ = false;
  bool served_ = false;  // The thread's turn is over.
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_IO_LOOP_H_
