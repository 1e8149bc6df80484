// One of several processes that want the same lock.
#ifndef HOLDFAST_BENCH_LOAD_CONTENDER_H_
#define HOLDFAST_BENCH_LOAD_CONTENDER_H_

#include <chrono>
#include <vector>

#include "holdfast/blocking.h"
#include "load/contestant.h"

namespace holdfast::bench {

struct Contention {
  struct Hold {
    Clock::time_point asked, acquired, released;
  };
  std::vector<Hold> holds;
  int failed = 0;  // Calls that did not get the lock within their wait.
};

class Contender {
 public:
  // Returns when the client has been admitted.
  explicit Contender(const Setup& setup);

  // Takes one lock, holds it for `hold`, releases it, and at once asks again, until `end`.
  Contention Contend(Clock::time_point end, std::chrono::microseconds hold);

 private:
  BlockingClient client_;
};

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_LOAD_CONTENDER_H_
