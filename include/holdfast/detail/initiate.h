// The one bridge between completion tokens (callbacks, `use_future`, `use_awaitable`, `deferred`)
// and the library's type-erased operations. Not for direct use.
#ifndef HOLDFAST_DETAIL_INITIATE_H_
#define HOLDFAST_DETAIL_INITIATE_H_

#include <utility>

#include "absl/functional/any_invocable.h"
#include "asio/any_io_executor.hpp"
#include "asio/associated_cancellation_slot.hpp"
#include "asio/associated_executor.hpp"
#include "asio/async_result.hpp"
#include "asio/dispatch.hpp"
#include "asio/execution/outstanding_work.hpp"
#include "asio/post.hpp"
#include "asio/prefer.hpp"

namespace holdfast::detail {

template <class Result>
using Completion = absl::AnyInvocable<void(Result)>;

// Called on the executor that gets a result, in the moment before it is handed over: a lock whose
// validity ran out on the way becomes an error here. Overloaded where there is something to check.
template <class Result>
void Recheck(Result&) {}

// How a result gets from where it was made to the handler's executor.
enum class Hop {
  // By way of the client's executor, so that the handler never runs inside the call that starts it,
  // or inside the library's work. Posted straight to a future's executor, it would start Asio's
  // global threads, which a forked child does not have.
  kPost,
  // Straight: whoever calls the completion does so in a handler of its own.
  kDispatch,
};

// Runs `start(Completion<Result>)` for `token`. The result is handed over on the handler's
// associated executor (`fallback` if it has none), which is kept busy meanwhile. `cancel()` is what
// the handler's cancellation slot calls, if it has one; the slot is touched on that executor only.
// `cancel` must be callable from any thread, before and after the operation's end.
template <class Result, Hop hop = Hop::kPost, class Token, class Start, class Cancel>
auto Initiate(Token&& token, const asio::any_io_executor& fallback, Start start, Cancel cancel) {
  return asio::async_initiate<Token, void(Result)>(
      [fallback](auto handler, Start begin, Cancel stop) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto executor = asio::prefer(asio::get_associated_executor(handler, fallback),
                                     asio::execution::outstanding_work.tracked);
        if (slot.is_connected()) {
          slot.assign([stop = std::move(stop)](asio::cancellation_type type) mutable {
            if (type != asio::cancellation_type::none) stop();
          });
        }
        auto deliver = [slot, handler = std::move(handler)](Result result) mutable {
          if (slot.is_connected()) slot.clear();
          Recheck(result);
          std::move(handler)(std::move(result));
        };
        auto dispatch = [executor, deliver = std::move(deliver)](Result result) mutable {
          asio::dispatch(executor,
                         [deliver = std::move(deliver), result = std::move(result)]() mutable {
                           deliver(std::move(result));
                         });
        };
        if constexpr (hop == Hop::kDispatch) {
          begin(Completion<Result>(std::move(dispatch)));
        } else {
          begin(
              Completion<Result>([fallback, dispatch = std::move(dispatch)](Result result) mutable {
                asio::post(fallback,
                           [dispatch = std::move(dispatch), result = std::move(result)]() mutable {
                             dispatch(std::move(result));
                           });
              }));
        }
      },
      token, std::move(start), std::move(cancel));
}

}  // namespace holdfast::detail

#endif  // HOLDFAST_DETAIL_INITIATE_H_
