#include "chaos/run_options.h"

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>

namespace holdfast::testing {

std::optional<RunOptions> ParseRunOptions(int argc, char** argv) {
  if (argc < 3) return std::nullopt;
  RunOptions options = {.servers = atoi(argv[1]), .seconds = atoi(argv[2])};
  const char* const seed = getenv("HOLDFAST_TEST_SEED");
  options.seed = seed != nullptr ? strtoull(seed, nullptr, 10) : std::random_device()();
  for (int i = 3; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--clock-steps") {
      options.clock_steps = true;
    } else if (word == "--seed" && i + 1 < argc) {
      options.seed = strtoull(argv[++i], nullptr, 10);
    } else {
      return std::nullopt;
    }
  }
  if (options.servers < 1 || options.seconds < 1) return std::nullopt;
  return options;
}

bool DidEnough(const char* what, int done, int per_minute, const RunOptions& options) {
  const int least = per_minute * options.seconds / 60;
  if (done >= least) return true;
  printf("FAILED: only %d %s, which proves nothing: at least %d were to be\n", done, what, least);
  return false;
}

}  // namespace holdfast::testing
