// The one bridge between completion tokens (callbacks, `use_future`, `use_awaitable`, `deferred`)
// and the library's type-erased operations. Not for direct use.
#ifndef HOLDFAST_DETAIL_INITIATE_H_
#define HOLDFAST_DETAIL_INITIATE_H_

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "asio/any_io_executor.hpp"
#include "asio/associated_cancellation_slot.hpp"
#include "asio/associated_executor.hpp"
#include "asio/async_result.hpp"
#include "asio/dispatch.hpp"
#include "asio/execution/outstanding_work.hpp"
#include "asio/prefer.hpp"
#include "holdfast/detail/queued.h"

namespace holdfast::detail {

template <class Result>
using Completion = absl::AnyInvocable<void(Result)>;

// Called on the executor that gets a result, in the moment before it is handed over: a lock whose
// validity ran out on the way becomes an error here. Overloaded where there is something to check.
template <class Result>
void Recheck(Result&) {}

// How a result gets from where it was made to the handler's executor.
enum class Hop {
  // In a handler of the client's executor, so that the user's never runs inside the call that
  // starts it, or inside the library's work. Posted straight to a future's executor, it would start
  // Asio's global threads, which a forked child does not have.
  kPost,
  // Straight: whoever calls the completion does so in a handler of its own.
  kDispatch,
};

// An operation under way: the handler, and all that its result needs to get there.
template <class Result, class Handler>
class Operation final : public Queued {
 public:
  Operation(Handler handler, const asio::any_io_executor& client)
      : slot_(asio::get_associated_cancellation_slot(handler)),
        client_(client),
        at_home_(IsHome(asio::get_associated_executor(handler, client), client)),
        executor_(asio::prefer(asio::get_associated_executor(handler, client),
                               asio::execution::outstanding_work.tracked)),
        handler_(std::move(handler)) {}

  // What it is waiting for.
  template <Hop hop>
  static void Complete(std::unique_ptr<Operation> self, Result result) {
    self->result_.emplace(std::move(result));
    if constexpr (hop == Hop::kDispatch) return Dispatch(std::move(self));
    // Not the operation's own, which is on its way meanwhile.
    const asio::any_io_executor client = self->client_;
    PostTo(client, std::move(self));
  }

  // On the client's executor.
  void Run() override {
    std::unique_ptr<Operation> self(this);
    if (at_home_) return Deliver(std::move(self));
    Dispatch(std::move(self));
  }

 private:
  static bool IsHome(const asio::any_io_executor& executor, const asio::any_io_executor& client) {
    return executor == client;
  }
  template <class Other>
  static bool IsHome(const Other&, const asio::any_io_executor&) {
    return false;
  }

  static void Dispatch(std::unique_ptr<Operation> self) {
    const auto executor = self->executor_;
    asio::dispatch(executor, [self = std::move(self)]() mutable { Deliver(std::move(self)); });
  }

  // The memory is free before the handler runs, which may need as much again.
  static void Deliver(std::unique_ptr<Operation> self) {
    if (self->slot_.is_connected()) self->slot_.clear();
    Recheck(*self->result_);
    const auto busy = std::move(self->executor_);
    Handler handler = std::move(self->handler_);
    Result result = *std::move(self->result_);
    self = nullptr;
    std::move(handler)(std::move(result));
  }

  using Slot = asio::associated_cancellation_slot_t<Handler>;
  using Executor = std::decay_t<decltype(asio::prefer(
      std::declval<asio::associated_executor_t<Handler, asio::any_io_executor>>(),
      asio::execution::outstanding_work.tracked))>;

  Slot slot_;
  const asio::any_io_executor client_;
  const bool at_home_;  // The handler runs there, too.
  Executor executor_;
  Handler handler_;
  std::optional<Result> result_;
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
        if (slot.is_connected()) {
          slot.assign([stop = std::move(stop)](asio::cancellation_type type) mutable {
            if (type != asio::cancellation_type::none) stop();
          });
        }
        using Pending = Operation<Result, decltype(handler)>;
        auto operation = std::make_unique<Pending>(std::move(handler), fallback);
        // Small enough for a Completion to hold it without an allocation.
        begin(Completion<Result>([operation = std::move(operation)](Result result) mutable {
          Pending::template Complete<hop>(std::move(operation), std::move(result));
        }));
      },
      token, std::move(start), std::move(cancel));
}

}  // namespace holdfast::detail

#endif  // HOLDFAST_DETAIL_INITIATE_H_
