// Who believes to hold what, until when; and whether two ever did at once.
#ifndef HOLDFAST_TESTS_SIM_BELIEFS_H_
#define HOLDFAST_TESTS_SIM_BELIEFS_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/time.h"

namespace holdfast::core {

class Beliefs {
 public:
  // `exclusive`: false where clocks may step, since then two may well hold one lock.
  explicit Beliefs(bool exclusive = true) : exclusive_(exclusive) {}

  // `holder` holds `key` until `until` unless it ends its belief before. What is wrong with that,
  // or "". A belief can be prolonged while it lasts, but not brought back.
  std::string Begin(const void* holder, std::string_view key, TimePoint until, TimePoint now) {
    const Belief belief = {holder, std::string(key)};
    const auto mine = until_.find(belief);
    if (mine != until_.end() && mine->second <= now) return "a lock that was over came back";
    if (until <= now) return "a lock that is over was handed out";
    for (const auto& [other, others_until] : until_) {
      if (!exclusive_ || other.first == holder || other.second != key) continue;
      if (others_until > now) return "two hold " + other.second + " at once";
    }
    until_[belief] = until;
    return "";
  }

  void End(const void* holder) {
    std::erase_if(until_, [holder](const auto& entry) { return entry.first.first == holder; });
  }

 private:
  using Belief = std::pair<const void*, std::string>;  // Who holds what.

  bool exclusive_;
  std::map<Belief, TimePoint> until_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_BELIEFS_H_
