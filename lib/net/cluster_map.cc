#include "net/cluster_map.h"

#include <algorithm>
#include <asio/post.hpp>
#include <iterator>
#include <utility>

#include "core/backoff.h"

namespace holdfast::net {
namespace {

using core::NodeAddress;
using core::TimePoint;

// Between two discoveries; longer while they fail.
constexpr core::milliseconds kPause{100};
constexpr core::milliseconds kLongestPause{1'000};

// Waiting will not help: the nodes were reached, and refused us.
bool IsLasting(const absl::Status& problem) { return !problem.ok() && !IsUnavailable(problem); }

}  // namespace

ClusterMap::ClusterMap(const asio::any_io_executor& executor, const SessionOptions& session,
                       std::shared_ptr<ClusterEndpoints> endpoints,
                       std::shared_ptr<ClusterNodes> nodes, core::milliseconds period)
    : executor_(executor),
      session_(session),
      endpoints_(std::move(endpoints)),
      nodes_(std::move(nodes)),
      period_(period),
      timer_(executor),
      period_timer_(executor) {}

void ClusterMap::Start(absl::AnyInvocable<void(const absl::Status&)> on_give_up) {
  on_give_up_ = std::move(on_give_up);
  Schedule();
}

absl::Status ClusterMap::problem() const {
  if (!problem_.ok()) return problem_;
  if (discovery_) return discovery_->problem();
  return absl::UnavailableError(known() ? "the topology of the cluster was not read anew in time"
                                        : "the nodes of the cluster are not known yet");
}

void ClusterMap::Refresh(const NodeAddress& first, Done done) {
  if (stopped_ || (!known() && IsLasting(problem_))) {
    asio::post(executor_, [done = std::move(done), why = problem_]() mutable { done(why); });
    return;
  }
  waiting_.push_back({first, std::move(done)});
  if (known()) Schedule();
}

void ClusterMap::Schedule() {
  if (scheduled_ || discovery_ || stopped_ || ForkGeneration() != fork_generation_) return;
  if (Now() >= next_) return Discover();
  scheduled_ = true;
  timer_.expires_after(next_ - Now());
  timer_.async_wait([self = shared_from_this()](asio::error_code error) {
    self->scheduled_ = false;
    // A forked child that runs the same loop must leave its parent's servers alone.
    if (error || self->stopped_ || ForkGeneration() != self->fork_generation_) return;
    self->Discover();
  });
}

void ClusterMap::ReadPeriodically() {
  if (period_.count() == 0) return;
  period_timer_.expires_after(period_);
  period_timer_.async_wait([self = shared_from_this()](asio::error_code error) {
    if (error || self->stopped_ || ForkGeneration() != self->fork_generation_) return;
    self->RefreshBehind();
    self->ReadPeriodically();
  });
}

void ClusterMap::Discover() {
  next_ = Now() + std::max(pause_, kPause);
  first_ = {};
  for (const Waiting& waiting : waiting_) {
    if (first_.port == 0) first_ = waiting.first;
  }
  discovery_ =
      std::make_shared<ClusterDiscovery>(executor_, session_, Candidates(first_), first_.port != 0);
  discovery_->Start([self = shared_from_this()](absl::StatusOr<ClusterDiscovery::Found> found) {
    self->OnDiscovered(std::move(found));
  });
}

// Nodes that are connected before others, in turn: one of them may be wrong about the cluster.
std::vector<ClusterMap::Candidate> ClusterMap::Candidates(const NodeAddress& first) {
  std::vector<NodeAddress> known;
  for (const core::TopologyNode& node : topology_.nodes()) known.push_back(node.address);
  if (!known.empty()) {
    const auto turn = static_cast<std::ptrdiff_t>(turn_++ % known.size());
    std::rotate(known.begin(), known.begin() + turn, known.end());
  }
  std::stable_partition(known.begin(), known.end(),
                        [this](const NodeAddress& node) { return nodes_->IsReady(node); });
  std::stable_partition(known.begin(), known.end(),
                        [&first](const NodeAddress& node) { return node == first; });
  std::vector<Candidate> candidates;
  for (const NodeAddress& node : known) candidates.push_back({endpoints_->Reach(node), node, -1});
  for (const Endpoint& root : endpoints_->roots()) {
    const NodeAddress address{core::CleanHost(root.host).value_or(root.host), root.port};
    const int index = static_cast<int>(&root - endpoints_->roots().data());
    candidates.push_back({endpoints_->ReachRoot(root), address, index});
  }
  return candidates;
}

void ClusterMap::OnDiscovered(absl::StatusOr<ClusterDiscovery::Found> found) {
  discovery_ = nullptr;
  if (stopped_) return;
  const absl::Status result = found.status();
  if (found.ok()) {
    OnFound(*std::move(found));
  } else {
    OnNotFound(result);
  }
  if (known() || IsLasting(result)) Tell(result);
  if (known() && !waiting_.empty()) Schedule();
}

void ClusterMap::OnFound(ClusterDiscovery::Found found) {
  pause_ = core::milliseconds(0);
  problem_ = absl::OkStatus();
  if (found.by.root >= 0) {
    endpoints_->Trust(endpoints_->roots()[static_cast<std::size_t>(found.by.root)]);
  }
  topology_ = std::move(found.topology);
  if (!known_.exchange(true)) ReadPeriodically();
  nodes_->Follow(topology_);
}

void ClusterMap::OnNotFound(const absl::Status& problem) {
  problem_ = problem;
  pause_ = std::clamp(2 * pause_, kPause, kLongestPause);
  next_ = Now() + pause_;
  if (known()) return;
  const ReconnectDecision decision = session_.reconnect(retries_++, problem);
  if (!decision.pause()) {
    const absl::Status& error = decision.error();
    return on_give_up_(error.ok() ? problem : error);
  }
  next_ = Now() + core::BoundedPause(*decision.pause());
  Schedule();
}

// Those that want another node to be asked wait for that.
void ClusterMap::Tell(const absl::Status& result) {
  std::vector<Waiting> told = std::exchange(waiting_, {});
  const auto others = std::stable_partition(told.begin(), told.end(), [this](const Waiting& one) {
    return one.first.port == 0 || one.first == first_;
  });
  std::move(others, told.end(), std::back_inserter(waiting_));
  told.erase(others, told.end());
  for (Waiting& waiting : told) waiting.done(result);
}

void ClusterMap::Stop(const absl::Status& why) {
  stopped_ = true;
  problem_ = why;
  timer_.cancel();
  period_timer_.cancel();
  if (discovery_) discovery_->Stop();
  discovery_ = nullptr;
  for (Waiting& waiting : std::exchange(waiting_, {})) waiting.done(why);
}

}  // namespace holdfast::net
