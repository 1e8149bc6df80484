// What acquiring and releasing a free lock costs with the library, beside a client that does
// nothing but the protocol (limit.h).
//
//   holdfast_bench [GOOGLE-BENCHMARK-OPTIONS]  each figure by itself, then the comparison
//   holdfast_bench --check                     the comparison; fails when the library is too slow
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "commands.h"
#include "contestant.h"
#include "die.h"
#include "keeper.h"
#include "limit.h"
#include "servers.h"

namespace holdfast::bench {
namespace {

// What --check demands on three nodes.
constexpr double kMaxLatencyRatio = 1.5;
constexpr double kMinThroughputRatio = 0.5;

constexpr double kMaxKeeperShare = 0.2;

constexpr int kManyNames = 64;
constexpr int kHeldLocks = 10'000;

struct Entry {
  std::string name;
  std::unique_ptr<Contestant> contestant;
};

std::vector<Entry> MakeEntries(const Servers& servers) {
  // First: it has a thread to be admitted on, which opens the nodes for the limit.
  auto blocking = MakeBlocking(servers.urls());
  std::vector<Entry> entries;
  entries.push_back({"limit", std::make_unique<Limit>(servers.ports())});
  entries.push_back({"async", MakeAsync(servers.urls())});
  entries.push_back({"blocking", std::move(blocking)});
  return entries;
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double Microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

// Contestants take turns in short slices, so that whatever else the machine does hits all alike.
// Returns each one's figure, in the order of `entries`.
template <class Slice>
std::vector<double> Alternate(std::vector<Entry>& entries, int rounds, Slice slice) {
  std::vector<std::vector<double>> figures(entries.size());
  for (int round = -1; round < rounds; ++round) {  // Round -1 connects and warms up.
    for (std::size_t i = 0; i < entries.size(); ++i) {
      std::vector<double> measured = slice(*entries[i].contestant);
      if (round >= 0) figures[i].insert(figures[i].end(), measured.begin(), measured.end());
    }
  }
  std::vector<double> medians;
  for (std::vector<double>& values : figures) medians.push_back(Median(std::move(values)));
  return medians;
}

std::string OnNodes(const char* what, int nodes) {
  return std::string(what) + ", " + std::to_string(nodes) + (nodes == 1 ? " node" : " nodes");
}

void Print(const std::string& title, const std::vector<Entry>& entries,
           const std::vector<double>& medians, const char* unit) {
  std::printf("%s: %s %.0f%s", title.c_str(), entries[0].name.c_str(), medians[0], unit);
  for (std::size_t i = 1; i < entries.size(); ++i) {
    std::printf(", %s %.0f%s (%.2f)", entries[i].name.c_str(), medians[i], unit,
                medians[i] / medians[0]);
  }
  std::printf("\n");
  std::fflush(stdout);
}

// Ratio of the asynchronous client's median latency to the limit's.
double CompareLatency(int nodes) {
  const Servers servers(nodes);
  std::vector<Entry> entries = MakeEntries(servers);
  const std::vector<double> medians = Alternate(entries, 40, [](Contestant& contestant) {
    Durations durations;
    contestant.RunPairs(1, 200, durations);
    std::vector<double> measured;
    for (Clock::duration duration : durations) measured.push_back(Microseconds(duration));
    return measured;
  });
  Print(OnNodes("one at a time", nodes), entries, medians, " us");
  return medians[1] / medians[0];
}

// Ratio of the asynchronous client's throughput to the limit's.
double CompareThroughput(int nodes) {
  const Servers servers(nodes);
  constexpr int kPairs = 100 * kManyNames;
  std::vector<Entry> entries = MakeEntries(servers);
  entries.pop_back();  // The blocking client has one pair in flight.
  const std::vector<double> medians = Alternate(entries, 20, [](Contestant& contestant) {
    Durations durations;
    const Clock::time_point start = Clock::now();
    contestant.RunPairs(kManyNames, kPairs, durations);
    return std::vector<double>{kPairs / Microseconds(Clock::now() - start) * 1e6};
  });
  Print(OnNodes("64 in flight", nodes), entries, medians, "/s");
  return medians[1] / medians[0];
}

double MedianLatency(Contestant& contestant, int pairs) {
  Durations durations;
  contestant.RunPairs(1, pairs, durations);
  std::vector<double> measured;
  for (Clock::duration duration : durations) measured.push_back(Microseconds(duration));
  return Median(std::move(measured));
}

// A stopped node must cost its vote and nothing else: first while its connection stands and is
// silent, later while it cannot be connected to. Each round has servers and a client of its own.
void CompareStopped(int nodes, int stopped) {
  constexpr int kRounds = 7;
  constexpr int kPairs = 1000;  // Over before the client takes a silent node for lost.
  std::vector<double> healthy;
  std::vector<double> silent;
  std::vector<double> gone;
  for (int round = 0; round < kRounds; ++round) {
    const Servers servers(nodes);
    const std::unique_ptr<Contestant> async = MakeAsync(servers.urls());
    MedianLatency(*async, 200);  // Connects and warms up.
    healthy.push_back(MedianLatency(*async, kPairs));
    servers.Stop(stopped);
    silent.push_back(MedianLatency(*async, kPairs));
    gone.push_back(MedianLatency(*async, kPairs));
  }
  const double base = Median(healthy);
  std::printf(
      "%s, async: %.0f us; with %d stopped %.0f us (%.2f), once disconnected %.0f us (%.2f)\n",
      OnNodes("one at a time", nodes).c_str(), base, stopped, Median(silent), Median(silent) / base,
      Median(gone), Median(gone) / base);
}

// CPU time of the thread that holds many locks, as a share of the time that passes.
double KeeperShare() {
  const Servers servers(3);
  const KeeperLoad load = HoldMany(servers.urls(), kHeldLocks, std::chrono::seconds(10));
  std::printf(
      "%d locks of 10 s held on 3 nodes by automatic extension: %.1f %% of a core, %d lost\n",
      kHeldLocks, load.cpu_share * 100, load.lost);
  return load.lost > 0 ? 1 : load.cpu_share;
}

bool Compare() {
  CompareLatency(1);
  const double latency = CompareLatency(3);
  CompareLatency(5);
  const double throughput = CompareThroughput(3);
  CompareStopped(3, 1);
  CompareStopped(5, 2);
  const double keeper = KeeperShare();
  const bool commands = CompareCommands();
  const bool good = latency <= kMaxLatencyRatio && throughput >= kMinThroughputRatio &&
                    keeper <= kMaxKeeperShare && commands;
  std::printf(
      "async on 3 nodes: %.2f of the limit's latency (at most %.2f), "
      "%.2f of its throughput (at least %.2f); keeper %.2f of a core (at most %.2f); "
      "commands %s: %s\n",
      latency, kMaxLatencyRatio, throughput, kMinThroughputRatio, keeper, kMaxKeeperShare,
      commands ? "ok" : "too slow", good ? "ok" : "TOO SLOW");
  return good;
}

// Times are per pair; with many in flight, that is the inverse of the throughput.
void BM_Pairs(benchmark::State& state, Contestant* contestant, int in_flight) {
  const int pairs = 100 * in_flight;
  Durations durations;
  while (state.KeepRunningBatch(pairs)) {
    durations.clear();
    contestant->RunPairs(in_flight, pairs, durations);
  }
}

void Register(const Entry& entry, int nodes, int in_flight) {
  const std::string name = "BM_AcquireRelease/" + entry.name + "/nodes:" + std::to_string(nodes) +
                           "/in_flight:" + std::to_string(in_flight);
  benchmark::RegisterBenchmark(name.c_str(), BM_Pairs, entry.contestant.get(), in_flight)
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

void RunBenchmarks() {
  std::deque<Servers> servers;
  std::vector<std::vector<Entry>> kept;  // The benchmarks point to them.
  for (int nodes : {1, 3, 5}) {
    kept.push_back(MakeEntries(servers.emplace_back(nodes)));
    for (const Entry& entry : kept.back()) Register(entry, nodes, 1);
    if (nodes != 3) continue;
    Register(kept.back()[0], nodes, kManyNames);
    Register(kept.back()[1], nodes, kManyNames);
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::ClearRegisteredBenchmarks();
}

int Main(int argc, char** argv) {
  const bool check = argc == 2 && std::strcmp(argv[1], "--check") == 0;
  if (!check) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  }
  if (!check) RunBenchmarks();
  return Compare() || !check ? 0 : 1;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) { return holdfast::bench::Main(argc, argv); }
