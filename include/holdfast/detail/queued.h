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
  Queued();
  Queued(const Queued&) = delete;
  Queued& operator=(const Queued&) = delete;
  virtual ~Queued() = default;

  // In its turn, once. Frees itself.
  virtual void Run() = 0;

  // Whether a callback started it that the library called in the midst of its work, and which may
  // wait for it.
  bool in_callback() const { return in_callback_; }

  std::byte* memory() { return memory_.data(); }
  static constexpr std::size_t kMemory = 64;

 private:
  alignas(std::max_align_t) std::array<std::byte, kMemory> memory_;
  const bool in_callback_;
};

// Runs it in a handler of that executor, never inside this call or the library's work. It goes
// unrun with an executor's context that is destroyed. Each operation may be in one queue at a time.
void PostTo(const asio::any_io_executor& executor, std::unique_ptr<Queued> operation);

}  // namespace holdfast::detail

#endif  // HOLDFAST_DETAIL_QUEUED_H_
