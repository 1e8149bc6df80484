// Slots that are taken and given back, known by number, at addresses that do not change.
#ifndef HOLDFAST_CORE_POOL_H_
#define HOLDFAST_CORE_POOL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace holdfast::core {

// A slot keeps the memory that its members own from one use to the next; who takes it sets all
// members. T has a member `bool used`.
template <class T>
class Pool {
 public:
  std::uint32_t Take() {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.emplace_back();
      // So that GiveBack, which destructors call, needs no memory.
      if (free_.capacity() < slots_.size()) free_.reserve(2 * slots_.size());
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    slots_[index].used = true;
    return index;
  }

  void GiveBack(std::uint32_t index) {
    slots_[index].used = false;
    free_.push_back(index);
  }

  T& operator[](std::uint32_t index) { return slots_[index]; }
  const T& operator[](std::uint32_t index) const { return slots_[index]; }

  // Bound of all numbers ever taken; slots below it may be unused.
  std::uint32_t bound() const { return static_cast<std::uint32_t>(slots_.size()); }
  std::size_t in_use() const { return slots_.size() - free_.size(); }

 private:
  std::deque<T> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_POOL_H_
