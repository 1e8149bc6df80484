#include "core/quorum.h"

#include <utility>

namespace holdfast::core {

void Tally::Reset(int nodes, int quorum) {
  quorum_ = quorum;
  votes_.resize(nodes);
  counts_ = {};
  counts_[static_cast<std::size_t>(Vote::kPending)] = nodes;
  for (Ballot& ballot : votes_) {
    ballot.vote = Vote::kPending;
    ballot.reason.clear();
  }
}

void Tally::Cast(int node, Vote vote, std::string reason) {
  if (votes_[node].vote != Vote::kPending) return;
  --counts_[static_cast<std::size_t>(Vote::kPending)];
  ++counts_[static_cast<std::size_t>(vote)];
  votes_[node].vote = vote;
  votes_[node].reason = std::move(reason);
}

Verdict Tally::verdict() const {
  const int granted = count(Vote::kGranted);
  if (granted >= quorum_) return Verdict::kWon;
  if (granted + count(Vote::kPending) < quorum_) return Verdict::kLost;
  return Verdict::kUndecided;
}

}  // namespace holdfast::core
