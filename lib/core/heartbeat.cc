#include "core/heartbeat.h"

#include <algorithm>

namespace holdfast::core {
namespace {

constexpr milliseconds kDefaultNodeTimeout{15'000};

// More often would be a burden, more rarely no sign of life.
constexpr milliseconds kShortest{20};
constexpr milliseconds kLongest{5'000};

// A shorter one would take each hiccup for the end.
constexpr milliseconds kLeastTimeout{50};

}  // namespace

Heartbeat::Heartbeat(milliseconds node_timeout, TimePoint asked) : sent_(asked), heard_(asked) {
  const milliseconds timeout = node_timeout.count() > 0 ? node_timeout : kDefaultNodeTimeout;
  interval_ = std::clamp<nanoseconds>(timeout / 4, kShortest, kLongest);
  limit_ = std::max<nanoseconds>(timeout / 2, 2 * interval_);
}

// One command at a time is watched, so that nothing has to be kept for each. What a stale server is
// still sent proves nothing.
void Heartbeat::OnSent(TimePoint now) {
  sent_ = now;
  ++unanswered_;
  if (awaited_ > 0 || IsStale(now)) return;
  asked_ = now;
  awaited_ = unanswered_;
}

void Heartbeat::OnReply() {
  if (unanswered_ > 0) --unanswered_;
  if (awaited_ > 0 && --awaited_ == 0) heard_ = asked_;
}

milliseconds Heartbeat::Bound(milliseconds command_timeout) const {
  const auto longest = std::chrono::duration_cast<milliseconds>(limit_);
  return std::min(command_timeout, std::max(longest, kLeastTimeout));
}

}  // namespace holdfast::core
