// What a chaos run is told on its command line.
#ifndef HOLDFAST_TESTS_CHAOS_RUN_OPTIONS_H_
#define HOLDFAST_TESTS_CHAOS_RUN_OPTIONS_H_

#include <cstdint>
#include <optional>

namespace holdfast::testing {

struct RunOptions {
  int servers = 0;
  int seconds = 0;
  std::uint64_t seed = 0;  // By default another one in each run.
  bool clock_steps = false;
};

// SERVERS SECONDS [--seed S] [--clock-steps]; nothing where it is something else.
std::optional<RunOptions> ParseRunOptions(int argc, char** argv);

// Whether a run did enough to mean anything: `done` of `what`, of which there should be at least
// `per_minute` in a minute, even on a slow machine. Says so where it did not.
bool DidEnough(const char* what, int done, int per_minute, const RunOptions& options);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_RUN_OPTIONS_H_
