// What is compared: clients that acquire and release free locks, of three kinds (see also limit.h).
#ifndef HOLDFAST_BENCH_CONTESTANT_H_
#define HOLDFAST_BENCH_CONTESTANT_H_

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::bench {

using Clock = std::chrono::steady_clock;
using Durations = std::vector<Clock::duration>;

// A pair is one acquisition, decided by a quorum, and then its release, decided by a quorum.
class Contestant {
 public:
  virtual ~Contestant() = default;

  // Runs `pairs` pairs, on `in_flight` names at the same time, and appends each pair's duration.
  // Returns when every node has done its part, so that none does it at the next one's expense.
  virtual void RunPairs(int in_flight, int pairs, Durations& durations) = 0;
};

// The library with callbacks, all on the thread that calls RunPairs.
std::unique_ptr<Contestant> MakeAsync(const std::vector<std::string>& urls);

// The library's blocking face; one pair in flight.
std::unique_ptr<Contestant> MakeBlocking(const std::vector<std::string>& urls);

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_CONTESTANT_H_
