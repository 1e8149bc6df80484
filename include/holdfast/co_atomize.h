// A coroutine that runs under a lock: decorated once, awaited many times.
//
//   auto place = holdfast::CoAtomize(client, {.channel = "orders", .wait = 5s},
//       [&](const Held& held, int order) -> asio::awaitable<int> { …; co_return id; });
//   absl::StatusOr<int> id = co_await place(42);
//
// The only public header that includes Asio's coroutines.
#ifndef HOLDFAST_CO_ATOMIZE_H_
#define HOLDFAST_CO_ATOMIZE_H_

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asio/awaitable.hpp"
#include "asio/cancellation_state.hpp"
#include "asio/this_coro.hpp"
#include "asio/use_awaitable.hpp"
#include "holdfast/atomize.h"
#include "holdfast/client.h"

namespace holdfast {

namespace detail {

// What an awaitable yields.
template <class Awaitable>
struct Yields;
template <class R>
struct Yields<asio::awaitable<R>> {
  using type = R;
};

template <class Function, class... Args>
using CoHeldResult = ResultOf<typename Yields<CallReturns<Function, Args...>>::type>;

template <class Result, class R>
asio::awaitable<Result> AwaitForResult(asio::awaitable<R> running) {
  if constexpr (std::is_void_v<R>) {
    co_await std::move(running);
    co_return absl::OkStatus();
  } else {
    R result = co_await std::move(running);
    co_return Result(std::move(result));
  }
}

// The coroutine behind a call. It gets all that it needs as parameters, and awaits nothing but
// named variables and what is trivially destructible (gcc 12 destroys other temporaries twice).
template <class State, class... Args>
asio::awaitable<CoHeldResult<decltype(State::function), Args...>> RunHeld(
    std::shared_ptr<const State> state, Args... args) {
  using Result = CoHeldResult<decltype(State::function), Args...>;
  Names names(state->channel(std::as_const(args)...));
  absl::StatusOr<Lock> lock =
      co_await state->client.Acquire(std::move(names), state->options, asio::use_awaitable);
  if (!lock.ok()) co_return lock.status();
  asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none) {
    co_return absl::CancelledError("cancelled before the function was called");
  }
  const Held held(*lock);
  std::optional<Result> result;
  std::exception_ptr error;
  try {
    auto running = AwaitForResult<Result>(CallHeld(state->function, held, std::move(args)...));
    result.emplace(co_await std::move(running));
  } catch (...) {
    error = std::current_exception();
  }
  // A coroutine that was cancelled meanwhile could not await the release otherwise.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  const absl::Status released = co_await lock->Release(asio::use_awaitable);
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (error != nullptr) std::rethrow_exception(error);
  co_return UnlessLost(LossOf(lock->name(), released), *std::move(result));
}

}  // namespace detail

// What CoAtomize returns. Cheap to copy; copies share the function. May be called from several
// threads at once, so the function must be callable as const.
template <class Function, class Channel>
class CoAtomized {
 public:
  CoAtomized(Client client, Channel channel, const AcquireOptions& options, Function function)
      : state_(std::make_shared<const State>(
            State{std::move(client), options, std::move(channel), std::move(function)})) {}

  // As `Atomized`, awaited; results and errors are the same. The arguments are copied or moved into
  // the call, and given to the function as rvalues (std::ref where it shall have a reference).
  //
  // Cancelling the awaiting coroutine ends the wait for the lock with kCancelled, and leaves
  // nothing behind. Of a function that runs it does what that makes of it; the lock is released
  // when it has ended, and the call ends after the release, within the client's command timeout.
  // When the coroutine is destroyed first, the release goes on in the background.
  template <class... Args>
  auto operator()(Args&&... args) const& {
    return detail::RunHeld<State, std::decay_t<Args>...>(state_, std::forward<Args>(args)...);
  }

  // Decorate in a statement of its own: gcc 12 miscompiles `co_await CoAtomize(…)(42)`. It also
  // miscompiles arguments that are braced structs with members that own memory, or lambdas that
  // capture such: put these in a variable first.
  template <class... Args>
  void operator()(Args&&... args) const&& = delete;

 private:
  using State = detail::Decoration<Client, Channel, Function>;

  std::shared_ptr<const State> state_;
};

// `function` returns an asio::awaitable.
template <class Function>
auto CoAtomize(Client client, AtomizeOptions options, Function function) {
  const AcquireOptions acquire = detail::ToAcquire(options);
  return CoAtomized<Function, detail::FixedChannel>(std::move(client), {std::move(options.channel)},
                                                    acquire, std::move(function));
}

// `channel` is a plain function, as that of Atomize.
template <class Channel, class Function>
auto CoAtomize(Client client, Channel channel, AtomizeLimits limits, Function function) {
  return CoAtomized<Function, Channel>(std::move(client), std::move(channel),
                                       detail::ToAcquire(limits), std::move(function));
}

}  // namespace holdfast

#endif  // HOLDFAST_CO_ATOMIZE_H_
