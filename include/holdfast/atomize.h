// A function that runs under a lock: decorated once, called many times.
//
//   auto place = holdfast::Atomize(client, {.channel = "orders", .wait = 5s},
//                                  [&](const holdfast::Held& held, int order) { …; return id; });
//   absl::StatusOr<int> placed = place(42);
//
// One lock for each value of an argument, by a function that computes the channel:
//
//   auto ship = holdfast::Atomize(
//       client, [](int order) { return "order:" + std::to_string(order); }, {.ttl = 10s},
//       [&](int order) { … });
//
// For coroutines see holdfast/co_atomize.h.
#ifndef HOLDFAST_ATOMIZE_H_
#define HOLDFAST_ATOMIZE_H_

#include <chrono>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>

#include "absl/status/statusor.h"
#include "holdfast/blocking.h"
#include "holdfast/detail/held_call.h"
#include "holdfast/held.h"
#include "holdfast/names.h"
#include "holdfast/options.h"

namespace holdfast {

// How long things may take, as in AcquireOptions, but with other defaults: ttl and wait of 5 s. The
// lock is extended for as long as the function runs, which `max_hold` bounds.
struct AtomizeLimits {
  std::chrono::milliseconds ttl{5'000};
  std::chrono::milliseconds wait{5'000};
  std::chrono::milliseconds max_hold{0};
  std::chrono::milliseconds retry_delay = AcquireOptions{}.retry_delay;
  std::chrono::milliseconds retry_jitter = AcquireOptions{}.retry_jitter;
};
static_assert(std::is_trivially_destructible_v<AtomizeLimits>);

// The same, and the name to lock, or the names: `.channel = {"stock", "orders"}`, all or none.
// Without a channel it is "default", shared by all who give none.
struct AtomizeOptions {
  Names channel = "default";
  std::chrono::milliseconds ttl = AtomizeLimits{}.ttl;
  std::chrono::milliseconds wait = AtomizeLimits{}.wait;
  std::chrono::milliseconds max_hold{0};
  std::chrono::milliseconds retry_delay = AtomizeLimits{}.retry_delay;
  std::chrono::milliseconds retry_jitter = AtomizeLimits{}.retry_jitter;
};

// What Atomize returns. Cheap to copy; copies share the function. May be called from several
// threads at once: those of different channels then run in parallel, so the function must be
// callable as const.
template <class Function, class Channel>
class Atomized {
 public:
  Atomized(BlockingClient client, Channel channel, const AcquireOptions& options, Function function)
      : state_(std::make_shared<const State>(
            State{std::move(client), options, std::move(channel), std::move(function)})) {}

  // Acquires, calls the function with `args`, behind a `const Held&` if it takes one, and releases.
  // Returns what the function does: as absl::Status for void, as absl::StatusOr<R> for another R,
  // and as it is where that is a Status or StatusOr already.
  //
  // The function was not called: the errors of `Client::Acquire`. It was: its own exception, error
  // or result, whatever becomes of the release; only success is replaced, by IsLost, where the lock
  // was lost before the function returned. Its work has been done then, but another holder may have
  // been at work at the same time: `Held` lets the function find out, and guard against it.
  //
  // Returns when the release is confirmed, or after the client's command timeout.
  template <class... Args>
  detail::HeldResult<Function, Args...> operator()(Args&&... args) const {
    using Result = detail::HeldResult<Function, Args...>;
    const Names names(state_->channel(std::as_const(args)...));
    absl::StatusOr<BlockingLock> lock = state_->client.Acquire(names, state_->options, cancel_);
    if (!lock.ok()) return lock.status();
    const Held held(*lock);
    try {
      Result result =
          detail::CallForResult<Result>(state_->function, held, std::forward<Args>(args)...);
      return detail::UnlessLost(detail::EndOf(*lock), std::move(result));
    } catch (...) {
      static_cast<void>(detail::EndOf(*lock));
      throw;
    }
  }

  // The same function, whose calls end with kCancelled when `cancel` is requested to stop while
  // they wait for the lock. A function that runs is left alone.
  Atomized CancelledBy(std::stop_token cancel) const {
    Atomized cancellable = *this;
    cancellable.cancel_ = std::move(cancel);
    return cancellable;
  }

 private:
  using State = detail::Decoration<BlockingClient, Channel, Function>;

  std::shared_ptr<const State> state_;
  std::stop_token cancel_;
};

template <class Function>
auto Atomize(BlockingClient client, AtomizeOptions options, Function function) {
  const AcquireOptions acquire = detail::ToAcquire(options);
  return Atomized<Function, detail::FixedChannel>(std::move(client), {std::move(options.channel)},
                                                  acquire, std::move(function));
}

// `channel`, callable as const, is called before each call with the same arguments, as const, and
// returns what Names can be made of: a string, or a vector of strings.
template <class Channel, class Function>
auto Atomize(BlockingClient client, Channel channel, AtomizeLimits limits, Function function) {
  static_assert(!std::is_convertible_v<Channel, Names>,
                "a fixed name is an option: Atomize(client, {.channel = …}, function)");
  return Atomized<Function, Channel>(std::move(client), std::move(channel),
                                     detail::ToAcquire(limits), std::move(function));
}

}  // namespace holdfast

#endif  // HOLDFAST_ATOMIZE_H_
