#include "io_loop.h"

#include <chrono>

namespace holdfast::detail {
namespace {

// Without a call for so long, and twice as long at the most, the thread takes the loop.
constexpr std::chrono::milliseconds kPause{1};

}  // namespace

void IoLoop::AwaitAnswer(Call& call) noexcept {
  std::unique_lock lock(mutex_);
  if (call.answered_) return;
  if (driver_ == Driver::kNobody) return Drive(call, lock);
  call.waits_ = true;
  ++waiters_;
  call.told_.wait(lock, [&call] { return call.answered_; });
}

void IoLoop::Drive(Call& call, std::unique_lock<std::mutex>& lock) {
  driver_ = Driver::kCaller;
  ++driven_;
  lock.unlock();
  while (!call.answered_ && !forked()) io_.run_one();
  if (forked()) return;  // Another thread may have held the mutex.
  lock.lock();
  Leave();
}

void IoLoop::Leave() {
  driver_ = Driver::kNobody;
  if (sleeps_ || IsCalledFor()) wake_.notify_one();
  sleeps_ = false;
}

void IoLoop::Answer(Call& call) {
  if (forked()) return;
  const std::lock_guard lock(mutex_);
  call.answered_ = true;
  if (call.waits_) {
    --waiters_;
    call.told_.notify_one();
  }
  served_ = waiters_ == 0 && !stays_;
}

void IoLoop::Nudge() noexcept {
  if (forked()) return;
  const std::lock_guard lock(mutex_);
  nudged_ = true;
  if (IsCalledFor()) wake_.notify_one();
}

void IoLoop::Stay() noexcept {
  if (forked()) return;
  const std::lock_guard lock(mutex_);
  stays_ = true;
  if (IsCalledFor()) wake_.notify_one();
}

void IoLoop::End() noexcept {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  work_.reset();
  wake_.notify_one();
}

void IoLoop::Run() noexcept {
  std::unique_lock lock(mutex_);
  for (bool waits = true; !ending_; waits = AwaitTurn(lock)) TakeTurn(lock, waits);
  lock.unlock();
  io_.run();
}

// Whether to wait in the loop for what comes. Where it was only nudged, it does what is there to do
// now: the next call is to find the loop free.
bool IoLoop::AwaitTurn(std::unique_lock<std::mutex>& lock) {
  return AwaitPause(lock) || waiters_ > 0 || stays_;
}

// False: it is called for before that.
bool IoLoop::AwaitPause(std::unique_lock<std::mutex>& lock) {
  while (true) {
    const std::uint64_t before = driven_;
    if (wake_.wait_for(lock, kPause, [this] { return IsCalledFor(); })) return false;
    if (driven_ != before) continue;
    if (driver_ == Driver::kNobody) return true;
    sleeps_ = true;
    wake_.wait(lock, [this] { return !sleeps_; });
  }
}

bool IoLoop::IsCalledFor() const {
  return driver_ == Driver::kNobody && (nudged_ || waiters_ > 0 || stays_ || ending_);
}

void IoLoop::TakeTurn(std::unique_lock<std::mutex>& lock, bool waits) {
  driver_ = Driver::kThread;
  nudged_ = false;
  served_ = false;
  lock.unlock();
  const auto step = [this, waits] { return waits ? io_.run_one() : io_.poll_one(); };
  while (!served_ && step() > 0) continue;
  lock.lock();
  driver_ = Driver::kNobody;
}

}  // namespace holdfast::detail
