#include "chaos/cluster_trouble.h"

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

}  // namespace

ClusterTrouble::ClusterTrouble(RedisCluster& cluster, int node_timeout_ms, Calm calm,
                               std::uint64_t seed)
    : cluster_(cluster), node_timeout_ms_(node_timeout_ms), calm_(std::move(calm)), random_(seed) {}

ClusterTrouble::Kind ClusterTrouble::NextKind() {
  if (turn_.empty()) {
    turn_ = {&ClusterTrouble::KillMaster, &ClusterTrouble::MoveSlotAndBack,
             &ClusterTrouble::StopMasterBriefly, &ClusterTrouble::StopMasterUntilReplaced,
             &ClusterTrouble::FailOverByHand};
    std::shuffle(turn_.begin(), turn_.end(), random_);
  }
  const Kind kind = turn_.back();
  turn_.pop_back();
  return kind;
}

bool ClusterTrouble::Strike() {
  const std::string& seat = kSeatTags[static_cast<std::size_t>(Draw(0, 2))];
  const Kind kind = NextKind();
  Trouble trouble{.seat = seat, .from = BootTime()};
  trouble.what = (this->*kind)(SlotOf(seat));
  trouble.over = AwaitCalm();
  trouble.until = BootTime();
  troubles_.push_back(trouble);
  return trouble.over;
}

void ClusterTrouble::Rest() { Pause(0, 1500); }

bool ClusterTrouble::AwaitCalm() {
  // A client notices a silent server within half of a node timeout.
  Pause(node_timeout_ms_, node_timeout_ms_);
  const std::int64_t since = BootTime();
  return Eventually([&] { return calm_(since); }, kCalmWithin);
}

void ClusterTrouble::Pause(int min_ms, int max_ms) {
  const std::int64_t end = BootTime() + Draw(min_ms, max_ms) * 1'000'000LL;
  while (BootTime() < end) Yield();
}

int ClusterTrouble::OtherMaster(int master) {
  for (;;) {
    const int node = Draw(0, cluster_.size() - 1);
    if (node != master && cluster_.IsMaster(node)) return node;
  }
}

std::string ClusterTrouble::KillMaster(int slot) {
  const int master = cluster_.MasterOf(slot);
  const int replica = cluster_.ReplicaOf(master);
  cluster_.Kill(master);
  cluster_.AwaitPromoted(replica);
  cluster_[master].Restart();
  cluster_.AwaitOk();
  return "its master was killed, its replica took over, the killed one came back as replica";
}

std::string ClusterTrouble::MoveSlotAndBack(int slot) {
  const int from = cluster_.MasterOf(slot);
  const int to = OtherMaster(from);
  cluster_.MigrateSlot(slot, from, to);
  AwaitCalm();
  cluster_.MigrateSlot(slot, to, from);
  return "its slot was moved to another master, and back when all seats voted again";
}

std::string ClusterTrouble::StopMasterBriefly(int slot) {
  const int master = cluster_.MasterOf(slot);
  const int pause = Draw(node_timeout_ms_ / 10, node_timeout_ms_ * 8 / 10);
  cluster_[master].Stop();
  Pause(pause, pause);
  cluster_[master].Continue();
  cluster_.AwaitOk();
  return "its master was stopped for " + Milliseconds(pause);
}

std::string ClusterTrouble::StopMasterUntilReplaced(int slot) {
  const int master = cluster_.MasterOf(slot);
  const int replica = cluster_.ReplicaOf(master);
  const int longer = Draw(0, 2 * node_timeout_ms_);
  const std::int64_t start = BootTime();
  cluster_[master].Stop();
  cluster_.AwaitPromoted(replica);
  Pause(longer, longer);
  cluster_[master].Continue();
  const auto stopped = static_cast<int>((BootTime() - start) / 1'000'000);
  cluster_.AwaitOk();
  return "its master was stopped for " + Milliseconds(stopped) +
         ", its replica took over, the old master woke up";
}

std::string ClusterTrouble::FailOverByHand(int slot) {
  cluster_.Failover(cluster_.ReplicaOf(cluster_.MasterOf(slot)));
  return "its master and its replica changed their roles, by hand";
}

}  // namespace holdfast::testing
