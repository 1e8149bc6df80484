#include "chaos/report.h"

#include <cinttypes>
#include <cstdio>

namespace holdfast::testing {
namespace {

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
  for (int name = 0; name < kNames; ++name) {
    const int late = ledger.counter(name).late_writes;
    if (late > 0) printf("name %d: %d late writes, its counter proves nothing\n", name, late);
  }
}

}  // namespace holdfast::testing
