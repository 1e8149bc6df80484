// Which checkers of the simulator notice which mutant, and after how many schedules:
//   sim_mutants [SCHEDULES [NAME...]]
// For all of them or those named; without any mutant, too. The seed is HOLDFAST_TEST_SEED or 1.
// Exit 1 if a mutant was noticed by nobody, or the core without one was found to be at fault.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "core/text.h"
#include "run.h"
#include "sim/mutants.h"

namespace holdfast::core {
namespace {

constexpr int kEnough = 5;  // Findings.

struct Hunt {
  std::uint64_t schedules = 0;
  std::uint64_t first = 0;  // That noticed it; 0: none did.
  std::string text;
  std::map<std::string, int> checkers;
  double seconds = 0;
};

Hunt HuntFor(std::string_view mutant, std::uint64_t first_seed, std::uint64_t schedules) {
  const auto start = std::chrono::steady_clock::now();
  mutants::Select(mutant);
  LuaRunner lua(&mutants::ScriptOf);
  Happenings happenings;
  Hunt hunt;
  int found = 0;
  while (hunt.schedules < schedules && found < kEnough) {
    const std::uint64_t seed = first_seed + hunt.schedules++;
    const Outcome outcome = Simulate({.seed = seed, .mistake = MistakeOf(mutant)}, lua, happenings);
    if (outcome.good()) continue;
    ++hunt.checkers[outcome.checker];
    if (found++ > 0) continue;
    hunt.first = hunt.schedules;
    hunt.text = outcome.text;
  }
  hunt.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return hunt;
}

void Print(std::string_view mutant, const Hunt& hunt) {
  std::string checkers;
  for (const auto& [checker, count] : hunt.checkers) {
    checkers += (checkers.empty() ? "" : ", ") + checker + " " + std::to_string(count);
  }
  const std::string name(mutant.empty() ? "(no mutant)" : mutant);
  printf("%-40s %7llu %7llu %7.1f s  %s\n", name.c_str(),
         static_cast<unsigned long long>(hunt.first),
         static_cast<unsigned long long>(hunt.schedules), hunt.seconds,
         hunt.first == 0 ? "-" : (checkers + ": " + hunt.text.substr(0, 100)).c_str());
  fflush(stdout);
}

int Main(int argc, char** argv) {
  const char* given = std::getenv("HOLDFAST_TEST_SEED");
  const auto seed = ParseNumber<std::uint64_t>(given == nullptr ? "1" : given);
  const auto schedules = ParseNumber<std::uint64_t>(argc > 1 ? argv[1] : "10000");
  char** const names = argv + std::min(argc, 2);
  const bool known = std::all_of(names, argv + argc, &mutants::Select);
  if (!seed || !schedules || !known) {
    fprintf(stderr, "usage: sim_mutants [SCHEDULES [NAME...]]\n");
    return 2;
  }
  printf("%-40s %7s %7s %9s  by\n", ("seed " + std::to_string(*seed)).c_str(), "first", "of", "in");
  const Hunt none = HuntFor("", *seed, *schedules);
  Print("", none);
  bool good = none.first == 0;
  for (const mutants::Mutant& mutant : mutants::All()) {
    if (names != argv + argc && std::find(names, argv + argc, mutant.name) == argv + argc) continue;
    const Hunt hunt = HuntFor(mutant.name, *seed, *schedules);
    Print(mutant.name, hunt);
    good = good && hunt.first > 0;
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace holdfast::core

int main(int argc, char** argv) { return holdfast::core::Main(argc, argv); }
