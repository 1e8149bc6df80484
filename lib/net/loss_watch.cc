#include "net/loss_watch.h"

#include <pthread.h>
#include <signal.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace holdfast::net {
namespace {

thread_local bool is_this_thread = false;

absl::Status NoResource(const std::string& what, int error) {
  return absl::ResourceExhaustedError("no watch over the end of locks: " + what + ": " +
                                      std::generic_category().message(error));
}

// Starts a detached thread that the handlers of the program's signals never run in: those come to
// threads of its own. Not blocked is what only the thread's own faults raise: that would end the
// process without the report of its crash handler. Returns an errno, or 0.
int StartThread(void* (*main)(void*), void* argument) {
  sigset_t blocked;
  sigset_t before;
  sigfillset(&blocked);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) sigdelset(&blocked, fault);
  // Here, for the new thread to inherit: once it runs, it would be too late.
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  pthread_t thread;
  const int error = pthread_create(&thread, nullptr, main, argument);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) return error;
  pthread_setname_np(thread, "holdfast-loss");
  pthread_detach(thread);
  return 0;
}

}  // namespace

absl::StatusOr<LossWatch*> LossWatch::Get() {
  // No mutex: in a forked child it might be held for ever.
  static std::atomic<LossWatch*> current = nullptr;
  LossWatch* watch = current.load();
  if (watch == nullptr || watch->stale()) {
    absl::StatusOr<std::unique_ptr<LossWatch>> made = Make();
    if (!made.ok()) return made.status();
    // If another thread was first, `watch` becomes that thread's.
    if (current.compare_exchange_strong(watch, made->get())) watch = made->release();
  }
  absl::Status status = watch->Start();
  if (!status.ok()) return status;
  return watch;
}

absl::StatusOr<std::unique_ptr<LossWatch>> LossWatch::Make() {
  const int timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
  if (timer < 0) return NoResource("timerfd_create", errno);
  return std::unique_ptr<LossWatch>(new LossWatch(timer));
}

LossWatch::~LossWatch() { close(timer_); }

absl::Status LossWatch::Start() {
  const std::lock_guard lock(mutex_);
  if (started_) return absl::OkStatus();
  const auto main = [](void* self) -> void* {
    static_cast<LossWatch*>(self)->Run();
    return nullptr;
  };
  const int error = StartThread(main, this);
  if (error != 0) return NoResource("pthread_create", error);
  started_ = true;
  return absl::OkStatus();
}

LossWatch::Ticket LossWatch::Add(std::weak_ptr<Target> target, core::TimePoint when) {
  if (stale()) return 0;
  const std::lock_guard lock(mutex_);
  const Ticket ticket = slots_.Take();
  slots_[ticket].target = std::move(target);
  Set(ticket, when);
  return ticket;
}

void LossWatch::Move(Ticket ticket, core::TimePoint when) {
  if (stale()) return;
  const std::lock_guard lock(mutex_);
  Set(ticket, when);
}

void LossWatch::Remove(Ticket ticket) {
  if (stale()) return;
  const std::lock_guard lock(mutex_);
  deadlines_.Clear(ticket);
  slots_[ticket].target.reset();
  slots_.GiveBack(ticket);
}

// Only what is due earlier than anything before costs a system call. Extensions move deadlines
// later: the thread then wakes once for nothing, at the old time.
void LossWatch::Set(Ticket ticket, core::TimePoint when) {
  deadlines_.Set(ticket, when);
  if (when < armed_) Arm(when);
}

void LossWatch::Arm(core::TimePoint when) {
  armed_ = when;
  if (when == core::kNever) return;  // It has just run out, and rests.
  // An instant of zero would disarm it.
  const auto ns = std::max<std::int64_t>(when.time_since_epoch().count(), 1);
  itimerspec spec = {};
  spec.it_value.tv_sec = ns / 1'000'000'000;
  spec.it_value.tv_nsec = ns % 1'000'000'000;
  timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr);
}

bool LossWatch::IsThisThread() { return is_this_thread; }

void LossWatch::Run() {
  is_this_thread = true;
  while (!stale() && AwaitTimer()) {
    while (const std::shared_ptr<Target> target = NextDue()) target->OnDeadline();
  }
}

// Sleeps until the timer runs out, whatever it is set to meanwhile. False when the descriptor is
// not ours any more, as in a program that closes all it finds: better no thread than a busy one.
bool LossWatch::AwaitTimer() const {
  std::uint64_t expirations = 0;
  ssize_t n = -1;
  do {
    n = read(timer_, &expirations, sizeof expirations);
  } while (n < 0 && errno == EINTR);
  return n == sizeof expirations;
}

// Null when nothing more is due; then the timer is armed anew. One at a time, so that each may add
// and move others, and none is kept alive longer than its own call.
std::shared_ptr<LossWatch::Target> LossWatch::NextDue() {
  if (stale()) return nullptr;  // Forked off within a call.
  const std::lock_guard lock(mutex_);
  const core::TimePoint now = Now();
  while (deadlines_.next() <= now) {
    if (auto target = slots_[deadlines_.Pop()].target.lock()) return target;
  }
  Arm(deadlines_.next());
  return nullptr;
}

}  // namespace holdfast::net
