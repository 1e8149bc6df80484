// A cluster whose masters are killed and stopped, and whose slots move.
#ifndef HOLDFAST_TESTS_CHAOS_CLUSTER_TROUBLE_H_
#define HOLDFAST_TESTS_CHAOS_CLUSTER_TROUBLE_H_

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "support/redis_cluster.h"

namespace holdfast::testing {

// What was done to a seat, and for how long until the cluster was well again.
struct Trouble {
  std::string seat = {};
  std::string what = {};
  std::int64_t from = 0;  // BootTime
  std::int64_t until = 0;
  bool over = false;  // All seats voted again.
};

// One seat after another: the next is struck when all vote again. The kinds come in turns, in an
// order of their own each time.
class ClusterTrouble {
 public:
  // `calm` says whether all seats have voted at some time after the given one.
  using Calm = std::function<bool(std::int64_t since)>;
  ClusterTrouble(RedisCluster& cluster, int node_timeout_ms, Calm calm, std::uint64_t seed);

  // On the thread that the cluster was started on. False when some seat does not vote again.
  bool Strike();

  // A moment, drawn at random.
  void Rest();

  const std::vector<Trouble>& troubles() const { return troubles_; }

 private:
  using Kind = std::string (ClusterTrouble::*)(int slot);

  Kind NextKind();
  std::string KillMaster(int slot);
  std::string MoveSlotAndBack(int slot);
  std::string StopMasterBriefly(int slot);
  std::string StopMasterUntilReplaced(int slot);
  std::string FailOverByHand(int slot);

  int OtherMaster(int master);
  bool AwaitCalm();
  void Pause(int min_ms, int max_ms);
  int Draw(int min, int max) { return std::uniform_int_distribution(min, max)(random_); }

  RedisCluster& cluster_;
  const int node_timeout_ms_;
  const Calm calm_;
  std::mt19937_64 random_;
  std::vector<Kind> turn_;
  std::vector<Trouble> troubles_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_CLUSTER_TROUBLE_H_
