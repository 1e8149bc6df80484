#include "holdfast/mutex.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/status/statusor.h"
#include "core/failure.h"
#include "core/text.h"
#include "holdfast/errors.h"

namespace holdfast {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

namespace detail {

bool LocalMutex::try_lock_for(nanoseconds wait) {
  std::unique_lock guard(mutex_);
  if (!freed_.wait_for(guard, wait, [this] { return !locked_; })) return false;
  locked_ = true;
  return true;
}

void LocalMutex::unlock() {
  // Told under the mutex: who locks next may destroy this as soon as it is free.
  const std::lock_guard guard(mutex_);
  locked_ = false;
  freed_.notify_one();
}

}  // namespace detail

namespace {

// Bounds of the moment that try_lock() waits for another thread.
constexpr milliseconds kShortest{1}, kLongest{100};

bool MayPass(const absl::Status& status) {
  return IsHeld(status) || IsUndecided(status) || IsNoQuorum(status);
}

absl::Status HeldByAThread(const Names& names) {
  return core::MakeFailure(
      core::Joined(names.list()),
      {.kind = Failure::Kind::kHeld, .summary = "another thread of this process has the Mutex"});
}

absl::Status ReleaseQuietly(BlockingLock& lock) noexcept {
  try {
    return lock.Release();
  } catch (const std::exception&) {
    return absl::ResourceExhaustedError("no memory to wait for the release");
  }
}

}  // namespace

LockError::LockError(absl::Status status)
    : std::runtime_error(std::string(status.message())), status_(std::move(status)) {}

Mutex::Mutex(BlockingClient client, Names names, MutexOptions options)
    : client_(std::move(client)), names_(std::move(names)), options_(options) {}

void Mutex::lock() {
  absl::Status status = LockWithin(kWaitForever);
  while (MayPass(status)) status = LockWithin(kWaitForever);
  if (!status.ok()) throw LockError(std::move(status));
}

bool Mutex::try_lock() { return TryLock(milliseconds(0)); }

bool Mutex::TryLock(milliseconds wait) { return LockWithin(std::max(wait, milliseconds(0))).ok(); }

absl::Status Mutex::LockWithin(milliseconds wait) {
  const steady_clock::time_point start = steady_clock::now();
  std::unique_lock turn(local_, std::try_to_lock);
  absl::Status status = Queue(turn, wait.count() == 0 ? Moment() : wait);
  if (status.ok()) {
    const auto waited = std::chrono::floor<milliseconds>(steady_clock::now() - start);
    // A wait that is over is not a wait of 0, which lasts for up to the command timeout.
    status = Acquire(wait.count() == 0 ? wait : std::max(wait - waited, milliseconds(1)));
  }
  if (status.ok()) turn.release();  // Until unlock().
  const std::lock_guard guard(guard_);
  status_ = status;
  return status;
}

absl::Status Mutex::Queue(std::unique_lock<detail::LocalMutex>& turn, nanoseconds wait) {
  if (turn.owns_lock()) return absl::OkStatus();
  // Fails where nobody would ever unlock: in a callback of the client, and in a forked child.
  absl::Status may_wait = client_.GetStats().status();
  if (!may_wait.ok()) return may_wait;
  return turn.try_lock_for(wait) ? absl::OkStatus() : HeldByAThread(names_);
}

// How long try_lock() waits for another thread. Two threads in std::lock, each with one of two
// Mutexes, give theirs up and take the other's in step; that would go on for long if both gave up
// at once. So the time is drawn, from the clock, out of several times what giving up takes.
nanoseconds Mutex::Moment() const {
  const std::lock_guard guard(guard_);
  const nanoseconds most = std::clamp<nanoseconds>(4 * release_took_, kShortest, kLongest);
  return steady_clock::now().time_since_epoch() % most;
}

absl::Status Mutex::Acquire(milliseconds wait) {
  absl::StatusOr<BlockingLock> lock = client_.Acquire(
      names_,
      {.ttl = options_.ttl, .wait = wait, .auto_extend = true, .max_hold = options_.max_hold});
  if (!lock.ok()) return lock.status();
  const std::lock_guard guard(guard_);
  lock_.emplace(*std::move(lock));
  return absl::OkStatus();
}

void Mutex::unlock() noexcept {
  std::unique_lock guard(guard_);
  if (!lock_) return;
  std::optional<BlockingLock> lock = std::move(lock_);
  lock_.reset();
  guard.unlock();
  const steady_clock::time_point start = steady_clock::now();
  absl::Status status = ReleaseQuietly(*lock);
  lock.reset();  // Starts in the background what could not be waited for.
  guard.lock();
  release_took_ = steady_clock::now() - start;
  status_ = std::move(status);
  guard.unlock();
  local_.unlock();
}

absl::Status Mutex::status() const {
  const std::lock_guard guard(guard_);
  return status_;
}

std::stop_token Mutex::lost() const {
  const std::lock_guard guard(guard_);
  if (lock_) return lock_->lost();
  std::stop_source fired;
  fired.request_stop();
  return fired.get_token();
}

std::uint64_t Mutex::fence() const {
  const std::lock_guard guard(guard_);
  return lock_ ? lock_->fence() : 0;
}

std::chrono::nanoseconds Mutex::valid_for() const {
  const std::lock_guard guard(guard_);
  return lock_ ? lock_->valid_for() : std::chrono::nanoseconds(0);
}

}  // namespace holdfast
