// A held lock.
#ifndef HOLDFAST_LOCK_H_
#define HOLDFAST_LOCK_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holdfast/detail/initiate.h"

namespace holdfast {

class BlockingLock;

namespace detail {
class ClientHandle;
class LockState;
}  // namespace detail

// A lease on a name or several, as `Client::Acquire` returns it. It ends by itself when its
// validity runs out: a lease is not a proof, so work that must not be done twice checks
// `valid_for()` as late as it can, stops when `lost()` fires, and shows `fence()` to the resource
// that it writes to. Not recursive: who holds a name and asks for it again is refused like anybody
// else.
//
// Thread safety: any members but assignment and the destructor may be called at once, from any
// threads; being moved from counts as assignment.
// Views that members return are valid as long as the Lock, or what it is moved into.
// Lifetime: outlives its Client without harm, and operations under way outlive it; the connections
// stay open until Client and Locks are gone. Destruction starts a release in the background, and
// never throws or blocks; call Release to know how it ended. A moved-from Lock may only be
// destroyed or assigned to. Nothing throws but std::bad_alloc.
class Lock {
 public:
  Lock(Lock&&) noexcept = default;
  Lock& operator=(Lock&& other) noexcept;
  ~Lock();

  // The name it was acquired by, without the key prefix; of several, all, with ", " between them.
  const std::string& name() const;
  // Sorted, each once.
  std::span<const std::string> names() const;

  // The fencing token: greater than that of any earlier holder of this name, whatever the clocks
  // do, unless a quorum of nodes lost its data at the same time. Give it to the resource with each
  // write, and let it refuse what comes with a smaller token than it has seen (`FencedSet` for
  // Redis; `… WHERE fence <= :token` in SQL): then a holder that was stopped and does not know yet
  // that it lost the lock can do no harm. Known from the moment of acquisition, never changes,
  // below 2^53. 0 without `ClientOptions::fencing`, and for an attached lock. Of a lock on several
  // names, the first one's.
  std::uint64_t fence() const;
  // One for each of names(), in their order.
  std::span<const std::uint64_t> fences() const;

  // What makes this lease different from any other: 32 hexadecimal digits, fresh for each attempt.
  // Whoever knows it can extend and release the lock (`Client::Attach`), so do not log it.
  std::string_view token() const;

  // How long the lock is still certain to be ours, on the boot-time clock, which also runs while
  // the machine is suspended. Zero once it is lost, expired, released or detached: it drops to zero
  // when `lost()` fires, a margin before the end. Needs no network.
  std::chrono::nanoseconds valid_for() const;

  // Fires when the lock is over, for good: a margin (ttl/20, 5 to 250 ms) ahead of the end of its
  // validity; at once when so many nodes say it is gone that no quorum is left; when it is
  // released, detached or destroyed. What remains of the margin is for winding up, it is too late
  // to extend: do that well before, at a third of the ttl, or let `AcquireOptions::auto_extend` do
  // it. Does not fire for an attached lock before its first extension. Callbacks run on the
  // client's executor; when its threads are busy past a quarter of the margin, on a thread of
  // the library's own. It may then run beside your handlers, even if the executor has one
  // thread: set a flag, or post the rest. Keep callbacks short, and let them not throw. Destroy
  // your std::stop_callback before you release, detach or destroy the Lock if an end of your own
  // making is not to be told.
  std::stop_token lost() const;

  // Makes the lock last `ttl` from now. Signature: void(absl::Status). Ends within the command
  // timeout. Only prolongs: a ttl shorter
  // than what is left changes nothing. One round to all nodes, decided by a quorum of
  // confirmations; a failed extension neither shortens nor releases, and may be tried again until
  // `lost()` fires. Errors: IsLost when the lock is gone,
  // or was released meanwhile; IsNoQuorum or IsUndecided when it is still ours for `valid_for()`
  // but could not be prolonged; kInvalidArgument for a ttl out of bounds.
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::Status)) CompletionToken>
  auto Extend(std::chrono::milliseconds ttl, CompletionToken&& completion_token);

  // Gives the lock up; it is no longer ours from the call on (with use_awaitable,
  // from the co_await on). Signature: void(absl::Status).
  // Completes once a quorum of nodes is free, or after the client's command timeout. Errors: IsLost
  // when it was no longer ours (without asking anybody if it expired or was released before);
  // IsNoQuorum when too few nodes could be reached: the others are told when they are back, or keep
  // the lock until its ttl is over.
  template <ASIO_COMPLETION_TOKEN_FOR(void(absl::Status)) CompletionToken>
  auto Release(CompletionToken&& completion_token);

  // Lets go of the lock without releasing it: it lasts for the rest of its ttl, and whoever has the
  // returned token may extend or release it (`Client::Attach`). Extend and Release of this object
  // then fail with IsLost.
  std::string Detach();

 private:
  friend class BlockingLock;
  friend class Client;
  friend class detail::LockState;
  // Found by `detail::Initiate`: no lock is handed out that is not valid in that moment.
  friend void Recheck(absl::StatusOr<Lock>& result);

  // The state needs the client, but does not keep it: whoever has it keeps both.
  struct Parts {
    std::shared_ptr<detail::ClientHandle> client;
    std::shared_ptr<detail::LockState> state;
  };

  explicit Lock(Parts parts) : parts_(std::move(parts)) {}

  asio::any_io_executor executor() const;
  // Whether it was released or detached, so that its end does nothing.
  bool ended() const noexcept;
  static void StartExtend(Parts lock, std::chrono::milliseconds ttl,
                          detail::Completion<absl::Status> done);
  static void StartRelease(Parts lock, detail::Completion<absl::Status> done);
  static void ReleaseInBackground(const Parts& lock) noexcept;

  Parts parts_;
};

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::Status)) CompletionToken>
auto Lock::Extend(std::chrono::milliseconds ttl, CompletionToken&& completion_token) {
  return detail::Initiate<absl::Status>(
      std::forward<CompletionToken>(completion_token), executor(),
      [lock = parts_, ttl](detail::Completion<absl::Status> done) mutable {
        StartExtend(std::move(lock), ttl, std::move(done));
      },
      [] {});
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::Status)) CompletionToken>
auto Lock::Release(CompletionToken&& completion_token) {
  return detail::Initiate<absl::Status>(
      std::forward<CompletionToken>(completion_token), executor(),
      [lock = parts_](detail::Completion<absl::Status> done) mutable {
        StartRelease(std::move(lock), std::move(done));
      },
      [] {});
}

}  // namespace holdfast

#endif  // HOLDFAST_LOCK_H_
