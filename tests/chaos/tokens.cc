// Sixteen processes take locks while nodes are killed, restarted empty, flushed and stopped: never
// two holders of a name at once, and each token larger than the one before it.
//
//   chaos_tokens NODES ACQUISITIONS [SEED]
//
// Prints what happened, and how many tokens were final in one round trip. Exit 0: no violation.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

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
#include "chaos/worker.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"

namespace holdfast::testing {
namespace {

// Nobody gets a lock for so long: something hangs.
constexpr std::int64_t kStalled = 60'000'000'000;

// Marks the nodes as new, so that they vote at once this first time.
void Install(const Nodes& nodes) {
  ClientOptions options = WorkerOptions(nodes.urls());
  options.new_installation = true;
  AwaitNodes(NewClient(options), static_cast<int>(nodes.size()));
}

std::vector<pid_t> Start(const Nodes& nodes, std::uint64_t seed, Ledger& ledger) {
  std::vector<pid_t> workers;
  const pid_t parent = getpid();
  for (int worker = 0; worker < kWorkers; ++worker) {
    const pid_t pid = fork();
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(1);  // It died before the line above.
      _exit(Work(worker, WorkerOptions(nodes.urls()), seed, ledger) ? 0 : 1);
    }
    workers.push_back(pid);
  }
  return workers;
}

bool RunFaults(Faults& faults, const Ledger& ledger) {
  int seen = 0;
  std::int64_t last_progress = BootTime();
  while (!ledger.full()) {
    faults.Step();
    Yield();
    if (ledger.size() > seen) last_progress = BootTime();
    seen = ledger.size();
    if (BootTime() - last_progress > kStalled) return false;
  }
  return true;
}

// Whether all of them end well, and soon.
bool Join(const std::vector<pid_t>& workers) {
  bool good = true;
  for (const pid_t worker : workers) {
    int status = -1;
    if (!Eventually([&] { return waitpid(worker, &status, WNOHANG) == worker; })) {
      kill(worker, SIGKILL);
      waitpid(worker, nullptr, 0);
    }
    good = good && status == 0;
  }
  return good;
}

void PrintShare(const char* what, const Outcomes& outcomes) {
  const std::uint64_t all = outcomes.one_round_trip + outcomes.finalised + outcomes.finalise_failed;
  const double share =
      all == 0 ? 0
               : 100.0 * static_cast<double>(outcomes.one_round_trip) / static_cast<double>(all);
  printf("%s: %" PRIu64 " tokens, %.2f %% of them final in one round trip; %" PRIu64
         " attempts, %" PRIu64 " calls refused, %" PRIu64 " locks lost\n",
         what, all, share, outcomes.attempts.load(), outcomes.refused.load(), outcomes.lost.load());
}

void PrintReport(Ledger& ledger, const Faults& faults, double seconds) {
  printf("%d acquisitions in %.0f s\n", ledger.size(), seconds);
  PrintShare("a name of one's own    ", ledger.outcomes(Role::kOwn));
  PrintShare("one name for 16        ", ledger.outcomes(Role::kHot));
  PrintShare("held for long, 4 for 16", ledger.outcomes(Role::kSlow));
  for (const auto& [kind, count] : faults.counts()) {
    printf("nodes %s: %d\n", kind.c_str(), count);
  }
  for (int name = 0; name < kNames; ++name) {
    const int late = ledger.counter(name).late_writes;
    if (late > 0) printf("name %d: %d late writes, its counter proves nothing\n", name, late);
  }
}

int Run(int node_count, int acquisitions, std::uint64_t seed) {
  printf("%d nodes, seed %" PRIu64 "\n", node_count, seed);
  fflush(stdout);  // Not once more by each child.
  Nodes nodes(node_count, Durability::kNone);
  Ledger ledger(acquisitions);
  // Forked before this process has a client, and so threads: the first start is a child's, too.
  const pid_t installer = fork();
  if (installer == 0) {
    Install(nodes);
    _exit(0);
  }
  if (!Join({installer})) return EXIT_FAILURE;

  const std::int64_t start = BootTime();
  const std::vector<pid_t> workers = Start(nodes, seed, ledger);
  Faults faults(nodes, seed);
  const bool progress = RunFaults(faults, ledger);
  const double seconds = static_cast<double>(BootTime() - start) / 1e9;
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
