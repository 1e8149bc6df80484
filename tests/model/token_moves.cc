// The protocol's steps, as the scripts and the engine do them.
#include "token_moves.h"

#include <algorithm>

namespace holdfast::model {
namespace {

bool IsFinal(const Attempt& attempt) { return attempt.phase == Phase::kFinal; }

constexpr std::uint8_t Bit(int i) { return static_cast<std::uint8_t>(1U << i); }

std::uint8_t Index(int i) { return static_cast<std::uint8_t>(i); }

bool Waits(Forgetting forgetting) {
  return forgetting == Forgetting::kWaitsAndReadsOne ||
         forgetting == Forgetting::kWaitsAndReadsFloor;
}

// All that a final or failed attempt is still good for is the order of tokens, and its release.
void Forget(Attempt* attempt) {
  attempt->answer = {};
  attempt->pending = 0;
}

}  // namespace

TokenMoves::TokenMoves(const TokenOptions& options, const TokenParts& parts,
                       const TokenState& state, TokenModel::Moves* moves)
    : options_(options), parts_(parts), state_(state), moves_(moves) {
  if (!options_.any_counters) return;
  // Leaves room for a new number between any two.
  Renumber(&state_, 2);
  largest_ = LargestIn(state_);
}

void TokenMoves::FindAll() {
  for (int a = 0; a < options_.attempts; ++a) {
    Start(a);
    for (int n = 0; n < kNodes; ++n) Grant(a, n);
    Decide(a, 0, 1);
    Decide(a, 0, 2);
    Decide(a, 1, 2);
    Finalise(a);
    GiveUp(a);
    for (int n = 0; n < kNodes; ++n) OtherNode(a, n);
    for (int n = 0; n < kNodes; ++n) Release(a, n);
  }
  for (int n = 0; n < kNodes; ++n) {
    Vanish(n);
    RaiseCounter(n);
    Expire(n);
    OtherName(n);
    Restart(n);
    ReadFloor(n);
  }
  Waited();
}

void TokenMoves::Start(int a) {
  if (state_.attempts[a].phase != Phase::kIdle) return;
  TokenState to = state_;
  for (int other = 0; other < options_.attempts; ++other) {
    if (IsFinal(state_.attempts[other])) to.attempts[a].after |= Bit(other);
  }
  if (to.attempts[a].after == 0) return;
  to.attempts[a].phase = Phase::kAsked;
  Add({Kind::kStart, Index(a)}, to);
}

// acquire.lua, where nobody has the lock.
void TokenMoves::Grant(int a, int n) {
  const Attempt& attempt = state_.attempts[a];
  if (attempt.phase == Phase::kIdle || attempt.grants[n] == options_.executions) return;
  if (state_.nodes[n].owner != 0 || !MayGrant(n)) return;
  const Count lowest = state_.nodes[n].base() + 1;
  for (Count c = lowest; c <= std::max<int>(lowest, largest_ + 1); ++c) {
    GrantAs(a, n, c);
    if (!options_.any_counters) return;
  }
}

void TokenMoves::GrantAs(int a, int n, Count c) {
  TokenState to = state_;
  Node& node = to.nodes[n];
  Attempt& attempt = to.attempts[a];
  node.owner = Index(a + 1);
  node.c = c;
  node.counter = c;
  node.expired = 0;
  if (parts_.marks) node.mark = std::max(node.mark, c);
  ++attempt.grants[n];
  const bool waits = attempt.phase == Phase::kAsked ||
                     (options_.second_node && attempt.phase == Phase::kFinalising);
  const bool answers = waits && attempt.answer[n] == 0;
  // The answer that arrives may be that of a later execution.
  if (!answers || attempt.grants[n] < options_.executions)
    Add({Kind::kGrant, Index(a), Index(n)}, to);
  if (!answers) return;
  attempt.answer[n] = c;
  Add({Kind::kGrant, Index(a), Index(n)}, to);
}

// The answers of a quorum are there: the token is the larger counter; the node below has to
// finalise.
void TokenMoves::Decide(int a, int n, int other) {
  const Attempt& attempt = state_.attempts[a];
  if (attempt.phase != Phase::kAsked) return;
  if (attempt.answer[n] == 0 || attempt.answer[other] == 0) return;
  const int low = attempt.answer[n] < attempt.answer[other] ? n : other;
  const int high = low == n ? other : n;
  TokenState to = state_;
  Attempt& decided = to.attempts[a];
  decided.token = attempt.answer[high];
  const bool level = attempt.answer[low] == decided.token;
  if (level || options_.finalise == model::Finalise::kNotAsked) {
    return AddFinal({Kind::kDecide, Index(a), Index(low)}, to);
  }
  decided.phase = Phase::kFinalising;
  decided.pending = Index(low);
  if (!options_.second_node) decided.answer[kNodes - low - high] = 0;
  Add({Kind::kDecide, Index(a), Index(low)}, to);
}

// finalise.lua, where it finds what it asks for.
void TokenMoves::Finalise(int a) {
  const Attempt& attempt = state_.attempts[a];
  if (attempt.phase != Phase::kFinalising) return;
  const int n = attempt.pending;
  const Node& node = state_.nodes[n];
  const bool same_nonce = node.owner == a + 1;
  const bool same_grant = same_nonce && node.c == attempt.answer[n];
  if (options_.finalise == model::Finalise::kOfThisGrant && !same_grant) return;
  if (options_.finalise == model::Finalise::kOfThisNonce && !same_nonce) return;
  TokenState to = state_;
  Raise(&to.nodes[n], attempt.token);
  AddFinal({Kind::kFinalise, Index(a), Index(n)}, to);
}

// Wrong: a third node is to stand in for the one that did not finalise.
void TokenMoves::OtherNode(int a, int n) {
  const Attempt& attempt = state_.attempts[a];
  if (!options_.second_node || attempt.phase != Phase::kFinalising) return;
  if (n == attempt.pending || attempt.answer[n] == 0 || attempt.answer[n] == attempt.token) return;
  TokenState to = state_;
  const TokenStep step = {Kind::kOtherNode, Index(a), Index(n)};
  if (attempt.answer[n] > attempt.token) return AddFinal(step, to);
  to.attempts[a].pending = Index(n);
  Add(step, to);
}

void TokenMoves::GiveUp(int a) {
  if (state_.attempts[a].phase != Phase::kFinalising) return;
  TokenState to = state_;
  to.attempts[a].phase = Phase::kGone;
  Forget(&to.attempts[a]);
  Add({Kind::kGiveUp, Index(a)}, to);
}

// release.lua
void TokenMoves::Release(int a, int n) {
  const Attempt& attempt = state_.attempts[a];
  if (!IsFinal(attempt) && attempt.phase != Phase::kGone) return;
  TokenState to = state_;
  Node& node = to.nodes[n];
  const bool ours = node.owner == a + 1;
  if (ours) node.owner = node.c = 0;
  const Count before = node.counter;
  if (options_.release_overwrites) {
    node.counter = attempt.token;
  } else {
    Raise(&node, attempt.token);
  }
  if (!ours && node.counter == before && node.mark == state_.nodes[n].mark) return;
  Add({Kind::kRelease, Index(a), Index(n)}, to);
}

// Its ttl is over, or somebody broke the lock, or a release came that has no token.
void TokenMoves::Vanish(int n) {
  if (state_.nodes[n].owner == 0) return;
  TokenState to = state_;
  to.nodes[n].owner = to.nodes[n].c = 0;
  Add({Kind::kVanish, 0, Index(n)}, to);
}

void TokenMoves::RaiseCounter(int n) {
  if (!options_.any_counters) return;
  for (Count c = state_.nodes[n].counter + 1; c <= largest_ + 1; ++c) {
    TokenState to = state_;
    to.nodes[n].counter = c;
    Add({Kind::kRaise, 0, Index(n)}, to);
  }
}

void TokenMoves::Expire(int n) {
  if (options_.idle == Idle::kStays || state_.nodes[n].counter == 0) return;
  TokenState to = state_;
  to.nodes[n].counter = 0;
  to.nodes[n].expired = options_.idle == Idle::kStartsAnew ? 0 : 1;
  Add({Kind::kExpire, 0, Index(n)}, to);
}

// A lock of another name is granted, and raises the node's high-water mark.
void TokenMoves::OtherName(int n) {
  constexpr Count kHighest = 4;
  if (!parts_.marks || state_.nodes[n].mark >= kHighest) return;
  TokenState to = state_;
  ++to.nodes[n].mark;
  Add({Kind::kOtherName, 0, Index(n)}, to);
}

void TokenMoves::Restart(int n) {
  if (!MayRestart() || state_.restart.node != 0) return;
  TokenState to = state_;
  to.nodes[n] = Node();
  to.restart.node = Index(n + 1);
  Add({Kind::kRestart, 0, Index(n)}, to);
}

// What the node granted in its last life is not valid any more.
void TokenMoves::Waited() {
  if (!Waits(options_.forgetting)) return;
  if (state_.restart.node == 0 || state_.restart.waited != 0) return;
  TokenState to = state_;
  to.restart.waited = 1;
  for (Attempt& attempt : to.attempts) {
    Count& answer = attempt.answer[state_.restart.node - 1];
    if (answer != 0 && attempt.phase == Phase::kFinalising) {
      attempt.phase = Phase::kGone;
      Forget(&attempt);
    }
    answer = 0;
  }
  Add({Kind::kWaited}, to);
}

void TokenMoves::ReadFloor(int n) {
  const model::Restart& restart = state_.restart;
  if (restart.node == 0 || restart.node == n + 1 || (restart.read & Bit(n)) != 0) return;
  if (options_.forgetting == Forgetting::kGrantsAtOnce || MayGrant(restart.node - 1)) return;
  if (Waits(options_.forgetting) && restart.waited == 0) return;
  TokenState to = state_;
  to.restart.read |= Bit(n);
  Raise(&to.nodes[restart.node - 1], state_.nodes[n].base());
  Add({Kind::kReadFloor, 0, Index(n)}, to);
}

// A node that has forgotten grants nothing before it has its floor from N-q+1 others.
bool TokenMoves::MayGrant(int n) const {
  if (state_.restart.node != n + 1 || options_.forgetting == Forgetting::kGrantsAtOnce) return true;
  const int read = __builtin_popcount(state_.restart.read);
  return read >= (options_.forgetting == Forgetting::kWaitsAndReadsOne ? 1 : kNodes - kQuorum + 1);
}

// As the scripts do it, see there: a counter that is absent stands at the high-water mark.
void TokenMoves::Raise(Node* node, Count token) const {
  const bool present = node->expired == 0;
  const bool blind = options_.idle == Idle::kStandsAtMarkUntilWritten;
  if (token <= node->counter) return;
  if (present || blind || token > node->mark) {
    node->counter = token;
    node->expired = 0;
  }
  if (parts_.marks) node->mark = std::max(node->mark, token);
}

void TokenMoves::AddFinal(const TokenStep& step, TokenState to) {
  Attempt& attempt = to.attempts[step.attempt];
  attempt.phase = Phase::kFinal;
  Forget(&attempt);
  Add(step, to, BrokenBy(to, step.attempt));
}

std::string_view TokenMoves::BrokenBy(const TokenState& to, int a) const {
  const Attempt& mine = to.attempts[a];
  for (int other = 0; other < options_.attempts; ++other) {
    const Attempt& theirs = to.attempts[other];
    if (other == a || !IsFinal(theirs)) continue;
    if ((mine.after & Bit(other)) != 0 && mine.token <= theirs.token) return kTokensGrow;
    if (mine.token == theirs.token) return kTokensDiffer;
  }
  return "";
}

bool TokenMoves::CounterFell(const TokenStep& step, const TokenState& to) const {
  if (step.kind == Kind::kRestart) return false;
  if (step.kind == Kind::kExpire && options_.idle == Idle::kStartsAnew) return false;
  for (int n = 0; n < kNodes; ++n) {
    if (to.nodes[n].base() < state_.nodes[n].base()) return true;
  }
  return false;
}

void TokenMoves::Add(const TokenStep& step, TokenState to, std::string_view broken) {
  if (broken.empty() && CounterFell(step, to)) broken = kCountersNeverFall;
  if (options_.any_counters) Renumber(&to, 1);
  moves_->push_back({step, Pack(to, parts_), broken});
}

}  // namespace holdfast::model
