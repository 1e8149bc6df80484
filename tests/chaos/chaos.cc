// Processes of the library and of the program take locks while everything goes wrong: nodes, their
// network, their clocks, and the processes themselves. Never two holders of a name at once, each
// token larger than the one before it, no update lost, nothing left behind.
//
//   chaos NODES SECONDS [--seed S] [--clock-steps]
//
// With --clock-steps the wall clocks of nodes are set while they run; then two may well hold a lock
// at once, and the rest has to hold all the same. Prints what was done and what came of it. Exit 0:
// no violation; 77: this machine does not permit the networks that it takes.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "chaos/client_faults.h"
#include "chaos/clock_steps.h"
#include "chaos/crew.h"
#include "chaos/judge.h"
#include "chaos/ledger.h"
#include "chaos/namespaces.h"
#include "chaos/network_faults.h"
#include "chaos/node_faults.h"
#include "chaos/processes.h"
#include "chaos/program.h"
#include "chaos/report.h"
#include "chaos/run_options.h"
#include "chaos/site.h"
#include "chaos/store.h"
#include "support/eventually.h"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

constexpr int kSkipped = 77;  // ctest knows it.

constexpr int kScripts = 2;
constexpr int kRuns = 3;

// Far more than the processes can take.
constexpr int kHoldsPerSecond = 5'000;

// Nobody gets a lock for so long: something hangs.
constexpr std::int64_t kStalled = 60'000'000'000;

// A call that is to end within a second may be kept from it by that much: pauses of its process,
// and a machine that has far more to do than it can.
constexpr std::int64_t kTooLate = 10'000'000'000;

constexpr std::int64_t kHour = 3'600'000'000'000;

constexpr int kFaultsPerMinute = 20;
constexpr int kAcquisitionsPerMinute = 1'200;

using Mischiefs = std::vector<std::unique_ptr<Mischief>>;

ClientOptions OptionsFor(const Site& site) {
  return {.nodes = site.urls(), .max_ttl = 1s, .connect_timeout = 800ms, .command_timeout = 800ms};
}

bool InstallFromInside(const Site& site, const ClientOptions& options) {
  const Inside host(site.client_host(0));
  return Install(options, site.size());
}

class Run {
 public:
  Run(const RunOptions& options, Site& site)
      : options_(options),
        site_(site),
        ledger_(options.seconds * kHoldsPerSecond),
        shift_({.options = OptionsFor(site),
                .seed = options.seed,
                .store = site.store(),
                .clocks_apart = kHour}),
        random_(options.seed),
        program_clock_(-kHour),
        crew_(ledger_) {}

