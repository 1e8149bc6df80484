// Many timers behind one: who is due next, with no allocation in steady state.
#ifndef HOLDFAST_CORE_TIMER_HEAP_H_
#define HOLDFAST_CORE_TIMER_HEAP_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/time.h"

namespace holdfast::core {

// A binary heap that knows where each timer stands in it, so that a timer is moved or cleared
// without a search. Ids are small numbers chosen by the caller; each has one timer.
class TimerHeap {
 public:
  // Sets the timer of `id`, or moves it. kNever clears it.
  void Set(std::uint32_t id, TimePoint when);
  void Clear(std::uint32_t id);

  // When the first timer is due; kNever if none is set.
  TimePoint next() const { return heap_.empty() ? kNever : heap_.front().when; }

  // Clears the first timer and returns its id. There must be one.
  std::uint32_t Pop();

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct Entry {
    TimePoint when;
    std::uint32_t id;
  };

  void Place(std::size_t at, Entry entry);
  void Settle(std::size_t at);
  void Up(std::size_t at);
  void Down(std::size_t at);

  std::vector<Entry> heap_;
  std::vector<std::size_t> places_;  // By id: where in heap_.
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_TIMER_HEAP_H_
