// What the holders of one name did, and whether one simple lock could have done the same
// (linearizability; Herlihy and Wing 1990, the search as by Wing and Gong 1993). A second opinion
// beside Beliefs and Tokens, which watch while things happen.
#ifndef HOLDFAST_TESTS_SIM_HISTORY_H_
#define HOLDFAST_TESTS_SIM_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/time.h"

namespace holdfast::core {

class History {
 public:
  // The more holds overlap, the longer the search takes; none that is longer is looked at.
  static constexpr std::size_t kMostHolds = 16;

  // Somebody asked at `asked`, and had it at `got`, with `token` (0: without one). Returns a number
  // for End.
  std::size_t Begin(TimePoint asked, TimePoint got, std::int64_t token);

  // From `when` on, at the earliest, he does not claim it any more: he begins to release it, or it
  // runs out. The last word counts.
  void End(std::size_t hold, TimePoint when) { holds_[hold].ended = when; }

  // What is wrong, or "". The simple lock is free or held; each of its tokens is larger than the
  // ones before.
  std::string Check() const;

  std::size_t size() const { return holds_.size(); }
  void Clear() { holds_.clear(); }

 private:
  struct Hold {
    TimePoint asked;
    TimePoint got;
    TimePoint ended = kNever;
    std::int64_t token = 0;
  };
  struct State {
    TimePoint free_since = kLongAgo;
    std::int64_t token = 0;
    std::uint32_t done = 0;  // Holds, as bits.
  };

  bool Follows(std::size_t hold, const State& state) const;
  bool CanGoOn(const State& state) const;

  std::vector<Hold> holds_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_HISTORY_H_
