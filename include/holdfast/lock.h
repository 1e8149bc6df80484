// A held lock.
#ifndef HOLDFAST_LOCK_H_
#define HOLDFAST_LOCK_H_

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holdfast/detail/initiate.h"

namespace holdfast {

namespace detail {
class LockState;
}

// A lease on a name, as `Client::Acquire` returns it. It ends by itself when its validity runs out:
// a lease is not a proof, so work that must not be done twice checks `valid_for()` as late as it
// can, and stops when `lost()` fires.
//
// Thread safety: any member but assignment and the destructor may be called from any thread.
// Lifetime: outlives its Client without harm; the connections stay open until both are gone.
// Destruction releases in the background, within the client's command timeout, and never throws or
// blocks. A moved-from Lock may only be destroyed or assigned to.
class Lock {
 public:
  Lock(Lock&&) noexcept = default;
  Lock& operator=(Lock&& other) noexcept;
  ~Lock();

  // The name it was acquired by, without the key prefix.
  const std::string& name() const;

  // What makes this lease different from any other: 32 hexadecimal digits, fresh for each attempt.
  // Whoever knows it can extend and release the lock (`Client::Attach`), so do not log it.
  const std::string& token() const;

  // How long the lock is still certain to be ours, on the boot-time clock, which also runs while
  // the machine is suspended. Zero once it is lost, expired or released. Needs no network.
  std::chrono::nanoseconds valid_for() const;

  // Fires when the lock is about to be lost (a margin of ttl/20, 5 to 250 ms, ahead of the end of
  // its validity), at once when a majority of nodes say it is gone, and when it is released. It
  // never un-fires. Callbacks run on the client's executor: keep them short.
  std::stop_token lost() const;

  // Makes the lock last `ttl` from now, completing with an `absl::Status`. Only prolongs: a ttl
  // shorter than what is left changes nothing. One round to all nodes, decided by a quorum of
  // confirmations; a failed extension neither shortens nor releases, and may be tried again while
  // there is time. Errors: IsLost when the lock is gone; IsNoQuorum or IsUndecided when it is still
  // ours for `valid_for()` but could not be prolonged; kInvalidArgument for a ttl out of bounds.
  template <class Token>
  auto Extend(std::chrono::milliseconds ttl, Token&& token);

  // Gives the lock up, completing with an `absl::Status` once a quorum is free, or after the
  // client's command timeout. IsLost when it was no longer ours (also: expired, or released
  // before), without asking anybody; IsNoQuorum when too few nodes could be reached: the rest is
  // told when they are back, or expires. In any case the lock is no longer held afterwards.
  template <class Token>
  auto Release(Token&& token);

  // Lets go of the lock without releasing it: it lasts until its ttl is over, and whoever has the
  // returned token may extend or release it.
  std::string Detach();

 private:
  friend class Client;
  friend void Recheck(absl::StatusOr<Lock>& result);

  explicit Lock(std::shared_ptr<detail::LockState> state) : state_(std::move(state)) {}

  asio::any_io_executor executor() const;
  using State = std::shared_ptr<detail::LockState>;
  static void StartExtend(const State& state, std::chrono::milliseconds ttl,
                          detail::Completion<absl::Status> done);
  static void StartRelease(const State& state, detail::Completion<absl::Status> done);

  std::shared_ptr<detail::LockState> state_;
};

// Found by `detail::Initiate`: no lock is handed out that is not valid in that moment.
void Recheck(absl::StatusOr<Lock>& result);

template <class Token>
auto Lock::Extend(std::chrono::milliseconds ttl, Token&& token) {
  return detail::Initiate<absl::Status>(
      std::forward<Token>(token), executor(),
      [state = state_, ttl](detail::Completion<absl::Status> done) {
        StartExtend(state, ttl, std::move(done));
      },
      [] {});
}

template <class Token>
auto Lock::Release(Token&& token) {
  return detail::Initiate<absl::Status>(
      std::forward<Token>(token), executor(),
      [state = state_](detail::Completion<absl::Status> done) {
        StartRelease(state, std::move(done));
      },
      [] {});
}

}  // namespace holdfast

#endif  // HOLDFAST_LOCK_H_
