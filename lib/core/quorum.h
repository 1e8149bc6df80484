// Counting votes (PROTOCOL.md rules 2 and 8).
#ifndef HOLDFAST_CORE_QUORUM_H_
#define HOLDFAST_CORE_QUORUM_H_

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "holdfast/errors.h"

namespace holdfast::core {

inline constexpr int kMaxNodes = 15;
inline constexpr std::size_t kVotes = static_cast<std::size_t>(Vote::kRefused) + 1;

// How many of `nodes` make a holder: a majority, or more where `forgetful` nodes may lose their
// data within one ttl, since two quorums must share one node more than may forget.
constexpr int QuorumSize(int nodes, int forgetful) {
  return (nodes + forgetful + 2) / 2;  // ceil((nodes + forgetful + 1) / 2)
}

enum class Verdict { kUndecided, kWon, kLost };

// The votes of all nodes in one round. Decides at the first moment at which it can: won at q
// grants, lost as soon as q grants have become impossible, whatever the rest will say.
class Tally {
 public:
  // All nodes pending.
  void Reset(int nodes, int quorum);

  // The first vote of a node counts; a later one is ignored.
  void Cast(int node, Vote vote, std::string reason = {});

  Verdict verdict() const;
  int quorum() const { return quorum_; }
  int nodes() const { return static_cast<int>(votes_.size()); }
  int count(Vote vote) const { return counts_[static_cast<std::size_t>(vote)]; }
  Vote vote(int node) const { return votes_[node].vote; }
  const std::string& reason(int node) const { return votes_[node].reason; }

 private:
  struct Ballot {
    Vote vote = Vote::kPending;
    std::string reason;
  };

  int quorum_ = 0;
  std::vector<Ballot> votes_;
  std::array<int, kVotes> counts_ = {};  // Of each vote.
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_QUORUM_H_
