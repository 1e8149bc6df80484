#include "chaos/report.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <sstream>

namespace holdfast::testing {
namespace {

constexpr std::size_t kMostShown = 20;

void PrintShare(const char* what, const Outcomes& outcomes) {
  const std::uint64_t all = outcomes.one_round_trip + outcomes.finalised + outcomes.finalise_failed;
  const double share =
      all == 0 ? 0
               : 100.0 * static_cast<double>(outcomes.one_round_trip) / static_cast<double>(all);
  printf("%s: %" PRIu64 " tokens, %.2f %% of them final in one round trip; %" PRIu64
         " attempts, %" PRIu64 " calls refused, %" PRIu64 " locks lost\n",
         what, all, share, outcomes.attempts.load(), outcomes.refused.load(), outcomes.lost.load());
}

}  // namespace

void PrintAcquisitions(Ledger& ledger, double seconds) {
  printf("%d acquisitions in %.0f s\n", ledger.size(), seconds);
  PrintShare("a name of one's own    ", ledger.outcomes(Role::kOwn));
  PrintShare("one name for 16        ", ledger.outcomes(Role::kHot));
  PrintShare("held for long, 4 for 16", ledger.outcomes(Role::kSlow));
  PrintShare("shared with the program", ledger.outcomes(Role::kMixed));
  PrintShare("seldom wanted         ", ledger.outcomes(Role::kCold));
  std::size_t refused = 0;
  for (const Write& write : ledger.writes()) refused += write.accepted ? 0 : 1;
  printf(
      "%zu fenced writes, %zu of them refused as stale; no call ended later than %.0f ms after "
      "its deadline\n",
      ledger.writes().size(), refused, static_cast<double>(ledger.lateness()) / 1e6);
  for (int name = 0; name < kNames; ++name) {
    const int late = ledger.counter(name).late_writes;
    if (late > 0) printf("name %d: %d late writes, its counter proves nothing\n", name, late);
  }
}

void PrintViolations(const std::vector<std::string>& violations) {
  for (std::size_t i = 0; i < std::min(violations.size(), kMostShown); ++i) {
    printf("VIOLATION: %s\n", violations[i].c_str());
  }
  printf("%zu violations\n", violations.size());
}

std::vector<std::string> Lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

}  // namespace holdfast::testing
