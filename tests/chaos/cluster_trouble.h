// A cluster whose masters are killed and stopped, and whose slots move.
#ifndef HOLDFAST_TESTS_CHAOS_CLUSTER_TROUBLE_H_
#define HOLDFAST_TESTS_CHAOS_CLUSTER_TROUBLE_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "support/redis_cluster.h"

namespace holdfast::testing {

// What was done to a seat, or two, and for how long until the cluster was well again.
struct Trouble {
  std::string seats = {};
  std::string what = {};
  std::int64_t from = 0;  // BootTime
  std::int64_t until = 0;
  bool over = false;  // All seats voted again.
};

// One after the other: the next comes when all seats vote again. The kinds come in turns, in an
// order of their own each time.
class ClusterTrouble {
 public:
  // `calm` says whether all seats have voted at some time after the given one.
  using Calm = std::function<bool(std::int64_t since)>;
  ClusterTrouble(RedisCluster& cluster, int node_timeout_ms, std::vector<pid_t> workers, Calm calm,
                 std::uint64_t seed);

  // On the thread that the cluster was started on. False when some seat does not vote again.
  bool Strike();

  // A moment, drawn at random.
  void Rest();

  const std::vector<Trouble>& troubles() const { return troubles_; }

 private:
  // Says in words what was done to the seats of the slots.
  using Action = std::string (ClusterTrouble::*)(const std::vector<int>& slots);
  struct Kind {
    Action action;
    int seats;
  };

  Kind NextKind();
  std::string KillMaster(const std::vector<int>& slots);
  std::string MoveSlotAndBack(const std::vector<int>& slots);
  std::string StopMasterBriefly(const std::vector<int>& slots);
  std::string StopMasterUntilReplaced(const std::vector<int>& slots);
  std::string FailOverByHand(const std::vector<int>& slots);
  std::string LoseLastGrants(const std::vector<int>& slots);
  std::string ReplaceWhileAllSleep(const std::vector<int>& slots);

  std::vector<int> MastersOf(const std::vector<int>& slots);
  std::vector<int> ReplicasOf(const std::vector<int>& masters);
  int OtherMaster(int master);
  void SignalSomeWorkers(int signal) const;
  bool AwaitCalm();
  void Pause(int ms) const;
  int Draw(int min, int max) { return std::uniform_int_distribution(min, max)(random_); }

  RedisCluster& cluster_;
  const int node_timeout_ms_;
  const std::vector<pid_t> workers_;
  const Calm calm_;
  std::mt19937_64 random_;
  std::vector<Kind> turn_;
  std::vector<Trouble> troubles_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_CLUSTER_TROUBLE_H_
