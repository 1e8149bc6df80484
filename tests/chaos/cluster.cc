// Sixteen processes take locks of one cluster while masters of its seats are killed, stopped and
// replaced, and slots move: never two holders of a name at once, and each token larger than the one
// before it.
//
//   chaos_cluster MASTERS SECONDS [--seed S]
//
// Each master has a replica; whether the others serve while a master is missing is drawn. Prints
// what was done, for how long it kept everybody from a lock that all want, and for how long seats
// did not vote. Exit 0: no violation.
#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "chaos/cluster_trouble.h"
#include "chaos/judge.h"
#include "chaos/ledger.h"
#include "chaos/processes.h"
#include "chaos/report.h"
#include "chaos/run_options.h"
#include "chaos/seat_watch.h"
#include "support/eventually.h"
#include "support/redis_cluster.h"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

constexpr int kSeats = 3;
constexpr int kNodeTimeoutMs = 1000;

// Far more than the processes can take.
constexpr int kHoldsPerSecond = 5'000;

constexpr int kTroublesPerMinute = 4;
constexpr int kAcquisitionsPerMinute = 15'000;

ClientOptions OptionsFor(const RedisCluster& cluster) {
  return {.clusters = {cluster.urls()},
          .seats = kSeats,
          .max_ttl = 2s,
          .connect_timeout = 500ms,
          .command_timeout = 500ms};
}

double Seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

// When the name that all want was acquired.
std::vector<std::int64_t> HotTimes(const Ledger& ledger) {
  std::vector<std::int64_t> times;
  for (const Hold& hold : ledger.holds()) {
    if (RoleOf(hold.name) == Role::kHot) times.push_back(hold.from);
  }
  std::sort(times.begin(), times.end());
  return times;
}

// The longest part of a time in which none of `times` is.
std::int64_t LongestGap(const std::vector<std::int64_t>& times, std::int64_t from,
                        std::int64_t until) {
  std::int64_t longest = 0;
  std::int64_t last = from;
  for (auto at = std::lower_bound(times.begin(), times.end(), from);
       at != times.end() && *at < until; ++at) {
    longest = std::max(longest, *at - last);
    last = *at;
  }
  return std::max(longest, until - last);
}

void PrintSilences(const std::vector<Silence>& silences, const Trouble& trouble) {
  std::map<std::string, std::pair<double, double>> sums;
  for (const Silence& silence : silences) {
    const std::int64_t from = std::max(silence.from, trouble.from);
    const std::int64_t until = std::min(silence.until, trouble.until);
    if (until <= from) continue;
    auto& [away, quarantined] = sums[silence.seat];
    (silence.quarantined ? quarantined : away) += Seconds(until - from);
  }
  for (const auto& [seat, sum] : sums) {
    printf(
        "           seat %s had no server that served it for %.1f s, and was in quarantine for "
        "%.1f s\n",
        seat.c_str(), sum.first, sum.second);
  }
  if (sums.empty()) printf("           all seats went on voting\n");
}

// What follows a trouble before the next one is its doing.
void PrintTroubles(const ClusterTrouble& trouble, const Ledger& ledger,
                   const std::vector<Silence>& silences, std::int64_t start, std::int64_t end) {
  const std::vector<std::int64_t> times = HotTimes(ledger);
  const std::vector<Trouble>& all = trouble.troubles();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::int64_t until = i + 1 < all.size() ? all[i + 1].from : end;
    printf("at %5.1f s: seat%s: %s\n", Seconds(all[i].from - start), all[i].seats.c_str(),
           all[i].what.c_str());
    printf("           longest time without an acquisition of the lock that all want: %.0f ms\n",
           Seconds(LongestGap(times, all[i].from, until)) * 1000);
    PrintSilences(silences, all[i]);
  }
  printf(
      "%zu troubles; the lock that all want was acquired %zu times, and for at most %.0f ms by "
      "nobody\n",
      all.size(), times.size(), Seconds(LongestGap(times, start, end)) * 1000);
}

// False when the seats do not all vote again.
bool MakeTrouble(ClusterTrouble& trouble, std::int64_t end) {
  while (BootTime() < end) {
    if (!trouble.Strike()) return false;
    trouble.Rest();
  }
  return true;
}

int Run(const RunOptions& run) {
  const bool full_coverage = std::mt19937_64(run.seed)() % 2 == 0;
  printf(
      "%d masters, each with a replica; %d seats; cluster-require-full-coverage %s; %d s; seed "
      "%" PRIu64 "\n",
      run.servers, kSeats, full_coverage ? "yes" : "no", run.seconds, run.seed);
  fflush(stdout);  // Not once more by each child.
  RedisCluster cluster(run.servers, 1,
                       {.node_timeout_ms = kNodeTimeoutMs, .require_full_coverage = full_coverage});
  Ledger ledger(run.seconds * kHoldsPerSecond);
  const ClientOptions options = OptionsFor(cluster);
  if (!Install(options, kSeats)) return EXIT_FAILURE;

  const std::int64_t start = BootTime();
  const std::vector<pid_t> workers = StartWorkers({.options = options, .seed = run.seed}, ledger);
  SeatWatch watch(options);
  ClusterTrouble trouble(
      cluster, kNodeTimeoutMs, workers,
      [&](std::int64_t since) { return watch.AllVoteSince(since); }, run.seed);
  const bool calm = MakeTrouble(trouble, start + run.seconds * 1'000'000'000LL);
  const std::int64_t end = BootTime();
  ledger.Close();
  const bool joined = Join(workers);

  PrintTroubles(trouble, ledger, watch.silences(), start, end);
  PrintAcquisitions(ledger, Seconds(end - start));
  if (!calm) printf("FAILED: a seat does not vote again:\n%s", watch.Reasons().c_str());
  if (!joined) printf("FAILED: a worker did not end well\n");
  const auto troubles = static_cast<int>(trouble.troubles().size());
  const bool enough = DidEnough("troubles", troubles, kTroublesPerMinute, run) &
                      DidEnough("acquisitions", ledger.size(), kAcquisitionsPerMinute, run);
  const std::vector<std::string> violations = Violations(ledger);
  PrintViolations(violations);
  return calm && joined && enough && violations.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace holdfast::testing

int main(int argc, char** argv) {
  const auto options = holdfast::testing::ParseRunOptions(argc, argv);
  if (options && !options->clock_steps && options->servers >= 3 && options->servers <= 20) {
    return holdfast::testing::Run(*options);
  }
  fprintf(stderr, "usage: chaos_cluster MASTERS SECONDS [--seed S]\n");
  return 2;
}
