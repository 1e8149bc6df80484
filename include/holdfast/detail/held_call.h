// Calls of a function under a lock: what Atomize and CoAtomize share. Not for direct use.
#ifndef HOLDFAST_DETAIL_HELD_CALL_H_
#define HOLDFAST_DETAIL_HELD_CALL_H_

#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holdfast/blocking.h"
#include "holdfast/held.h"
#include "holdfast/names.h"
#include "holdfast/options.h"

namespace holdfast::detail {

// R with room for the errors of the lock.
template <class R>
struct WithErrors {
  using type = absl::StatusOr<R>;
};
template <>
struct WithErrors<void> {
  using type = absl::Status;
};
template <>
struct WithErrors<absl::Status> {
  using type = absl::Status;
};
template <class R>
struct WithErrors<absl::StatusOr<R>> {
  using type = absl::StatusOr<R>;
};

template <class R>
using ResultOf = typename WithErrors<std::remove_cvref_t<R>>::type;

template <class Function, class... Args>
decltype(auto) CallHeld(const Function& function, const Held& held, Args&&... args) {
  if constexpr (std::is_invocable_v<const Function&, const Held&, Args...>) {
    return std::invoke(function, held, std::forward<Args>(args)...);
  } else {
    static_assert(
        std::is_invocable_v<const Function&, Args...>,
        "the function must be callable, as const, with the arguments of the call, with or "
        "without a `const Held&` in front of them");
    return std::invoke(function, std::forward<Args>(args)...);
  }
}

template <class Function, class... Args>
using CallReturns = decltype(CallHeld(std::declval<const Function&>(), std::declval<const Held&>(),
                                      std::declval<Args>()...));

template <class Function, class... Args>
using HeldResult = ResultOf<CallReturns<Function, Args...>>;

template <class Result, class Function, class... Args>
Result CallForResult(const Function& function, const Held& held, Args&&... args) {
  if constexpr (std::is_void_v<CallReturns<Function, Args...>>) {
    CallHeld(function, held, std::forward<Args>(args)...);
    return absl::OkStatus();
  } else {
    return CallHeld(function, held, std::forward<Args>(args)...);
  }
}

// Loss replaces success, never the function's own error.
template <class Result>
Result UnlessLost(absl::Status lost, Result result) {
  if (result.ok() && !lost.ok()) return lost;
  return result;
}

// OK unless `release`, the result of a release, tells of a lock that was lost: then the error that
// says so of the function.
absl::Status LossOf(const std::string& name, const absl::Status& release);

// Releases; the LossOf it. A release that cannot be waited for is left to the lock's destructor.
absl::Status EndOf(BlockingLock& lock) noexcept;

struct FixedChannel {
  template <class... Args>
  const Names& operator()(const Args&...) const {
    return names;
  }

  Names names;
};

template <class AnyClient, class Channel, class Function>
struct Decoration {
  AnyClient client;
  AcquireOptions options;
  Channel channel;
  Function function;
};

template <class Limits>
AcquireOptions ToAcquire(const Limits& limits) {
  return {.ttl = limits.ttl,
          .wait = limits.wait,
          .retry_delay = limits.retry_delay,
          .retry_jitter = limits.retry_jitter,
          .auto_extend = true,
          .max_hold = limits.max_hold};
}

}  // namespace holdfast::detail

#endif  // HOLDFAST_DETAIL_HELD_CALL_H_