  int Do() {
    if (!InstallFromInside(site_, shift_.options)) return EXIT_FAILURE;
    const std::int64_t start = BootTime();
    StartClients();
    StartMischief();
    const bool progress = MakeTrouble(start + options_.seconds * std::int64_t{1'000'000'000});
    const double seconds = static_cast<double>(BootTime() - start) / 1e9;
    EndAll();
    PrintAll(seconds);
    if (!progress) printf("FAILED: nobody got a lock for a minute\n");
    const bool good = Judge();
    return progress && good ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  void StartClients() {
    for (int number = 0; number < kWorkers; ++number) {
      crew_.AddWorker([this, number] {
        const Inside host(site_.client_host(number));
        return Fork([&] { return Work(number, shift_, ledger_); });
      });
    }
    std::vector<std::string> environment = ProgramEnvironment(shift_);
    for (const std::string& variable : program_clock_.environment()) {
      environment.push_back(variable);
    }
    for (int i = 0; i < kScripts; ++i) {
      crew_.AddWorker([this, i, environment] {
        const Inside host(site_.client_host(i));
        return Fork([&] { return WorkByProgram(kFirstScript + i, shift_, environment, ledger_); });
      });
    }
    for (int i = 0; i < kRuns; ++i) {
      crew_.AddRun([this, i, environment] {
        const Inside host(site_.client_host(i));
        return StartRun(kFirstRun + i, shift_, environment, random_, ledger_);
      });
    }
  }

  void StartMischief() {
    const std::uint64_t seed = options_.seed;
    mischiefs_.push_back(std::make_unique<NodeFaults>(site_, seed + 1, !options_.clock_steps));
    mischiefs_.push_back(std::make_unique<NetworkFaults>(site_, seed + 2));
    mischiefs_.push_back(std::make_unique<ClientFaults>(crew_, seed + 3));
    if (options_.clock_steps) mischiefs_.push_back(std::make_unique<ClockSteps>(site_, seed + 4));
  }

  // False when nobody gets anywhere any more.
  bool MakeTrouble(std::int64_t end) {
    int seen = 0;
    std::int64_t last_progress = BootTime();
    while (!ledger_.over() && BootTime() < end) {
      crew_.Step();
      for (const auto& mischief : mischiefs_) mischief->Step();
      Yield();
      if (ledger_.size() > seen) last_progress = BootTime();
      seen = ledger_.size();
      if (BootTime() - last_progress > kStalled) return false;
    }
    return true;
  }

  void EndAll() {
    ledger_.Close();
    for (const auto& mischief : mischiefs_) mischief->Heal();
    crew_.Join();
    Store store(site_.store());
    for (int name = 0; name < kNames; ++name) ledger_.stored(name).found = store.TokenOf(name);
  }

  int PrintFaults() const {
    int faults = 0;
    for (const auto& mischief : mischiefs_) {
      for (const auto& [kind, count] : mischief->counts()) {
        printf("%4d %s\n", count, kind.c_str());
        faults += count;
      }
    }
    printf("%d faults\n", faults);
    return faults;
  }

  void PrintAll(double seconds) {
    PrintAcquisitions(ledger_, seconds);
    printf("runs of the program, by exit status:");
    for (const auto& [status, count] : crew_.statuses()) printf(" %d: %d", status, count);
    const Ways& ways = site_.network().ways();
    printf("\npackets: %" PRIu64 " carried, %" PRIu64 " lost, %" PRIu64 " overtook others\n",
           ways.carried.load(), ways.dropped.load(), ways.overtaken.load());
  }

  // Locks that were left to their ttl are gone after it, by clocks that may have been set back.
  std::vector<std::string> AwaitNothingLeft(int node) {
    std::vector<std::string> left;
    Eventually(
        [&] {
          left = LeftBehind(Lines(site_.Command(node, {"KEYS", "*"})));
          return left.empty();
        },
        Patience());
    return left;
  }

  std::chrono::milliseconds Patience() const {
    return options_.clock_steps ? kPatience : 3 * shift_.options.max_ttl;
  }

  bool Judge() {
    const bool exclusive = !options_.clock_steps;
    std::vector<std::string> violations =
        Violations(ledger_, exclusive ? Promise::kExclusive : Promise::kTokens);
    for (int node = 0; node < site_.size(); ++node) {
      for (const std::string& key : AwaitNothingLeft(node)) {
        violations.push_back("left behind on node " + std::to_string(node) + ": " + key);
      }
    }
    if (ledger_.lateness() > kTooLate) violations.emplace_back("a call did not end in time");
    bool good = violations.empty();
    good &= DidEnough("faults", PrintFaults(), kFaultsPerMinute, options_);
    good &= DidEnough("acquisitions", ledger_.size(), kAcquisitionsPerMinute, options_);
    for (const std::string& failure : crew_.failures()) printf("FAILED: %s\n", failure.c_str());
    PrintViolations(violations);
    return good && crew_.failures().empty();
  }

  const RunOptions options_;
  Site& site_;
  Ledger ledger_;
  const Shift shift_;
  std::mt19937_64 random_;
  const ClockFile program_clock_;
  Crew crew_;
  Mischiefs mischiefs_;
};

int Start(const RunOptions& options) {
  printf("%d nodes, %d s, seed %" PRIu64 "%s\n", options.servers, options.seconds, options.seed,
         options.clock_steps ? ", clocks are set" : "");
  std::string why = LeaveNetwork();
  if (why.empty()) {
    fflush(stdout);  // Not once more by each child.
    Site site(options.servers, options.seed, why);
    if (why.empty()) return Run(options, site).Do();
  }
  printf("SKIPPED: this machine does not permit networks of one's own: %s\n", why.c_str());
  return kSkipped;
}

}  // namespace
}  // namespace holdfast::testing

int main(int argc, char** argv) {
  const auto options = holdfast::testing::ParseRunOptions(argc, argv);
  if (options && options->servers <= holdfast::testing::kMostNodes) {
    return holdfast::testing::Start(*options);
  }
  fprintf(stderr, "usage: chaos NODES SECONDS [--seed S] [--clock-steps]\n");
  return 2;
}
