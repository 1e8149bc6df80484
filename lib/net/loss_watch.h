// Tells of deadlines when nobody else runs.
#ifndef HOLDFAST_NET_LOSS_WATCH_H_
#define HOLDFAST_NET_LOSS_WATCH_H_

#include <cstdint>
#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/pool.h"
#include "core/time.h"
#include "core/timer_heap.h"
#include "net/clock.h"

namespace holdfast::net {

// One thread of the process that keeps deadlines on CLOCK_BOOTTIME, whatever the executors of its
// clients are busy with. It sleeps while nothing is due, and is never ended: it goes with the
// process. Thread safety: everything may be called from any thread. In a process forked off since,
// calls do nothing: the thread is not there, and another may have held the mutex.
class LossWatch {
 public:
  class Target {
   public:
    // On the watch thread, with nothing locked. All others wait meanwhile. May come just after the
    // deadline was moved or removed elsewhere: what is due is for the target to decide.
    virtual void OnDeadline() noexcept = 0;

   protected:
    ~Target() = default;
  };
  using Ticket = std::uint32_t;

  // That of this process, made by the first call; a forked child gets its own. Not OK when there is
  // no thread or descriptor to be had; the next call tries again. What it points to stays for ever.
  static absl::StatusOr<LossWatch*> Get();

  ~LossWatch();
  LossWatch(const LossWatch&) = delete;
  LossWatch& operator=(const LossWatch&) = delete;

  // Whether whoever asks is called back by it.
  static bool IsThisThread();

  // Has `target` called back once, when the time has come. The ticket is valid until it is removed,
  // which it must be also when the target is gone.
  Ticket Add(std::weak_ptr<Target> target, core::TimePoint when);

  // Another deadline, be it for one that was told of already. kNever: none for now.
  void Move(Ticket ticket, core::TimePoint when);

  void Remove(Ticket ticket);

 private:
  struct Slot {
    bool used = false;
    std::weak_ptr<Target> target;
  };

  explicit LossWatch(int timer) : timer_(timer) {}
  static absl::StatusOr<std::unique_ptr<LossWatch>> Make();
  absl::Status Start();

  bool stale() const { return ForkGeneration() != fork_generation_; }

  // With the mutex held.
  void Set(Ticket ticket, core::TimePoint when);
  void Arm(core::TimePoint when);

  // Of the thread.
  void Run();
  bool AwaitTimer() const;
  std::shared_ptr<Target> NextDue();

  const int timer_;
  const int fork_generation_ = ForkGeneration();
  std::mutex mutex_;  // Guards what follows.
  bool started_ = false;
  core::Pool<Slot> slots_;
  core::TimerHeap deadlines_;
  core::TimePoint armed_ = core::kNever;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_LOSS_WATCH_H_
