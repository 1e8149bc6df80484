// Strands that cost little.
#ifndef HOLDFAST_NET_STRAND_H_
#define HOLDFAST_NET_STRAND_H_

#include <asio/any_io_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <typeinfo>
#include <utility>

namespace holdfast::net {

using IoStrand = asio::strand<asio::io_context::executor_type>;
using AnyStrand = asio::strand<asio::any_io_executor>;

// The executor within, if it is of that type. Asio 1.22's own target<>() does not look, and takes
// any for what it is asked for.
template <class Executor>
const Executor* TargetOf(const asio::any_io_executor& executor) {
  return executor.target_type() == typeid(Executor) ? executor.target<Executor>() : nullptr;
}

// A strand on `executor`. Around a type-erased one, each operation makes several executors on the
// heap, so where an io_context is behind it, the strand is on that.
inline asio::any_io_executor MakeStrand(const asio::any_io_executor& executor) {
  const auto* io = TargetOf<asio::io_context::executor_type>(executor);
  if (io == nullptr) return AnyStrand(executor);
  return IoStrand(*io);
}

// What the strand is on; of what is no strand, itself.
inline asio::any_io_executor Underlying(const asio::any_io_executor& strand) {
  if (const auto* on_io = TargetOf<IoStrand>(strand)) return on_io->get_inner_executor();
  if (const auto* on_any = TargetOf<AnyStrand>(strand)) return on_any->get_inner_executor();
  return strand;
}

// As asio::dispatch, which on a type-erased strand makes further executors on the heap.
template <class Function>
void DispatchOn(const asio::any_io_executor& strand, Function function) {
  const auto* on_io = TargetOf<IoStrand>(strand);
  if (on_io == nullptr) return asio::dispatch(strand, std::move(function));
  asio::dispatch(*on_io, std::move(function));
}

// As asio::post, in the same way.
template <class Function>
void PostOn(const asio::any_io_executor& executor, Function function) {
  const auto* io = TargetOf<asio::io_context::executor_type>(executor);
  if (io == nullptr) return asio::post(executor, std::move(function));
  asio::post(*io, std::move(function));
}

// Whether whoever asks runs on that strand.
inline bool IsOnStrand(const asio::any_io_executor& strand) {
  if (const auto* on_io = TargetOf<IoStrand>(strand)) return on_io->running_in_this_thread();
  const auto* on_any = TargetOf<AnyStrand>(strand);
  return on_any != nullptr && on_any->running_in_this_thread();
}

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_STRAND_H_
