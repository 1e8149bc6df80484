// The keys that one lock, on a name or several, has on a node.
#ifndef HOLDFAST_CORE_KEY_SET_H_
#define HOLDFAST_CORE_KEY_SET_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::core {

// The one key of each node that is about the node itself (PROTOCOL.md, Admission).
inline constexpr std::string_view kGuardKey = "holdfast:guard";

// Where the guard of a node is whose keys start with `tag`; of a node that is no seat it is empty.
std::string GuardKeyOf(std::string_view tag);

// Fencing counters stay below this, where Lua's numbers are exact.
inline constexpr std::int64_t kCounterBound = std::int64_t{1} << 53;
inline bool IsCounter(std::int64_t value) { return value >= 0 && value < kCounterBound; }

// Keeps its memory from one use to the next.
class KeySet {
 public:
  // `tags`: of each node the hash tag that its keys start with, or nothing. None at all: the keys
  // are the same on all nodes.
  void Assign(std::span<const std::string> names, std::string_view prefix,
              std::span<const std::string> tags = {});

  std::size_t size() const { return names_; }
  // <tag><prefix><name>, where the lock is.
  std::string_view lock(int node, std::size_t i) const { return View(PairOf(node, i).lock); }
  // Where its fencing counter is.
  std::string_view counter(int node, std::size_t i) const { return View(PairOf(node, i).counter); }
  std::string_view name(std::size_t i) const { return lock(0, i).substr(name_start_); }

  // For people: the names, with ", " between them.
  std::string Text() const;

 private:
  struct Place {
    std::size_t start = 0;
    std::size_t size = 0;
  };
  struct Pair {
    Place lock;
    Place counter;
  };

  std::string_view View(Place place) const {
    return std::string_view(text_).substr(place.start, place.size);
  }
  const Pair& PairOf(int node, std::size_t i) const {
    return pairs_[(tagged_ ? static_cast<std::size_t>(node) * names_ : 0) + i];
  }
  void Append(std::string_view tag, std::string_view prefix, std::string_view name);

  std::string text_;         // The keys, one after the other.
  std::vector<Pair> pairs_;  // Of each node, if it is tagged, and each name.
  std::size_t names_ = 0;
  bool tagged_ = false;
  std::size_t name_start_ = 0;  // In a lock's key of the first node.
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_KEY_SET_H_
