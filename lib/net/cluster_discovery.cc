#include "net/cluster_discovery.h"

#include <algorithm>
#include <asio/post.hpp>
#include <utility>

#include "core/text.h"
#include "core/topology_reply.h"
#include "holdfast/command.h"
#include "net/cluster_replies.h"

namespace holdfast::net {
namespace {

// A node that takes longer gets company. It may still be the first to answer.
constexpr core::milliseconds kSlow{300};

// The topology of the largest cluster that is understood: each slot a range of its own.
constexpr core::ReplyLimits kTopologyLimits = {.bytes = std::size_t{16} << 20,
                                               .elements = std::size_t{1} << 20};

SessionOptions ForQuestions(SessionOptions options) {
  core::ReplyLimits& limits = options.link.reply_limits;
  limits.bytes = std::max(limits.bytes, kTopologyLimits.bytes);
  limits.elements = std::max(limits.elements, kTopologyLimits.elements);
  options.login.replica_reads = false;
  options.reconnect = NeverReconnect();
  options.offline_queue = true;
  options.max_queued = 1;
  options.ping_interval = core::milliseconds(0);
  return options;
}

// What all have in common, else that they cannot be reached.
absl::StatusCode CommonCode(const std::vector<absl::Status>& problems) {
  absl::StatusCode code = problems.front().code();
  for (const absl::Status& problem : problems) {
    if (problem.code() != code) return absl::StatusCode::kUnavailable;
  }
  const bool lasting =
      code == absl::StatusCode::kPermissionDenied || code == absl::StatusCode::kFailedPrecondition;
  return lasting ? code : absl::StatusCode::kUnavailable;
}

}  // namespace

ClusterDiscovery::ClusterDiscovery(const asio::any_io_executor& executor,
                                   const SessionOptions& session, std::vector<Candidate> candidates,
                                   bool all_masters)
    : executor_(executor),
      session_(ForQuestions(session)),
      candidates_(std::move(candidates)),
      all_masters_(all_masters),
      timer_(executor) {}

void ClusterDiscovery::Start(Done done) {
  done_ = std::move(done);
  AskNext();
}

void ClusterDiscovery::AskNext() {
  if (asked_.size() == candidates_.size()) return;
  const std::size_t index = asked_.size();
  auto sink = [self = weak_from_this(), index](const ConnectionEvent& event) {
    const auto discovery = self.lock();
    if (!discovery || event.kind != ConnectionEvent::Kind::kError) return;
    discovery->asked_[index].problem = event.error;
  };
  SessionOptions options = session_;
  options.endpoint = candidates_[index].endpoint;
  asked_.push_back(
      {std::make_shared<Session>(executor_, std::move(options), std::move(sink)),
       absl::UnavailableError(candidates_[index].endpoint.name() + ": no answer yet")});
  ++under_way_;
  asked_.back().session->Start();
  asked_.back().session->Send(Question(index));
  AskNextLater();
}

void ClusterDiscovery::AskNextLater() {
  timer_.expires_after(kSlow);
  timer_.async_wait([self = shared_from_this()](asio::error_code error) {
    if (error || !self->done_ || ForkGeneration() != self->fork_generation_) return;
    self->AskNext();
  });
}

Unit ClusterDiscovery::Question(std::size_t index) {
  Unit unit;
  Command("CLUSTER", "SLOTS").AppendTo(unit.bytes);
  if (all_masters_) {
    Command("CLUSTER", "SHARDS").AppendTo(unit.bytes);
    unit.commands = 2;
  }
  // The connection's own bounds come first, and say what went wrong.
  unit.deadline = Now() + 2 * (session_.link.connect_timeout + session_.link.command_timeout);
  unit.waiter.done = [self = shared_from_this(), index](absl::StatusOr<Replies> replies) {
    self->OnAnswer(index, std::move(replies));
  };
  return unit;
}

void ClusterDiscovery::OnAnswer(std::size_t index, absl::StatusOr<Replies> replies) {
  if (!done_) return;
  if (!replies.ok()) return OnProblem(index, asked_[index].problem);
  auto topology = Read(*replies, candidates_[index]);
  if (!topology.ok()) return OnProblem(index, topology.status());
  Finish(Found{*std::move(topology), candidates_[index]});
}

absl::StatusOr<core::Topology> ClusterDiscovery::Read(const Replies& replies,
                                                      const Candidate& from) const {
  const core::Reply slots = ToCore(replies.front());
  auto topology = core::ReadClusterSlots(slots.root(), from.address);
  if (!topology.ok() || !all_masters_) return topology;
  // Servers before Redis 7 do not know this one.
  const core::Reply shards = ToCore(replies.back());
  const auto more = core::ReadClusterShards(shards.root(), from.address, from.endpoint.tls);
  if (more.ok()) topology->Learn(*more);
  return topology;
}

void ClusterDiscovery::OnProblem(std::size_t index, const absl::Status& why) {
  asked_[index].problem = why;
  --under_way_;
  if (asked_.size() < candidates_.size()) return AskNext();
  if (under_way_ == 0) Finish(problem());
}

absl::Status ClusterDiscovery::problem() const {
  std::vector<absl::Status> all;
  for (const Asked& asked : asked_) all.push_back(asked.problem);
  return {CommonCode(all), "no node of the cluster can be reached: " + problems()};
}

std::string ClusterDiscovery::problems() const {
  std::vector<std::string> texts;
  for (const Asked& asked : asked_) texts.emplace_back(asked.problem.message());
  return core::Joined(texts);
}

// The sessions may be what calls: they go later.
void ClusterDiscovery::Finish(absl::StatusOr<Found> result) {
  asio::post(executor_, [self = shared_from_this()] { self->Stop(); });
  std::exchange(done_, nullptr)(std::move(result));
}

void ClusterDiscovery::Stop() {
  done_ = nullptr;
  timer_.cancel();
  for (Asked& asked : asked_) asked.session->Disconnect();
  asked_.clear();
}

}  // namespace holdfast::net
