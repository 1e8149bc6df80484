// Who believes to hold what, until when; and whether two ever did at once.
#ifndef HOLDFAST_TESTS_CORE_BELIEFS_H_
#define HOLDFAST_TESTS_CORE_BELIEFS_H_

#include <map>
#include <string>
#include <string_view>

#include "core/time.h"

namespace holdfast::core {

class Beliefs {
 public:
  // `holder` holds `key` until `until` unless it ends its belief before. What is wrong with that,
  // or "". A belief can be prolonged while it lasts, but not brought back.
  std::string Begin(const void* holder, std::string_view key, TimePoint until, TimePoint now) {
    const auto mine = beliefs_.find(holder);
    if (mine != beliefs_.end() && mine->second.until <= now)
      return "a lock that was over came back";
    if (until <= now) return "a lock that is over was handed out";
    for (const auto& [other, belief] : beliefs_) {
      if (other != holder && belief.key == key && belief.until > now) {
        return "two hold " + belief.key + " at once";
      }
    }
    beliefs_[holder] = {std::string(key), until};
    return "";
  }

  void End(const void* holder) { beliefs_.erase(holder); }

 private:
  struct Belief {
    std::string key;
    TimePoint until;
  };
  std::map<const void*, Belief> beliefs_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_CORE_BELIEFS_H_
