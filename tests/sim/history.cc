#include "history.h"

#include <algorithm>

namespace holdfast::core {

std::size_t History::Begin(TimePoint asked, TimePoint got, std::int64_t token) {
  holds_.push_back({.asked = asked, .got = got, .token = token});
  return holds_.size() - 1;
}

std::string History::Check() const {
  if (holds_.size() > kMostHolds || CanGoOn({})) return "";
  return "no order of these " + std::to_string(holds_.size()) + " holds is one of a lock";
}

// The point at which the lock was taken lies between asking and getting, and after the one at which
// the holder before let it go. An open hold keeps all others out.
bool History::Follows(std::size_t hold, const State& state) const {
  const Hold& next = holds_[hold];
  if (state.free_since > next.got) return false;
  return next.token == 0 || next.token > state.token;
}

bool History::CanGoOn(const State& state) const {
  if (state.done == (std::uint32_t{1} << holds_.size()) - 1) return true;
  for (std::size_t i = 0; i < holds_.size(); ++i) {
    const std::uint32_t bit = std::uint32_t{1} << i;
    if ((state.done & bit) != 0 || !Follows(i, state)) continue;
    const TimePoint taken = std::max(holds_[i].asked, state.free_since);
    const State then = {.free_since = std::max(taken, holds_[i].ended),
                        .token = std::max(state.token, holds_[i].token),
                        .done = state.done | bit};
    if (CanGoOn(then)) return true;
  }
  return false;
}

}  // namespace holdfast::core
