// The simulator: the lock protocol itself (lib/core) and the scripts themselves (lib/scripts), by
// many clients on many nodes, in virtual time, with all that can go wrong; each run from a seed.
//
//   sim [--schedules N] [--minutes T] [--jobs J] [--first-seed S]
//     explores: runs from the first seed on (default: HOLDFAST_TEST_SEED, or one that differs each
//     time). The first that shows something wrong is made smaller, and printed as a command.
//   sim --seed S [--length MS] [--without N,...] [--quick-network]
//     repeats one run, and tells what happens in it.
//
// Exit 0: nothing found. 1: something was. 2: wrong words.
#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "core/seed.h"
#include "core/text.h"
#include "explore.h"
#include "report.h"
#include "run.h"
#include "shrink.h"

namespace holdfast::core {
namespace {

int Usage() {
  fprintf(stderr,
          "usage: sim [--schedules N] [--minutes T] [--jobs J] [--first-seed S]\n"
          "       sim --seed S [--length MS] [--without N,...] [--quick-network]\n");
  return 2;
}

struct CommandLine {
  Plan plan;
  Goal goal;
  bool one = false;      // Run.
  bool bounded = false;  // By a number, or a time.
};

template <class Integer>
bool Read(const char* text, Integer least, Integer most, Integer& into) {
  const auto number = ParseNumber<Integer>(text);
  if (!number || *number < least || *number > most) return false;
  into = *number;
  return true;
}

bool ReadOption(int option, CommandLine& words) {
  int number = 0;
  switch (option) {
    case 's':
      words.one = true;
      return Read<std::uint64_t>(optarg, 0, UINT64_MAX, words.plan.seed);
    case 'l':
      if (!Read(optarg, 0, 1'000'000, number)) return false;
      words.plan.length = milliseconds(number);
      return true;
    case 'w':
      return ReadNumbers(optarg, words.plan.without);
    case 'q':
      words.plan.quick_network = true;
      return true;
    case 'n':
      words.bounded = true;
      return Read<std::uint64_t>(optarg, 1, UINT64_MAX, words.goal.schedules);
    case 'm':
      if (!Read(optarg, 1, 100'000, number)) return false;
      words.goal.time = std::chrono::minutes(number);
      words.bounded = true;
      return true;
    case 'j':
      return Read(optarg, 1, kMostJobs, words.goal.jobs);
    case 'f':
      return Read<std::uint64_t>(optarg, 0, UINT64_MAX, words.goal.first_seed);
    default:
      return false;
  }
}

bool ReadWords(int argc, char** argv, CommandLine& words) {
  static const option kOptions[] = {{"seed", required_argument, nullptr, 's'},
                                    {"length", required_argument, nullptr, 'l'},
                                    {"without", required_argument, nullptr, 'w'},
                                    {"quick-network", no_argument, nullptr, 'q'},
                                    {"schedules", required_argument, nullptr, 'n'},
                                    {"minutes", required_argument, nullptr, 'm'},
                                    {"jobs", required_argument, nullptr, 'j'},
                                    {"first-seed", required_argument, nullptr, 'f'},
                                    {nullptr, 0, nullptr, 0}};
  words.goal.first_seed = static_cast<std::uint64_t>(TestSeed()) << 24;
  words.goal.jobs = std::max(1, std::min<int>(std::thread::hardware_concurrency(), kMostJobs));
  for (int option; (option = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    if (!ReadOption(option, words)) return false;
  }
  if (!words.bounded) words.goal.time = std::chrono::minutes(1);
  return optind == argc;
}

void Print(const Outcome& outcome) {
  if (outcome.good()) return printf("nothing found\n"), void();
  printf("FOUND by %s: %s\n", outcome.checker.c_str(), outcome.text.c_str());
}

int Repeat(const Plan& plan) {
  LuaRunner lua;
  Happenings happenings;
  const Outcome outcome = Simulate(plan, lua, happenings, stdout);
  Print(outcome);
  return outcome.good() ? 0 : 1;
}

void PrintSmallest(std::uint64_t seed) {
  LuaRunner lua;
  Happenings happenings;
  Print(Simulate({.seed = seed}, lua, happenings));
  const Plan smallest =
      Shrink({.seed = seed}, [&](const Plan& plan) { return Simulate(plan, lua, happenings); });
  printf("seed %llu; made smaller:\n  sim %s\n", static_cast<unsigned long long>(seed),
         OptionsOf(smallest).c_str());
  Print(Simulate(smallest, lua, happenings));
}

int ExploreAll(const Goal& goal) {
  const Explored explored = Explore(goal);
  if (explored.crashed) {
    printf("a process crashed; its run:\n  sim --seed %llu\n",
           static_cast<unsigned long long>(*explored.bad_seed));
  } else if (explored.bad_seed) {
    PrintSmallest(*explored.bad_seed);
  }
  Print(goal, explored);
  return explored.bad_seed ? 1 : 0;
}

}  // namespace
}  // namespace holdfast::core

int main(int argc, char** argv) {
  holdfast::core::CommandLine words;
  if (!holdfast::core::ReadWords(argc, argv, words)) return holdfast::core::Usage();
  return words.one ? holdfast::core::Repeat(words.plan) : holdfast::core::ExploreAll(words.goal);
}
