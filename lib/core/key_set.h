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

// Fencing counters stay below this, where Lua's numbers are exact.
inline constexpr std::int64_t kCounterBound = std::int64_t{1} << 53;
inline bool IsCounter(std::int64_t value) { return value >= 0 && value < kCounterBound; }

// Keeps its memory from one use to the next.
class KeySet {
 public:
  void Assign(std::span<const std::string> names, std::string_view prefix);

  std::size_t size() const { return ends_.size(); }
  // <prefix><name>, where the lock is.
  std::string_view lock(std::size_t i) const { return counter(i).substr(kCounterPrefix.size()); }
  // Where its fencing counter is.
  std::string_view counter(std::size_t i) const;
  std::string_view name(std::size_t i) const { return lock(i).substr(prefix_size_); }

  // For people: the names, with ", " between them.
  std::string Text() const;

 private:
  static constexpr std::string_view kCounterPrefix = "holdfast:fence:";

  std::string text_;               // The counters' keys, one after the other.
  std::vector<std::size_t> ends_;  // Where each of them ends.
  std::size_t prefix_size_ = 0;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_KEY_SET_H_
