// The states that a search has found, each once, numbered in the order in which they were found.
#ifndef HOLDFAST_TESTS_MODEL_STATE_SET_H_
#define HOLDFAST_TESTS_MODEL_STATE_SET_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace holdfast::model {

// What a model packs a state into.
struct Words {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  friend auto operator<=>(const Words&, const Words&) = default;
};

inline std::uint64_t Hash(const Words& words) {
  std::uint64_t hash = words.low * 0x9e3779b97f4a7c15 ^ (words.high + 0x7f4a7c159e3779b9);
  hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93;
  return hash ^ hash >> 32;
}

// Open addressing with linear probing. A slot has half of the hash beside the state's number, so
// that a state of another hash is told apart without a look at it, which would miss the cache.
class StateSet {
 public:
  StateSet() : slots_(1 << 10) {}

  std::size_t size() const { return states_.size(); }
  const Words& operator[](std::size_t number) const { return states_[number]; }

  // Whether it was not there before.
  bool Insert(const Words& state) {
    if (states_.size() * 2 >= slots_.size()) Grow();
    const std::uint64_t hash = Hash(state);
    Slot& slot = Find(state, hash);
    if (slot.number != kEmpty) return false;
    slot = {.number = static_cast<std::uint32_t>(states_.size()), .tag = Tag(hash)};
    states_.push_back(state);
    return true;
  }

 private:
  static constexpr std::uint32_t kEmpty = UINT32_MAX;

  struct Slot {
    std::uint32_t number = kEmpty;
    std::uint32_t tag = 0;
  };

  static std::uint32_t Tag(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

  // Where it is, or is to be.
  Slot& Find(const Words& state, std::uint64_t hash) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (slot.number == kEmpty) return slot;
      if (slot.tag == Tag(hash) && states_[slot.number] == state) return slot;
    }
  }

  void Grow() {
    slots_.assign(slots_.size() * 2, Slot());
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const std::uint64_t hash = Hash(states_[i]);
      Find(states_[i], hash) = {.number = static_cast<std::uint32_t>(i), .tag = Tag(hash)};
    }
  }

  std::deque<Words> states_;  // Grows without copying what may be gigabytes.
  std::vector<Slot> slots_;   // A power of two of them, at most half of them used.
};

}  // namespace holdfast::model

#endif  // HOLDFAST_TESTS_MODEL_STATE_SET_H_
