// Strands that cost little.
#ifndef HOLDFAST_NET_STRAND_H_
#define HOLDFAST_NET_STRAND_H_

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>

namespace holdfast::net {

using IoStrand = asio::strand<asio::io_context::executor_type>;
using AnyStrand = asio::strand<asio::any_io_executor>;

// A strand on `executor`. Around a type-erased one, each operation makes several executors on the
// heap, so where an io_context is behind it, the strand is on that.
inline asio::any_io_executor MakeStrand(const asio::any_io_executor& executor) {
  const auto* io = executor.target<asio::io_context::executor_type>();
  if (io == nullptr) return AnyStrand(executor);
  return IoStrand(*io);
}

// What the strand is on; of what is no strand, itself.
inline asio::any_io_executor Underlying(const asio::any_io_executor& strand) {
  if (const auto* on_io = strand.target<IoStrand>()) return on_io->get_inner_executor();
  if (const auto* on_any = strand.target<AnyStrand>()) return on_any->get_inner_executor();
  return strand;
}

// Whether whoever asks runs on that strand.
inline bool IsOnStrand(const asio::any_io_executor& strand) {
  if (const auto* on_io = strand.target<IoStrand>()) return on_io->running_in_this_thread();
  const auto* on_any = strand.target<AnyStrand>();
  return on_any != nullptr && on_any->running_in_this_thread();
}

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_STRAND_H_
