#include "core/timer_heap.h"

namespace holdfast::core {

void TimerHeap::Set(std::uint32_t id, TimePoint when) {
  if (when == kNever) return Clear(id);
  if (id >= places_.size()) places_.resize(id + 1, kNone);
  if (places_[id] == kNone) {
    heap_.push_back({when, id});
    places_[id] = heap_.size() - 1;
  } else {
    heap_[places_[id]].when = when;
  }
  Settle(places_[id]);
}

void TimerHeap::Clear(std::uint32_t id) {
  if (id >= places_.size() || places_[id] == kNone) return;
  const std::size_t hole = places_[id];
  places_[id] = kNone;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (hole == heap_.size()) return;
  Place(hole, last);
  Settle(hole);
}

std::uint32_t TimerHeap::Pop() {
  const std::uint32_t id = heap_.front().id;
  Clear(id);
  return id;
}

void TimerHeap::Place(std::size_t at, Entry entry) {
  heap_[at] = entry;
  places_[entry.id] = at;
}

void TimerHeap::Settle(std::size_t at) {
  if (at > 0 && heap_[at].when < heap_[(at - 1) / 2].when) return Up(at);
  Down(at);
}

void TimerHeap::Up(std::size_t at) {
  const Entry entry = heap_[at];
  while (at > 0 && entry.when < heap_[(at - 1) / 2].when) {
    Place(at, heap_[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  Place(at, entry);
}

void TimerHeap::Down(std::size_t at) {
  const Entry entry = heap_[at];
  for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
    if (child + 1 < heap_.size() && heap_[child + 1].when < heap_[child].when) ++child;
    if (heap_[child].when >= entry.when) break;
    Place(at, heap_[child]);
    at = child;
  }
  Place(at, entry);
}

}  // namespace holdfast::core
