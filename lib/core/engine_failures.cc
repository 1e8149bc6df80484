// Outcomes in words, and as a kind that programs can act on.
#include <algorithm>
#include <optional>
#include <utility>

#include "core/engine.h"
#include "core/text.h"

namespace holdfast::core {
namespace {

std::string Of(int count, int nodes) {
  return std::to_string(count) + " of " + std::to_string(nodes) + (nodes == 1 ? " node" : " nodes");
}

std::string Needed(int quorum) {
  return "and " + std::to_string(quorum) + (quorum == 1 ? " vote is needed" : " votes are needed");
}

// Nodes from which no answer about the lock can be had.
int Silent(const Tally& tally) {
  return tally.count(Vote::kDown) + tally.count(Vote::kNoAnswer) + tally.count(Vote::kDenied) +
         tally.count(Vote::kError) + tally.count(Vote::kQuarantined) + tally.count(Vote::kRefused);
}

std::string HeldText(const NodeView& view) {
  std::string text = Printable(view.reason);  // Of several names, the one that is held.
  if (!view.holder.empty()) text += (text.empty() ? "" : " by ") + Printable(view.holder);
  if (view.ttl) text += (text.empty() ? "" : ", ") + HumanDuration(*view.ttl) + " left";
  return text;
}

// When a quorum of nodes will be free unless the holder extends: the quorum-th smallest of what the
// nodes say. Nothing if too few of them know an end.
std::optional<milliseconds> FreeIn(const Round& round) {
  std::vector<milliseconds> free;
  for (int node = 0; node < round.tally.nodes(); ++node) {
    const Vote vote = round.tally.vote(node);
    if (vote == Vote::kGranted) free.emplace_back(0);
    if (vote == Vote::kHeld && round.views[node].ttl) free.push_back(*round.views[node].ttl);
  }
  const auto quorum = static_cast<std::size_t>(round.tally.quorum());
  if (free.size() < quorum) return std::nullopt;
  std::sort(free.begin(), free.end());
  return free[quorum - 1];
}

// The holder that most of the refusing nodes name; in a split vote there may be several.
std::string HolderOf(const Round& round) {
  std::string best;
  int most = 0;
  const auto refused = [&](int node) { return round.tally.vote(node) == Vote::kHeld; };
  for (int node = 0; node < round.tally.nodes(); ++node) {
    if (!refused(node)) continue;
    int count = 0;
    for (int other = 0; other < round.tally.nodes(); ++other) {
      count += refused(other) && round.views[other].holder == round.views[node].holder ? 1 : 0;
    }
    if (count > most) best = round.views[node].holder;
    most = std::max(most, count);
  }
  return best;
}

void Classify(const Round& round, Failure& failure) {
  const Tally& tally = round.tally;
  const int nodes = tally.nodes();
  const int quorum = tally.quorum();
  const int denied = tally.count(Vote::kDenied);
  const int in_time = tally.count(Vote::kGranted) + tally.count(Vote::kPending);
  if (nodes - denied < quorum) {
    failure.summary = "permission denied by " + Of(denied, nodes);
  } else if (nodes - tally.count(Vote::kRefused) < quorum) {
    failure.kind = Failure::Kind::kMisconfigured;
    failure.summary = "misconfigured: " + Of(tally.count(Vote::kRefused), nodes) +
                      " must not vote for this client, " + Needed(quorum);
  } else if (nodes - tally.count(Vote::kAbsent) < quorum) {
    failure.kind = Failure::Kind::kLost;
    failure.summary =
        "lost: no longer held under this token on " + Of(tally.count(Vote::kAbsent), nodes);
  } else if (nodes - Silent(tally) < quorum) {
    failure.kind = Failure::Kind::kNoQuorum;
    failure.summary = "no quorum: " + Of(Silent(tally), nodes) + " cannot vote, " + Needed(quorum);
  } else if (tally.count(Vote::kHeld) > 0 && in_time + tally.count(Vote::kNoAnswer) < quorum) {
    failure.kind = Failure::Kind::kHeld;
    failure.holder = HolderOf(round);
    failure.remaining = FreeIn(round);
    failure.summary = "held by " + (failure.holder.empty() ? "a key of another program"
                                                           : Printable(failure.holder));
  } else {
    failure.kind = Failure::Kind::kUndecided;
    failure.summary = "undecided: " + Of(tally.count(Vote::kGranted), nodes) + " agreed in time, " +
                      Needed(quorum);
  }
}

}  // namespace

std::vector<NodeVote> Engine::VotesOf(const Round& round) const {
  std::vector<NodeVote> votes;
  for (int node = 0; node < nodes(); ++node) {
    const Vote vote = round.tally.vote(node);
    std::string reason = round.tally.reason(node);
    if (vote == Vote::kHeld) reason = HeldText(round.views[node]);
    if (vote == Vote::kPending) reason = "the others had decided";
    NodeVote& cast = votes.emplace_back(NodeVote{name_of(node), vote, std::move(reason)});
    if (round.took[node] >= nanoseconds(0)) cast.round_trip = round.took[node];
  }
  return votes;
}

absl::Status Engine::FailureOf(const Round& round) const {
  Failure failure;
  failure.votes = VotesOf(round);
  Classify(round, failure);
  return MakeFailure(leases_[round.lease].keys.Text(), failure);
}

absl::Status Engine::Failed(const LeaseSlot& lease, Failure::Kind kind, std::string summary,
                            std::vector<NodeVote> votes) const {
  Failure failure;
  failure.kind = kind;
  failure.summary = std::move(summary);
  failure.votes = std::move(votes);
  return MakeFailure(lease.keys.Text(), failure);
}

absl::Status Engine::LostStatus(const LeaseSlot& lease, const Round* round) const {
  if (lease.phase == LeaseSlot::Phase::kEnded) {
    return Failed(lease, Failure::Kind::kLost, "it was released");
  }
  if (round == nullptr) {
    return Failed(lease, Failure::Kind::kLost, "lost: it expired, or is gone on too many nodes");
  }
  const int absent = round->tally.count(Vote::kAbsent);
  if (nodes() - absent < quorum()) return FailureOf(*round);
  return Failed(lease, Failure::Kind::kLost, "lost: it could not be extended in time",
                VotesOf(*round));
}

absl::Status Engine::ClosedStatus() {
  Failure failure;
  failure.kind = Failure::Kind::kLost;
  failure.summary = "it was released before";
  return MakeFailure("lock", failure);
}

}  // namespace holdfast::core
