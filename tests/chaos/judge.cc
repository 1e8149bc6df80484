#include "chaos/judge.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>

namespace holdfast::testing {
namespace {

using Texts = std::vector<std::string>;
using Holds = std::vector<Hold>;

std::string Text(const Hold& hold) {
  return "  worker " + std::to_string(hold.worker) + ": token " + std::to_string(hold.fence) +
         ", asked at " + std::to_string(hold.asked) + ", from " + std::to_string(hold.from) +
         " to " + std::to_string(hold.until) + " ns";
}

std::string About(int name, const std::string& what, const Hold& before, const Hold& after) {
  return "name " + std::to_string(name) + ": " + what + "\n" + Text(before) + "\n" + Text(after);
}

std::map<int, Holds> ByName(const Ledger& ledger) {
  std::map<int, Holds> names;
  for (const Hold& hold : ledger.holds()) {
    if (hold.fence != 0) names[hold.name].push_back(hold);
  }
  return names;
}

template <typename Member>
void SortBy(Holds& holds, Member member) {
  std::sort(holds.begin(), holds.end(),
            [member](const Hold& a, const Hold& b) { return a.*member < b.*member; });
}

// Each against the one before it that ended last.
void AddOverlaps(int name, Holds holds, Texts& texts) {
  SortBy(holds, &Hold::from);
  const Hold* last = nullptr;
  for (const Hold& hold : holds) {
    if (last != nullptr && hold.from <= last->until) {
      texts.push_back(About(name, "two holders at once", *last, hold));
    }
    if (last == nullptr || hold.until > last->until) last = &hold;
  }
}

void AddRepeatedTokens(int name, Holds holds, Texts& texts) {
  SortBy(holds, &Hold::fence);
  for (std::size_t i = 1; i < holds.size(); ++i) {
    if (holds[i - 1].fence != holds[i].fence) continue;
    texts.push_back(About(name, "one token for two", holds[i - 1], holds[i]));
  }
}

// Whoever asks when somebody has his token gets a larger one, whatever the clocks do.
void AddFallenTokens(int name, const Holds& holds, Texts& texts) {
  Holds begun = holds;
  Holds asked = holds;
  SortBy(begun, &Hold::from);
  SortBy(asked, &Hold::asked);
  const Hold* largest = nullptr;
  auto next = begun.begin();
  for (const Hold& hold : asked) {
    for (; next != begun.end() && next->from <= hold.asked; ++next) {
      if (largest == nullptr || next->fence > largest->fence) largest = &*next;
    }
    if (largest == nullptr || hold.fence > largest->fence) continue;
    if (hold.fence == largest->fence) continue;  // Told of as repeated.
    texts.push_back(About(name, "a token that is not larger", *largest, hold));
  }
}

// Of holders who were there one after the other, also when the later one had asked long before.
void AddDisorder(int name, Holds holds, Texts& texts) {
  SortBy(holds, &Hold::from);
  for (std::size_t i = 1; i < holds.size(); ++i) {
    const Hold& before = holds[i - 1];
    const Hold& after = holds[i];
    if (before.fence <= after.fence || before.from <= after.asked) continue;
    texts.push_back(About(name, "a token that is not larger", before, after));
  }
}

// Those who were killed while they raised it may have done so or not.
void AddLostUpdates(int name, const Counter& counter, Texts& texts) {
  const bool good = counter.raised <= counter.value && counter.value <= counter.begun;
  if (counter.late_writes > 0 || good) return;
  texts.push_back("name " + std::to_string(name) + ": its counter is " +
                  std::to_string(counter.value) + " after " + std::to_string(counter.raised) +
                  " increments");
}

std::string WhatIsWrong(const Write& write, Promise promise) {
  if (write.accepted && write.fence < write.before) return "the store went back";
  if (!write.accepted && write.newest <= write.fence) return "the store refused the newest";
  if (!write.accepted && write.held && promise == Promise::kExclusive) {
    return "the store refused the holder";
  }
  return "";
}

void AddBadWrites(const Ledger& ledger, Promise promise, Texts& texts) {
  for (const Write& write : ledger.writes()) {
    if (write.fence == 0) continue;
    const std::string wrong = WhatIsWrong(write, promise);
    if (wrong.empty()) continue;
    texts.push_back("name " + std::to_string(write.name) + ": " + wrong + ": token " +
                    std::to_string(write.fence) + ", before it " + std::to_string(write.before) +
                    ", answered " + std::to_string(write.newest));
  }
}

void AddLostValue(int name, const Stored& stored, Texts& texts) {
  if (stored.found >= stored.newest) return;
  texts.push_back("name " + std::to_string(name) + ": the store has what was written with token " +
                  std::to_string(stored.found) + " after " + std::to_string(stored.newest));
}

}  // namespace

Texts Violations(Ledger& ledger, Promise promise) {
  Texts texts;
  for (const auto& [name, holds] : ByName(ledger)) {
    AddRepeatedTokens(name, holds, texts);
    AddFallenTokens(name, holds, texts);
    if (promise != Promise::kExclusive) continue;
    AddOverlaps(name, holds, texts);
    AddDisorder(name, holds, texts);
  }
  for (int name = 0; name < kNames; ++name) {
    if (promise == Promise::kExclusive) AddLostUpdates(name, ledger.counter(name), texts);
    AddLostValue(name, ledger.stored(name), texts);
  }
  AddBadWrites(ledger, promise, texts);
  return texts;
}

// Counters stay for days, and the guard for good.
Texts LeftBehind(const Texts& keys) {
  Texts left;
  std::copy_if(keys.begin(), keys.end(), std::back_inserter(left), [](const std::string& key) {
    const bool of_ours =
        key.find("holdfast:fence:") != std::string::npos || key.ends_with("holdfast:guard");
    return !of_ours;
  });
  return left;
}

}  // namespace holdfast::testing
