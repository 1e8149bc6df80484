// What is compared: clients that acquire and release free locks, of three kinds (see also limit.h).
#ifndef HOLDFAST_BENCH_LOAD_CONTESTANT_H_
#define HOLDFAST_BENCH_LOAD_CONTESTANT_H_

#include <chrono>
#include <memory>
#include <vector>

#include "load/setup.h"

namespace holdfast::bench {

using Clock = std::chrono::steady_clock;
using Durations = std::vector<Clock::duration>;

struct Times {
  Durations acquires;  // From the call to its success, decided by a quorum.
  Durations pairs;     // To the end of the release that follows it at once, decided the same way.

  void Add(Clock::time_point start, Clock::time_point acquired, Clock::time_point released) {
    acquires.push_back(acquired - start);
    pairs.push_back(released - start);
  }
};

class Contestant {
 public:
  virtual ~Contestant() = default;

  // Acquires and releases `pairs` times, on `in_flight` names at the same time.
  virtual void RunPairs(int in_flight, int pairs, Times& times) = 0;

  // Returns when every node has done its part, so that none does it later, at the
  // expense of whoever is measured next.
  virtual void Drain() = 0;
};

// The library with callbacks, all on the thread that calls RunPairs.
std::unique_ptr<Contestant> MakeAsync(const Setup& setup);

// The library's blocking face; one pair in flight.
std::unique_ptr<Contestant> MakeBlocking(const Setup& setup);

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_LOAD_CONTESTANT_H_
