#include "core/quorum.h"

#include <utility>

namespace holdfast::core {

void Tally::Reset(int nodes, int quorum) {
  quorum_ = quorum;
  votes_.resize(nodes);
  for (Ballot& ballot : votes_) {
    ballot.vote = Vote::kPending;
    ballot.reason.clear();
  }
}

void Tally::Cast(int node, Vote vote, std::string reason) {
  if (votes_[node].vote != Vote::kPending) return;
  votes_[node].vote = vote;
  votes_[node].reason = std::move(reason);
}

Verdict Tally::verdict() const {
  const int granted = count(Vote::kGranted);
  if (granted >= quorum_) return Verdict::kWon;
  if (granted + count(Vote::kPending) < quorum_) return Verdict::kLost;
  return Verdict::kUndecided;
}

int Tally::count(Vote vote) const {
  int n = 0;
  for (const Ballot& ballot : votes_) n += ballot.vote == vote ? 1 : 0;
  return n;
}

}  // namespace holdfast::core
