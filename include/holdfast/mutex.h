// A named lock with the shape of std::timed_mutex.
//
//   holdfast::Mutex from(client, "account:1"), to(client, "account:2");
//   std::scoped_lock both(from, to);  // of all threads, processes and machines, ours alone
#ifndef HOLDFAST_MUTEX_H_
#define HOLDFAST_MUTEX_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "holdfast/blocking.h"
#include "holdfast/names.h"
#include "holdfast/options.h"

namespace holdfast {

namespace detail {

// The threads of this process. Unlike std::timed_mutex it may be unlocked by any thread and
// destroyed while it is locked.
class LocalMutex {
 public:
  bool try_lock() { return try_lock_for(std::chrono::nanoseconds(0)); }
  bool try_lock_for(std::chrono::nanoseconds wait);
  void unlock();

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  bool locked_ = false;
};

}  // namespace detail

// What `Mutex::lock()` throws.
class LockError : public std::runtime_error {
 public:
  explicit LockError(absl::Status status);
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

struct MutexOptions {
  // As in AcquireOptions. The lock is extended for as long as it is held, which `max_hold` bounds.
  std::chrono::milliseconds ttl{10'000};
  std::chrono::milliseconds max_hold{0};
};
static_assert(std::is_trivially_destructible_v<MutexOptions>);

// The lock of a name or of several (`Mutex both(client, {"account:1", "account:2"})`) as a C++
// Lockable and TimedLockable, for std::scoped_lock, std::unique_lock and std::lock_guard. It is a
// lease all the same, which can be lost while it is held: see `lost()` and `fence()`.
//
// Thread safety: any member but the destructor may be called from any thread; threads that lock the
// same object queue up inside the process, so that one of them asks the nodes. Not recursive.
// Never throws but LockError from lock(), and std::bad_alloc.
class Mutex {
 public:
  // A bad name or ttl shows when it is locked.
  Mutex(BlockingClient client, Names names, MutexOptions options = {});
  // Of a held Mutex: releases it in the background (and waits as the destructor of the
  // last BlockingLock does).
  ~Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  // Waits for as long as it takes, also while too few nodes can be reached. Throws LockError for
  // what waiting does not mend: kPermissionDenied, kInvalidArgument, IsMisconfigured; and
  // kFailedPrecondition in a process forked off since the client was made, and in a callback of the
  // client.
  void lock();

  // One attempt, which ends after the client's command timeout at the latest, or, where another
  // thread of the process has it, after a moment (100 ms at the most). False for whatever reason:
  // it is held, too few nodes can be reached, or it is one of the errors that lock() throws.
  // `status()` says which.
  bool try_lock();

  // As try_lock(), but tries again until the time is over. An error that waiting does not mend ends
  // it sooner.
  template <class Rep, class Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& wait) {
    // As a floating-point number no duration is too long to be compared.
    const std::chrono::duration<double, std::milli> millis(wait);
    if (millis >= kWaitForever) return TryLock(kWaitForever);
    return TryLock(std::chrono::ceil<std::chrono::milliseconds>(millis));
  }

  template <class Clock, class Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration>& deadline) {
    const auto now = Clock::now();
    return deadline > now ? try_lock_for(deadline - now) : try_lock();
  }

  // Releases, and waits until it is free or the command timeout is over; `status()` says how it
  // ended. Nothing happens where it is not held. Who cannot wait, as in a callback of the client,
  // releases in the background.
  void unlock() noexcept;

  // How the last call of lock(), try_lock…() or unlock() ended, by any thread: as
  // `Client::Acquire` and `Lock::Release` say. IsLost after unlock(): it was lost before.
  absl::Status status() const;

  // Of the held lock, as in Lock. Where it is not held: a token that has fired, 0, and zero.
  std::stop_token lost() const;
  std::uint64_t fence() const;
  std::chrono::nanoseconds valid_for() const;

 private:
  bool TryLock(std::chrono::milliseconds wait);
  absl::Status LockWithin(std::chrono::milliseconds wait);
  absl::Status Queue(std::unique_lock<detail::LocalMutex>& turn, std::chrono::nanoseconds wait);
  std::chrono::nanoseconds Moment() const;
  absl::Status Acquire(std::chrono::milliseconds wait);

  const BlockingClient client_;
  const Names names_;
  const MutexOptions options_;
  detail::LocalMutex local_;
  mutable std::mutex guard_;  // Of what follows; never held during a call of the client.
  std::optional<BlockingLock> lock_;
  absl::Status status_;
  std::chrono::nanoseconds release_took_ = std::chrono::milliseconds(1);
};

}  // namespace holdfast

#endif  // HOLDFAST_MUTEX_H_
