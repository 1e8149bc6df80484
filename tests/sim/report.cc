#include "report.h"

#include <cinttypes>
#include <cstdio>

namespace holdfast::core {
namespace {

void PrintFaults(const FaultCounts& faults) {
  printf("faults:");
  for (int i = 0; i < kFaults; ++i) {
    const Fault fault = static_cast<Fault>(i);
    printf("%s %" PRIu64 " x %s", i == 0 ? "" : ",", faults[fault], NameOf(fault).data());
  }
  printf("\n");
}

}  // namespace

void Print(const Goal& goal, const Explored& explored) {
  const Happenings& seen = explored.happenings;
  printf("%" PRIu64 " schedules in %.0f s by %d processes: %.0f a second; first seed %" PRIu64 "\n",
         seen.runs, explored.seconds, goal.jobs, static_cast<double>(seen.runs) / explored.seconds,
         goal.first_seed);
  printf("locks: %" PRIu64 " acquired, %" PRIu64 " refused, %" PRIu64
         " extended by call and %" PRIu64 " automatically, %" PRIu64 " lost, %" PRIu64
         " released; held for %.1f hours\n",
         seen.acquired, seen.refused, seen.extended, seen.kept, seen.lost, seen.released,
         static_cast<double>(seen.held.count()) / 3.6e12);
  printf("tokens: %" PRIu64 " compared, %" PRIu64 " that nodes could forget; finalised %" PRIu64
         " times, in vain %" PRIu64 " times\n",
         seen.compared, seen.unknown, seen.finalised, seen.not_finalised);
  printf("requests: %" PRIu64 " joined with the one before\n", seen.joined);
  printf("checks: %" PRIu64 " histories searched, %" PRIu64 " beliefs judged on the nodes, %" PRIu64
         " writes to the store let in and %" PRIu64 " refused\n",
         seen.histories, seen.judged_on_nodes, seen.writes, seen.late_writes);
  PrintFaults(seen.faults);
  printf("%d findings\n", explored.bad_seed ? 1 : 0);
}

}  // namespace holdfast::core
