#include "holdfast/detail/queued.h"

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <utility>

#include "net/strand.h"
#include "net/turn_slot.h"

namespace holdfast::detail {
namespace {

// For the one entry that an operation has in the queue of an io_context, which gives its memory
// back before it runs or destroys what was in it. A strand would keep a copy of this beyond that.
template <class T>
class OwnMemory {
 public:
  using value_type = T;

  explicit OwnMemory(Queued* operation) : operation_(operation) {}
  template <class U>
  OwnMemory(const OwnMemory<U>& other)  // NOLINT(google-explicit-constructor)
      : operation_(other.operation()) {}

  T* allocate(std::size_t count) {
    const std::size_t size = count * sizeof(T);
    void* memory = size <= Queued::kMemory ? operation_->memory() : ::operator new(size);
    return static_cast<T*>(memory);
  }
  void deallocate(T* entry, std::size_t count) {
    if (count * sizeof(T) > Queued::kMemory) ::operator delete(entry);
  }

  Queued* operation() const { return operation_; }
  template <class U>
  bool operator==(const OwnMemory<U>& other) const {
    return operation_ == other.operation();
  }

 private:
  Queued* operation_;
};

class Entry {
 public:
  explicit Entry(std::unique_ptr<Queued> operation) : operation_(std::move(operation)) {}
  void operator()() { operation_.release()->Run(); }

 protected:
  std::unique_ptr<Queued> operation_;
};

class EntryInOwnMemory : public Entry {
 public:
  using Entry::Entry;
  using allocator_type = OwnMemory<std::byte>;
  allocator_type get_allocator() const noexcept { return allocator_type(operation_.get()); }
};

}  // namespace

Queued::Queued() : in_callback_(net::TurnSlot::IsOpen()) {}

void PostTo(const asio::any_io_executor& executor, std::unique_ptr<Queued> operation) {
  if (!operation->in_callback() && net::TurnSlot::Put(executor, operation)) return;
  const auto* io = net::TargetOf<asio::io_context::executor_type>(executor);
  if (io == nullptr) return asio::post(executor, Entry(std::move(operation)));
  asio::post(*io, EntryInOwnMemory(std::move(operation)));
}

}  // namespace holdfast::detail
