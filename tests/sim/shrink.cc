#include "shrink.h"

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <utility>
#include <vector>

namespace holdfast::core {
namespace {

class Shrinker {
 public:
  Shrinker(Plan plan, const std::function<Outcome(const Plan&)>& run)
      : plan_(std::move(plan)), run_(run), outcome_(run(plan_)) {}

  Plan Smallest() {
    Plan quick = plan_;
    quick.quick_network = true;
    Try(quick);
    bool smaller = true;
    while (smaller && runs_ < kMostRuns) {
      smaller = Shorten();
      smaller = RemoveFaults() || smaller;
    }
    return plan_;
  }

 private:
  static constexpr int kMostRuns = 2'000;

  bool Try(const Plan& plan) {
    ++runs_;
    const Outcome outcome = run_(plan);
    if (outcome.good()) return false;
    plan_ = plan;
    outcome_ = outcome;
    return true;
  }

  // First to where it was found, then in smaller and smaller steps.
  bool Shorten() {
    const milliseconds before = plan_.length.value_or(milliseconds::max());
    TryLength(outcome_.trouble);
    for (milliseconds step = outcome_.trouble / 2; step.count() > 0; step /= 2) {
      while (outcome_.trouble > step && TryLength(outcome_.trouble - step)) {
      }
    }
    return plan_.length.value_or(milliseconds::max()) < before;
  }

  bool TryLength(milliseconds length) {
    Plan shorter = plan_;
    shorter.length = length;
    return Try(shorter);
  }

  // Many at a time, then fewer, then each (Zeller, Hildebrandt 2002).
  bool RemoveFaults() {
    const std::size_t before = plan_.without.size();
    for (int size = std::max(Present().size(), std::size_t{1}); size > 0; size /= 2) {
      const std::vector<int> present = Present();
      for (std::size_t first = 0; first < present.size(); first += size) {
        const std::size_t end = std::min(present.size(), first + size);
        Plan fewer = plan_;
        fewer.without.insert(present.begin() + first, present.begin() + end);
        Try(fewer);
      }
    }
    return plan_.without.size() > before;
  }

  std::vector<int> Present() const {
    std::vector<int> present;
    for (int fault = 1; fault <= outcome_.faults; ++fault) {
      if (!plan_.without.contains(fault)) present.push_back(fault);
    }
    return present;
  }

  Plan plan_;
  const std::function<Outcome(const Plan&)>& run_;
  Outcome outcome_;
  int runs_ = 0;
};

// "1-4,6"
std::string TextOf(const std::set<int>& numbers) {
  std::string text;
  for (auto number = numbers.begin(); number != numbers.end();) {
    const int first = *number;
    int last = first;
    while (++number != numbers.end() && *number == last + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(first);
    if (last > first) text += "-" + std::to_string(last);
  }
  return text;
}

}  // namespace

Plan Shrink(Plan plan, const std::function<Outcome(const Plan&)>& run) {
  return Shrinker(std::move(plan), run).Smallest();
}

std::string OptionsOf(const Plan& plan) {
  std::string text = "--seed " + std::to_string(plan.seed);
  if (plan.length) text += " --length " + std::to_string(plan.length->count());
  if (!plan.without.empty()) text += " --without " + TextOf(plan.without);
  if (plan.quick_network) text += " --quick-network";
  return text;
}

bool ReadNumbers(const std::string& text, std::set<int>& numbers) {
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    int first = 0;
    int last = 0;
    char rest = 0;
    const int read = sscanf(part.c_str(), "%d-%d%c", &first, &last, &rest);
    if (read == 1 && part.find('-') == part.npos) last = first;
    if (read < 1 || read > 2 || first < 1 || last < first || last > 100'000) return false;
    for (int number = first; number <= last; ++number) numbers.insert(number);
  }
  return !numbers.empty();
}

}  // namespace holdfast::core
