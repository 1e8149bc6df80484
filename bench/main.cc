// The parts that scripts/bench puts together:
//   holdfast_bench [GOOGLE-BENCHMARK-OPTION...]
//       the core by itself; where HOLDFAST_BENCH_NODES names servers (URL URL,URL,URL: sets of
//       nodes), also pairs on them, and a cache; where HOLDFAST_BENCH_CLUSTER does, on its seats
//   holdfast_bench worker KIND URL,URL HOW   (load/worker.h)
//       HOW is fenced, lean, seats (of the cluster that the URLs name) or impatient (fenced, with
//       the library's own timeout)
//   holdfast_bench proxy PORT                (load/delay_proxy.h)
#include <signal.h>
#include <sys/prctl.h>

#include <string>
#include <string_view>
#include <vector>

#include "benchmark/benchmark.h"
#include "load/delay_proxy.h"
#include "load/die.h"
#include "load/setup.h"
#include "load/worker.h"
#include "micro/register.h"

namespace holdfast::bench {
namespace {

Setup ReadSetup(std::string_view urls, std::string_view how) {
  if (how != "fenced" && how != "lean" && how != "seats" && how != "impatient") {
    Die("neither fenced nor lean nor seats nor impatient: '" + std::string(how) + "'");
  }
  return {.urls = SplitUrls(urls),
          .fencing = how != "lean",
          .cluster = how == "seats",
          .patient = how != "impatient"};
}

int Main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.size() == 4 && words[0] == "worker") {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return RunWorker(words[1], ReadSetup(words[2], words[3]));
  }
  if (words.size() == 2 && words[0] == "proxy") {
    return RunDelayProxy(PortOf(":" + std::string(words[1])));
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  RegisterPairs();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) { return holdfast::bench::Main(argc, argv); }
