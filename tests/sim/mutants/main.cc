// Switches on one mutant after the other, and simulates until a checker notices it. The same run
// without the mutant must be good.
//   sim_mutants [--schedules N] [--jobs J] [NAME...]
// All of them, or those named; each for at most N schedules (400000). The first seed comes from
// HOLDFAST_TEST_SEED, or differs each time. Exit 1 if one stays alive.
#include <getopt.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/seed.h"
#include "core/text.h"
#include "run.h"
#include "sim/mutants.h"

namespace holdfast::core {
namespace {

using mutants::Mutant;

// How one mutant ended.
struct Hunt {
  std::uint64_t schedules = 0;  // That it took.
  std::uint64_t seed = 0;       // Of the last of them.
  bool killed = false;
  bool unjust = false;  // The run is bad without the mutant, too.
  char how[120] = {};   // It was noticed.
};

// In memory that all processes see.
struct Board {
  std::atomic<int> next = 0;
  Hunt hunts[400];
};

struct Settings {
  std::uint64_t first_seed = static_cast<std::uint64_t>(TestSeed()) << 24;
  std::uint64_t schedules = 400'000;
  int jobs = std::max(1U, std::thread::hardware_concurrency());
  std::vector<const Mutant*> mutants;
};

Outcome RunWith(const Mutant* mutant, std::uint64_t seed) {
  mutants::Select(mutant == nullptr ? "" : mutant->name);
  LuaRunner lua(&mutants::ScriptOf);
  Happenings happenings;
  const Mistake mistake = mutant == nullptr ? Mistake::kNone : MistakeOf(mutant->name);
  return Simulate({.seed = seed, .mistake = mistake}, lua, happenings);
}

void HuntFor(const Mutant& mutant, const Settings& settings, Hunt& hunt) {
  mutants::Select(mutant.name);
  LuaRunner lua(&mutants::ScriptOf);
  Happenings happenings;
  const Mistake mistake = MistakeOf(mutant.name);
  while (hunt.schedules < settings.schedules && !hunt.killed) {
    hunt.seed = settings.first_seed + hunt.schedules++;
    const Outcome outcome = Simulate({.seed = hunt.seed, .mistake = mistake}, lua, happenings);
    hunt.killed = !outcome.good();
    snprintf(hunt.how, sizeof hunt.how, "%s: %s", outcome.checker.c_str(), outcome.text.c_str());
  }
  hunt.unjust = hunt.killed && !RunWith(nullptr, hunt.seed).good();
}

// Takes mutants as long as there are any.
void Work(const Settings& settings, Board& board) {
  const int count = static_cast<int>(settings.mutants.size());
  for (int i; (i = board.next++) < count;) HuntFor(*settings.mutants[i], settings, board.hunts[i]);
}

pid_t StartWorker(const Settings& settings, Board& board) {
  const pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  Work(settings, board);
  _exit(0);
}

bool EndedWell(pid_t child) {
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

bool Print(const Mutant& mutant, const Hunt& hunt) {
  const bool good = hunt.killed && !hunt.unjust;
  const char* what = hunt.unjust ? "NOT THE MUTANT'S DOING" : good ? "killed" : "ALIVE";
  printf("%-42.*s %s by schedule %" PRIu64 ", seed %" PRIu64 "  %s\n",
         static_cast<int>(mutant.name.size()), mutant.name.data(), what, hunt.schedules, hunt.seed,
         hunt.how);
  return good;
}

int Run(const Settings& settings) {
  void* memory =
      mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return perror("sim_mutants: mmap"), 2;
  Board& board = *new (memory) Board;
  printf("%zu mutants, first seed %" PRIu64 "\n", settings.mutants.size(), settings.first_seed);
  fflush(stdout);  // Not once more by each child.
  std::vector<pid_t> workers;
  for (int i = 0; i < settings.jobs; ++i) workers.push_back(StartWorker(settings, board));
  bool ended = true;
  for (const pid_t worker : workers) ended = EndedWell(worker) && ended;
  int alive = 0;
  std::uint64_t schedules = 0;
  for (std::size_t i = 0; i < settings.mutants.size(); ++i) {
    alive += Print(*settings.mutants[i], board.hunts[i]) ? 0 : 1;
    schedules += board.hunts[i].schedules;
  }
  if (!ended) printf("a process crashed\n");
  printf("%" PRIu64 " schedules; %d mutants alive\n", schedules, alive);
  return ended && alive == 0 ? 0 : 1;
}

bool AddMutant(std::string_view name, Settings& settings) {
  const auto all = mutants::All();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [name](const Mutant& mutant) { return mutant.name == name; });
  if (found == all.end()) return fprintf(stderr, "no mutant '%s'\n", name.data()), false;
  settings.mutants.push_back(&*found);
  return true;
}

bool ReadWords(int argc, char** argv, Settings& settings) {
  static const option kOptions[] = {{"schedules", required_argument, nullptr, 'n'},
                                    {"jobs", required_argument, nullptr, 'j'},
                                    {nullptr, 0, nullptr, 0}};
  for (int option; (option = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    const auto number = ParseNumber<std::uint64_t>(optarg == nullptr ? "" : optarg);
    if (!number || *number == 0 || (option == 'j' && *number > 64)) return false;
    if (option == 'n') settings.schedules = *number;
    if (option == 'j') settings.jobs = static_cast<int>(*number);
  }
  for (int i = optind; i < argc; ++i) {
    if (!AddMutant(argv[i], settings)) return false;
  }
  if (!settings.mutants.empty()) return true;
  for (const Mutant& mutant : mutants::All()) settings.mutants.push_back(&mutant);
  return settings.mutants.size() <= std::size(Board().hunts);
}

}  // namespace
}  // namespace holdfast::core

int main(int argc, char** argv) {
  holdfast::core::Settings settings;
  if (holdfast::core::ReadWords(argc, argv, settings)) return holdfast::core::Run(settings);
  fprintf(stderr, "usage: sim_mutants [--schedules N] [--jobs J] [NAME...]\n");
  return 2;
}
