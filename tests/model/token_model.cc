// Where the model of fencing tokens begins, and how it tells what happens.
#include "token_model.h"

#include <algorithm>

#include "token_moves.h"

namespace holdfast::model {
namespace {

using Kind = TokenStep::Kind;

std::string Name(int attempt) { return {static_cast<char>('A' + attempt)}; }
std::string NodeName(int node) { return "n" + std::to_string(node + 1); }

bool HasMarks(const TokenOptions& options) {
  return options.idle == Idle::kStandsAtMark || options.idle == Idle::kStandsAtMarkUntilWritten;
}

std::string DescribeDecision(const std::string& name, const Attempt& before, const Attempt& after) {
  const std::string token = std::to_string(after.token);
  if (after.phase == Phase::kFinal) return name + " has a quorum's answers: final with " + token;
  const int low = after.pending;
  return name + " has a quorum's answers, tells " + NodeName(low) + ", which said " +
         std::to_string(before.answer[low]) + ", to finalise " + token;
}

}  // namespace

TokenModel::TokenModel(const TokenOptions& options)
    : options_(options),
      parts_{.attempts = options.attempts,
             .marks = HasMarks(options),
             .restart = options.forgetting != Forgetting::kNever} {}

// Counters 0, 1, 1; the first attempt has asked, each other one has, or will when one is final.
void TokenModel::Start(Moves* moves) const {
  for (int idle = 0; idle < 1 << options_.attempts; idle += 2) {
    TokenState state;
    for (int n = 1; n < kNodes; ++n) state.nodes[n].counter = 1;
    for (Node& node : state.nodes) node.mark = parts_.marks ? node.counter : 0;
    for (int a = 0; a < options_.attempts; ++a) {
      state.attempts[a].phase = (idle >> a & 1) != 0 ? Phase::kIdle : Phase::kAsked;
    }
    moves->push_back({{Kind::kStart}, Pack(state, parts_), ""});
  }
}

void TokenModel::Next(const Words& words, Moves* moves) const {
  TokenMoves(options_, parts_, Unpack(words, parts_), moves).FindAll();
}

// Nodes 2 and 3 begin alike, and so do all attempts (but for when, which they may exchange, too):
// what can happen after a state can happen, under other names, after one in which they have changed
// places. A key's c matters only to a finalise, which asks for the answer that its attempt got.
Words TokenModel::Canonical(const Words& words) const {
  TokenState state = Unpack(words, parts_);
  for (int n = 0; n < kNodes; ++n) {
    Node& node = state.nodes[n];
    if (node.owner != 0 && state.attempts[node.owner - 1].answer[n] != node.c) node.c = 0;
  }
  if (options_.any_counters) Renumber(&state, 1);
  Words least = Pack(state, parts_);
  const auto consider = [&] {
    SwapNodes(&state, 1, 2);
    least = std::min(least, Pack(state, parts_));
  };
  consider();
  for (int a = 1; a < options_.attempts; ++a) {
    SwapAttempts(&state, 0, a);
    least = std::min(least, Pack(state, parts_));
    consider();
  }
  return least;
}

bool TokenModel::IsGoal(const Words& words) const {
  const TokenState state = Unpack(words, parts_);
  for (int a = 0; a < options_.attempts; ++a) {
    if (state.attempts[a].phase != Phase::kFinal) return false;
  }
  return true;
}

std::string TokenModel::Describe(const Words& words) const {
  return Text(Unpack(words, parts_), parts_);
}

std::string TokenModel::Describe(const Words& from, const Move<Step>& move) const {
  const TokenState before = Unpack(from, parts_);
  const TokenState after = Unpack(move.to, parts_);
  const std::string name = Name(move.step.attempt);
  const std::string node = NodeName(move.step.node);
  const Attempt& attempt = after.attempts[move.step.attempt];
  const std::string token = std::to_string(attempt.token);
  const Node& there = after.nodes[move.step.node];
  switch (move.step.kind) {
    case Kind::kStart:
      return name + " asks all nodes";
    case Kind::kGrant:
      return node + " grants " + name + ", counter " + std::to_string(there.c) +
             (attempt.answer[move.step.node] == there.c ? ""
                                                        : "; the answer is lost or comes late");
    case Kind::kDecide:
      return DescribeDecision(name, before.attempts[move.step.attempt], attempt);
    case Kind::kFinalise:
      return node + " takes over " + token + ": " + name + " is final";
    case Kind::kRelease:
      return name + "'s release, token " + token + ", is executed on " + node;
    case Kind::kGiveUp:
      return name + " gives up";
    case Kind::kOtherNode:
      return name + " takes " + node + " into its quorum instead";
    case Kind::kVanish:
      return Name(before.nodes[move.step.node].owner - 1) + "'s key on " + node + " vanishes";
    case Kind::kRaise:
      return "somebody raises the counter of " + node;
    case Kind::kExpire:
      return "the counter of " + node + " expires";
    case Kind::kOtherName:
      return "a lock of another name raises the high-water mark of " + node;
    case Kind::kRestart:
      return node + " restarts empty";
    case Kind::kWaited:
      return "max_ttl has passed since the restart";
    case Kind::kReadFloor:
      return NodeName(before.restart.node - 1) + " raises its floor to the counter of " + node;
  }
  return "";
}

}  // namespace holdfast::model
