#include "chaos/judge.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <vector>

namespace holdfast::testing {
namespace {

// In order of name, and of time for each name.
std::vector<Hold> Sorted(const Ledger& ledger) {
  std::vector<Hold> holds(ledger.holds().begin(), ledger.holds().end());
  std::sort(holds.begin(), holds.end(), [](const Hold& a, const Hold& b) {
    return a.name != b.name ? a.name < b.name : a.from < b.from;
  });
  return holds;
}

void Print(const char* what, const Hold& hold) {
  printf("  %s worker %d: token %" PRIu64 ", from %" PRId64 " to %" PRId64 " ns\n", what,
         hold.worker, hold.fence, hold.from, hold.until);
}

bool Violates(const Hold& before, const Hold& after) {
  const bool at_once = after.from <= before.until;
  const bool not_larger = after.fence <= before.fence;
  if (!at_once && !not_larger) return false;
  printf("VIOLATION of name %d:%s%s\n", before.name, at_once ? " two holders at once" : "",
         not_larger ? " a token that is not larger" : "");
  Print("before:", before);
  Print("after: ", after);
  return true;
}

bool LostAnUpdate(int name, const Counter& counter) {
  if (counter.late_writes > 0 || counter.value == counter.raised) return false;
  printf("VIOLATION of name %d: its counter is %" PRId64 " after %" PRId64 " increments\n", name,
         counter.value, counter.raised.load());
  return true;
}

}  // namespace

int Violations(Ledger& ledger) {
  int violations = 0;
  const std::vector<Hold> holds = Sorted(ledger);
  for (std::size_t i = 1; i < holds.size(); ++i) {
    if (holds[i - 1].name == holds[i].name) violations += Violates(holds[i - 1], holds[i]) ? 1 : 0;
  }
  for (int name = 0; name < kNames; ++name) {
    violations += LostAnUpdate(name, ledger.counter(name)) ? 1 : 0;
  }
  return violations;
}

}  // namespace holdfast::testing
