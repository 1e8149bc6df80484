// Sixteen processes take locks while nodes are killed, restarted empty, flushed and stopped: never
// two holders of a name at once, and each token larger than the one before it.
//
//   chaos_tokens NODES ACQUISITIONS [SEED]
//
// Prints what happened, and how many tokens were final in one round trip. Exit 0: no violation.
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "chaos/faults.h"
#include "chaos/judge.h"
#include "chaos/ledger.h"
#include "chaos/processes.h"
#include "chaos/report.h"
#include "support/eventually.h"
#include "support/redis_server.h"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

// Nobody gets a lock for so long: something hangs.
constexpr std::int64_t kStalled = 60'000'000'000;

// How all clients of a run are configured.
ClientOptions OptionsFor(const Nodes& nodes) {
  return {.nodes = nodes.urls(), .max_ttl = 1s, .connect_timeout = 500ms, .command_timeout = 500ms};
}

bool RunFaults(Faults& faults, const Ledger& ledger) {
  int seen = 0;
  std::int64_t last_progress = BootTime();
  while (!ledger.over()) {
    faults.Step();
    Yield();
    if (ledger.size() > seen) last_progress = BootTime();
    seen = ledger.size();
    if (BootTime() - last_progress > kStalled) return false;
  }
  return true;
}

void PrintReport(Ledger& ledger, const Faults& faults, double seconds) {
  PrintAcquisitions(ledger, seconds);
  for (const auto& [kind, count] : faults.counts()) {
    printf("nodes %s: %d\n", kind.c_str(), count);
  }
}

int Run(int node_count, int acquisitions, std::uint64_t seed) {
  printf("%d nodes, seed %" PRIu64 "\n", node_count, seed);
  fflush(stdout);  // Not once more by each child.
  Nodes nodes(node_count, Durability::kNone);
  Ledger ledger(acquisitions);
  const ClientOptions options = OptionsFor(nodes);
  if (!Install(options, node_count)) return EXIT_FAILURE;

  const std::int64_t start = BootTime();
  const std::vector<pid_t> workers = StartWorkers(options, seed, ledger);
  Faults faults(nodes, seed);
  const bool progress = RunFaults(faults, ledger);
  const double seconds = static_cast<double>(BootTime() - start) / 1e9;
  ledger.Close();
  faults.Heal();
  const bool joined = Join(workers);
  PrintReport(ledger, faults, seconds);
  if (!progress) printf("FAILED: nobody got a lock for a minute\n");
  if (!joined) printf("FAILED: a worker did not end well\n");
  const int violations = Violations(ledger);
  printf("%d violations\n", violations);
  return progress && joined && violations == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int Usage() {
  fprintf(stderr, "usage: chaos_tokens NODES ACQUISITIONS [SEED]\n");
  return 2;
}

}  // namespace
}  // namespace holdfast::testing

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) return holdfast::testing::Usage();
  const int nodes = atoi(argv[1]);
  const int acquisitions = atoi(argv[2]);
  if (nodes < 1 || nodes > 15 || acquisitions < 1) return holdfast::testing::Usage();
  const std::uint64_t seed = argc == 4 ? strtoull(argv[3], nullptr, 10) : std::random_device()();
  return holdfast::testing::Run(nodes, acquisitions, seed);
}
