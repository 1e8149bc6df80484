#include "chaos/cluster_trouble.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "chaos/ledger.h"
#include "support/eventually.h"
#include "support/seats.h"

namespace holdfast::testing {
namespace {

// Far longer than a fail-over and a quarantine take.
constexpr std::chrono::milliseconds kCalmWithin{60'000};

std::string Milliseconds(int count) { return std::to_string(count) + " ms"; }

int MillisecondsSince(std::int64_t start) {
  return static_cast<int>((BootTime() - start) / 1'000'000);
}

}  // namespace

ClusterTrouble::ClusterTrouble(RedisCluster& cluster, int node_timeout_ms,
                               std::vector<pid_t> workers, Calm calm, std::uint64_t seed)
    : cluster_(cluster),
      node_timeout_ms_(node_timeout_ms),
      workers_(std::move(workers)),
      calm_(std::move(calm)),
      random_(seed) {}

ClusterTrouble::Kind ClusterTrouble::NextKind() {
  if (turn_.empty()) {
    turn_ = {
        {&ClusterTrouble::KillMaster, 1},          {&ClusterTrouble::MoveSlotAndBack, 1},
        {&ClusterTrouble::StopMasterBriefly, 1},   {&ClusterTrouble::StopMasterUntilReplaced, 1},
        {&ClusterTrouble::FailOverByHand, 1},      {&ClusterTrouble::LoseLastGrants, 2},
        {&ClusterTrouble::ReplaceWhileAllSleep, 2}};
    std::shuffle(turn_.begin(), turn_.end(), random_);
  }
  const Kind kind = turn_.back();
  turn_.pop_back();
  return kind;
}

bool ClusterTrouble::Strike() {
  std::vector<std::string> seats = kSeatTags;
  std::shuffle(seats.begin(), seats.end(), random_);
  const Kind kind = NextKind();
  Trouble trouble{.seats = " " + seats[0], .from = BootTime()};
  std::vector<int> slots = {SlotOf(seats[0])};
  if (kind.seats == 2) {
    trouble.seats = "s " + seats[0] + " and " + seats[1];
    slots.push_back(SlotOf(seats[1]));
  }
  trouble.what = (this->*kind.action)(slots);
  trouble.over = AwaitCalm();
  trouble.until = BootTime();
  troubles_.push_back(trouble);
  return trouble.over;
}

void ClusterTrouble::Rest() { Pause(Draw(0, 1500)); }

// A client notices a silent server within half of a node timeout.
bool ClusterTrouble::AwaitCalm() {
  Pause(node_timeout_ms_);
  const std::int64_t since = BootTime();
  return Eventually([&] { return calm_(since); }, kCalmWithin);
}

void ClusterTrouble::Pause(int ms) const {
  const std::int64_t end = BootTime() + ms * 1'000'000LL;
  while (BootTime() < end) Yield();
}

std::vector<int> ClusterTrouble::MastersOf(const std::vector<int>& slots) {
  std::vector<int> masters;
  for (const int slot : slots) masters.push_back(cluster_.MasterOf(slot));
  return masters;
}

std::vector<int> ClusterTrouble::ReplicasOf(const std::vector<int>& masters) {
  std::vector<int> replicas;
  for (const int master : masters) replicas.push_back(cluster_.ReplicaOf(master));
  return replicas;
}

int ClusterTrouble::OtherMaster(int master) {
  for (;;) {
    const int node = Draw(0, cluster_.size() - 1);
    if (node != master && cluster_.IsMaster(node)) return node;
  }
}

void ClusterTrouble::SignalSomeWorkers(int signal) const {
  for (std::size_t i = 0; i < workers_.size(); i += 2) kill(workers_[i], signal);
}

std::string ClusterTrouble::KillMaster(const std::vector<int>& slots) {
  const int master = cluster_.MasterOf(slots[0]);
  const int replica = cluster_.ReplicaOf(master);
  cluster_.Kill(master);
  cluster_.AwaitPromoted(replica);
  cluster_[master].Restart();
  cluster_.AwaitOk();
  return "its master was killed, its replica took over, the killed one came back as replica";
}

std::string ClusterTrouble::MoveSlotAndBack(const std::vector<int>& slots) {
  const int from = cluster_.MasterOf(slots[0]);
  const int to = OtherMaster(from);
  cluster_.MigrateSlot(slots[0], from, to);
  AwaitCalm();
  cluster_.MigrateSlot(slots[0], to, from);
  return "its slot was moved to another master, and back when all seats voted again";
}

std::string ClusterTrouble::StopMasterBriefly(const std::vector<int>& slots) {
  const int master = cluster_.MasterOf(slots[0]);
  const int pause = Draw(node_timeout_ms_ / 10, node_timeout_ms_ * 8 / 10);
  cluster_[master].Stop();
  Pause(pause);
  cluster_[master].Continue();
  cluster_.AwaitOk();
  return "its master was stopped for " + Milliseconds(pause);
}

std::string ClusterTrouble::StopMasterUntilReplaced(const std::vector<int>& slots) {
  const int master = cluster_.MasterOf(slots[0]);
  const int replica = cluster_.ReplicaOf(master);
  const std::int64_t start = BootTime();
  cluster_[master].Stop();
  cluster_.AwaitPromoted(replica);
  Pause(Draw(0, 2 * node_timeout_ms_));
  cluster_[master].Continue();
  const int stopped = MillisecondsSince(start);
  cluster_.AwaitOk();
  return "its master was stopped for " + Milliseconds(stopped) +
         ", its replica took over, the old master woke up";
}

std::string ClusterTrouble::FailOverByHand(const std::vector<int>& slots) {
  cluster_.Failover(cluster_.ReplicaOf(cluster_.MasterOf(slots[0])));
  return "its master and its replica changed their roles, by hand";
}

// Without admission this makes two holders of what was granted meanwhile.
std::string ClusterTrouble::LoseLastGrants(const std::vector<int>& slots) {
  const std::vector<int> masters = MastersOf(slots);
  const std::vector<int> replicas = ReplicasOf(masters);
  const int pause = Draw(node_timeout_ms_ / 2, node_timeout_ms_ * 2);
  for (const int replica : replicas) cluster_.CutOff(replica);
  Pause(pause);
  for (const int master : masters) cluster_.Kill(master);
  for (const int replica : replicas) cluster_[replica].Continue();
  for (const int replica : replicas) cluster_.TakeOver(replica);
  for (const int master : masters) cluster_[master].Restart();
  cluster_.AwaitOk();
  return "their masters were killed, and replaced by replicas that lack all of the last " +
         Milliseconds(pause);
}

// Half of the workers wake up together with the old masters, of which both think that nothing has
// happened.
std::string ClusterTrouble::ReplaceWhileAllSleep(const std::vector<int>& slots) {
  const std::vector<int> masters = MastersOf(slots);
  const std::vector<int> replicas = ReplicasOf(masters);
  const int pause = Draw(node_timeout_ms_ / 2, node_timeout_ms_ * 5);
  SignalSomeWorkers(SIGSTOP);
  for (const int master : masters) cluster_[master].Stop();
  for (const int replica : replicas) cluster_.TakeOver(replica);
  Pause(pause);
  for (const int master : masters) cluster_[master].Continue();
  SignalSomeWorkers(SIGCONT);
  cluster_.AwaitOk();
  return "their masters, and half of the workers, were stopped for " + Milliseconds(pause) +
         ", and woke up when the replicas had taken over";
}

}  // namespace holdfast::testing
