// Nodes that are killed, restarted empty, flushed and stopped.
#ifndef HOLDFAST_TESTS_CHAOS_FAULTS_H_
#define HOLDFAST_TESTS_CHAOS_FAULTS_H_

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "support/redis_server.h"

namespace holdfast::testing {

// Never more than a minority of the nodes is away at a time, and one that does not vote yet counts
// as away.
class Faults {
 public:
  Faults(Nodes& nodes, std::uint64_t seed);

  // To be called all the time, on the thread that the servers were started on.
  void Step();

  // Brings all nodes back.
  void Heal();

  const std::map<std::string, int>& counts() const { return counts_; }

 private:
  enum class State { kWell, kKilled, kStopped, kReturning };
  struct Node {
    State state = State::kWell;
    std::int64_t until = 0;
  };

  int minority() const { return (static_cast<int>(nodes_.size()) - 1) / 2; }
  int Away() const;
  std::int64_t After(int min_ms, int max_ms);
  void Return(int node);
  void Strike(int node);
  bool Votes(int node);

  Nodes& nodes_;
  std::mt19937_64 random_;
  std::vector<Node> states_;
  std::int64_t next_ = 0;
  std::map<std::string, int> counts_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_FAULTS_H_
