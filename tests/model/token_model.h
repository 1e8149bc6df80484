// The protocol of fencing tokens (rule 3 of lib/core/PROTOCOL.md) on three nodes with a quorum of
// two, as a model to be searched: a few attempts to take one lock, no clocks, requests and answers
// that are late, in any order, lost or executed twice, and keys that vanish at any moment.
//
// Invariants:
//   TokensDiffer       no two acquisitions are given one token
//   TokensGrow         an attempt that sends its first message when another one is final gets a
//                      larger token than that
//   CountersNeverFall  what the next grant of a node counts from never falls, as long as the node
//                      does not lose its data
//
// What makes the state space small without leaving out anything that could break an invariant:
//  - A request that may be executed may be executed at any later moment or never. So messages have
//    no place in the state: an acquire is under way from when its attempt asks, for as often as it
//    may be granted; a finalise and a release may even be executed any number of times.
//  - A request that changes nothing on a node (BUSY, GONE) has no step: its answer lets an attempt
//    do nothing that it could not do if the answer were lost.
//  - Whether a grant's answer will arrive is decided when the grant is made; when it arrives does
//    not matter before its attempt decides, so that is when it does. An answer that could arrive
//    and is not used stands for one that is lost, unless the request may be granted once more and
//    that answer be the one which arrives.
//  - An attempt is final as soon as its finalise was executed: the answer could arrive at once. If
//    it is late or lost, less is claimed.
//  - When an attempt starts matters only for who was final before: it does so at the very beginning
//    or when another one is final.
//  - The release of an attempt that has no token is a key that vanishes.
#ifndef HOLDFAST_TESTS_MODEL_TOKEN_MODEL_H_
#define HOLDFAST_TESTS_MODEL_TOKEN_MODEL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "search.h"
#include "token_state.h"

namespace holdfast::model {

inline constexpr std::string_view kTokensDiffer = "TokensDiffer";
inline constexpr std::string_view kTokensGrow = "TokensGrow";
inline constexpr std::string_view kCountersNeverFall = "CountersNeverFall";

// When a node takes over a token.
enum class Finalise { kOfThisGrant, kOfThisNonce, kAlways, kNotAsked };

// What a node does that lost its data.
enum class Forgetting {
  kNever,
  kGrantsAtOnce,
  kReadsFloor,
  kWaitsAndReadsOne,
  kWaitsAndReadsFloor
};

// What becomes of a counter that was long not used.
enum class Idle { kStays, kStartsAnew, kStandsAtMark, kStandsAtMarkUntilWritten };

struct TokenOptions {
  int attempts = 2;
  int executions = 1;  // Of one acquire on one node.
  Finalise finalise = Finalise::kOfThisGrant;
  bool second_node = false;         // After a failed finalise another node is tried for the token.
  bool release_overwrites = false;  // The counter, instead of raising it.
  // Hints are any, and anybody may raise any counter at any time. Counters then stand for any
  // numbers in the same order: only that matters to the protocol.
  bool any_counters = false;
  Forgetting forgetting = Forgetting::kNever;
  Idle idle = Idle::kStays;
};

struct TokenStep {
  enum class Kind : std::uint8_t {
    kStart,
    kGrant,
    kDecide,
    kFinalise,
    kRelease,
    kGiveUp,
    kOtherNode,
    kVanish,
    kRaise,
    kExpire,
    kOtherName,
    kRestart,
    kWaited,
    kReadFloor
  };
  Kind kind;
  std::uint8_t attempt = 0;
  std::uint8_t node = 0;
};

class TokenModel {
 public:
  using Step = TokenStep;
  using Moves = std::vector<Move<Step>>;

  explicit TokenModel(const TokenOptions& options);

  void Start(Moves* moves) const;
  void Next(const Words& words, Moves* moves) const;
  Words Canonical(const Words& words) const;
  // All attempts have been acquired.
  bool IsGoal(const Words& words) const;

  std::string Describe(const Words& words) const;
  std::string Describe(const Words& from, const Move<Step>& move) const;

 private:
  TokenOptions options_;
  TokenParts parts_;
};

}  // namespace holdfast::model

#endif  // HOLDFAST_TESTS_MODEL_TOKEN_MODEL_H_
