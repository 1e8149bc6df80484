// Nodes that are killed and restarted, flushed and stopped, and lose scripts and connections.
#ifndef HOLDFAST_TESTS_CHAOS_NODE_FAULTS_H_
#define HOLDFAST_TESTS_CHAOS_NODE_FAULTS_H_

#include <cstdint>
#include <vector>

#include "chaos/mischief.h"
#include "chaos/site.h"

namespace holdfast::testing {

// Never more than a minority of the nodes is away at a time, and one that does not vote yet counts
// as away.
class NodeFaults : public Mischief {
 public:
  // `forget`: whether nodes may lose their data.
  NodeFaults(Site& site, std::uint64_t seed, bool forget);

  void Step() override;
  void Heal() override;

 private:
  enum class State { kWell, kKilled, kStopped, kReturning };
  struct Node {
    State state = State::kWell;
    std::int64_t until = 0;
  };

  int minority() const { return (site_.size() - 1) / 2; }
  int Away() const;
  void Return(int node);
  void Strike(int node);
  void Kill(int node);
  void Stop(int node);
  void Flush(int node);
  void Annoy(int node);
  bool Votes(int node);

  Site& site_;
  const bool forget_;
  std::vector<Node> states_;
  std::int64_t next_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_NODE_FAULTS_H_
