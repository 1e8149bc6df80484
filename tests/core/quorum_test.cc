// Counting votes (lib/core/PROTOCOL.md, rules 2 and 8).
#include "core/quorum.h"

#include <gtest/gtest.h>

#include <array>

namespace holdfast::core {
namespace {

TEST(QuorumSizeTest, IsAMajorityWhereNoNodeForgets) {
  constexpr std::array<int, kMaxNodes> kMajorities = {1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8};
  for (int nodes = 1; nodes <= kMaxNodes; ++nodes) {
    EXPECT_EQ(QuorumSize(nodes, 0), kMajorities[nodes - 1]) << nodes;
  }
}

TEST(QuorumSizeTest, RisesByTheNodesThatMayForget) {
  EXPECT_EQ(QuorumSize(3, 1), 3);
  EXPECT_EQ(QuorumSize(4, 1), 3);
  EXPECT_EQ(QuorumSize(5, 1), 4);
  EXPECT_EQ(QuorumSize(5, 2), 4);
  EXPECT_EQ(QuorumSize(5, 3), 5);
  EXPECT_EQ(QuorumSize(7, 2), 5);
  EXPECT_EQ(QuorumSize(15, 3), 10);
}

TEST(QuorumSizeTest, IsTheLeastOfWhichTwoShareMoreThanForget) {
  for (int nodes = 1; nodes <= kMaxNodes; ++nodes) {
    for (int forgetful = 0; forgetful < nodes; ++forgetful) {
      const int quorum = QuorumSize(nodes, forgetful);
      EXPECT_GT(2 * quorum - nodes, forgetful) << nodes << " nodes, " << forgetful << " forgetful";
      EXPECT_LE(2 * (quorum - 1) - nodes, forgetful) << nodes << " nodes, " << forgetful;
    }
  }
}

// What a tally must say: won if the grants suffice, lost if they cannot suffice any more, however
// the nodes that are still pending vote.
Verdict Expected(int granted, int pending, int quorum) {
  if (granted >= quorum) return Verdict::kWon;
  return granted + pending < quorum ? Verdict::kLost : Verdict::kUndecided;
}

class EveryVoteSequence {
 public:
  EveryVoteSequence(int nodes, int quorum) : nodes_(nodes), quorum_(quorum) {}

  // Casts each vote on each node in each order from here on.
  void Run(const Tally& tally, int granted, int pending) {
    ++states_;
    ASSERT_EQ(tally.verdict(), Expected(granted, pending, quorum_))
        << granted << " granted, " << pending << " pending of " << nodes_;
    for (int node = 0; node < nodes_; ++node) {
      if (tally.vote(node) != Vote::kPending) continue;
      for (const Vote vote : {Vote::kGranted, Vote::kHeld, Vote::kDown}) {
        Tally next = tally;
        next.Cast(node, vote);
        Run(next, granted + (vote == Vote::kGranted ? 1 : 0), pending - 1);
      }
    }
  }
  int states() const { return states_; }

 private:
  int nodes_;
  int quorum_;
  int states_ = 0;
};

TEST(TallyTest, DecidesAtTheEarliestMomentAndNeverWrongly) {
  for (int nodes = 1; nodes <= 5; ++nodes) {
    for (int quorum = QuorumSize(nodes, 0); quorum <= nodes; ++quorum) {
      Tally tally;
      tally.Reset(nodes, quorum);
      EveryVoteSequence all(nodes, quorum);
      all.Run(tally, 0, nodes);
      EXPECT_GT(all.states(), nodes);
    }
  }
}

TEST(TallyTest, EveryVoteButAGrantIsARefusal) {
  for (const Vote vote : {Vote::kHeld, Vote::kAbsent, Vote::kLate, Vote::kDown, Vote::kNoAnswer,
                          Vote::kDenied, Vote::kError}) {
    Tally tally;
    tally.Reset(1, 1);
    tally.Cast(0, vote);
    EXPECT_EQ(tally.verdict(), Verdict::kLost) << VoteName(vote);
    EXPECT_EQ(tally.count(vote), 1);
  }
}

TEST(TallyTest, FirstVoteOfANodeCounts) {
  Tally tally;
  tally.Reset(3, 2);
  tally.Cast(0, Vote::kDown, "refused");
  tally.Cast(0, Vote::kGranted, "changed its mind");
  EXPECT_EQ(tally.vote(0), Vote::kDown);
  EXPECT_EQ(tally.reason(0), "refused");
  EXPECT_EQ(tally.count(Vote::kGranted), 0);
}

TEST(TallyTest, ResetForgetsTheRoundBefore) {
  Tally tally;
  tally.Reset(5, 3);
  for (int node = 0; node < 5; ++node) tally.Cast(node, Vote::kError, "no");
  tally.Reset(3, 2);
  EXPECT_EQ(tally.nodes(), 3);
  EXPECT_EQ(tally.quorum(), 2);
  EXPECT_EQ(tally.count(Vote::kPending), 3);
  EXPECT_EQ(tally.reason(2), "");
  EXPECT_EQ(tally.verdict(), Verdict::kUndecided);
}

}  // namespace
}  // namespace holdfast::core
