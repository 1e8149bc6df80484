// Operations on their way through an executor's queue. Not for direct use.
#ifndef HOLDFAST_DETAIL_QUEUED_H_
#define HOLDFAST_DETAIL_QUEUED_H_

#include <array>
#include <cstddef>
#include <memory>

#include "asio/any_io_executor.hpp"

namespace holdfast::detail {

// Brings along the memory that the queue needs for it, so that an operation is one allocation.
class Queued {
 public:
  Queued() = default;
  Queued(const Queued&) = delete;
  Queued& operator=(const Queued&) = delete;
  virtual ~Queued() = default;

  // In its turn, once. Frees itself.
  virtual void Run() = 0;

  std::byte* memory() { return memory_.data(); }
  static constexpr std::size_t kMemory = 64;

 private:
  alignas(std::max_align_t) std::array<std::byte, kMemory> memory_;
};

// Runs it in a handler of its own, never inside this call. It goes unrun with an executor's context
// that is destroyed. Each operation may be in one queue at a time.
void PostTo(const asio::any_io_executor& executor, std::unique_ptr<Queued> operation);

}  // namespace holdfast::detail

#endif  // HOLDFAST_DETAIL_QUEUED_H_
