// The steps of the model of nonces and streams.
#include "stream_model.h"

#include <algorithm>

namespace holdfast::model {
namespace {

constexpr int kSecond = 1;  // The second try of the client that has two.

int ClientOf(int t) { return t == 2 ? 1 : 0; }

int Grants(const Try& one) {
  return static_cast<int>(std::count_if(one.exchanges.begin(), one.exchanges.end(),
                                        [](const Exchange& exchange) { return exchange.granted; }));
}

std::string NameOf(int t) { return t == 2 ? "B" : t == 0 ? "A1" : "A2"; }

}  // namespace

void StreamModel::Start(Moves* moves) const { moves->push_back({{Kind::kStart}, Pack({}), ""}); }

void StreamModel::Next(const Words& words, Moves* moves) const {
  const StreamState state = UnpackStream(words);
  for (int t = 0; t < kTries; ++t) {
    Ask(state, t, moves);
    Win(state, t, moves);
    End(state, t, moves);
    for (int n = 0; n < kStreamNodes; ++n) {
      Acquire(state, t, n, moves);
      Lose(state, t, n, moves);
      Break(state, t, n, moves);
      Release(state, t, n, moves);
    }
  }
}

// The nodes are all alike.
Words StreamModel::Canonical(const Words& words) const {
  StreamState state = UnpackStream(words);
  Words least = words;
  for (int swap = 0; swap < 5; ++swap) {
    const int n = swap % 2;
    std::swap(state.keys[n], state.keys[n + 1]);
    for (Try& one : state.tries) std::swap(one.exchanges[n], one.exchanges[n + 1]);
    least = std::min(least, Pack(state));
  }
  return least;
}

bool StreamModel::IsGoal(const Words& words) const {
  const StreamState state = UnpackStream(words);
  return std::all_of(state.tries.begin(), state.tries.end(),
                     [](const Try& one) { return one.phase == TryPhase::kOver; });
}

// Rule 5: a retry starts after the release of the one before it was sent.
void StreamModel::Ask(const StreamState& state, int t, Moves* moves) const {
  if (state.tries[t].phase != TryPhase::kIdle) return;
  if (t == kSecond && state.tries[0].phase != TryPhase::kOver) return;
  StreamState to = state;
  to.tries[t].phase = TryPhase::kAsked;
  for (Exchange& exchange : to.tries[t].exchanges) exchange.acquire = Request::kUnderWay;
  Add(Kind::kAsk, t, 0, to, moves);
}

void StreamModel::Acquire(const StreamState& state, int t, int n, Moves* moves) const {
  const Exchange& exchange = state.tries[t].exchanges[n];
  if (!IsUnderWay(exchange.acquire)) return;
  if (exchange.acquire == Request::kUnderWay && !IsTurnOf(state, t, n)) return;
  StreamState to = state;
  Exchange& after = to.tries[t].exchanges[n];
  after.acquire = Request::kDone;
  if (to.keys[n] == 0) to.keys[n] = NonceOf(t);
  after.granted = to.keys[n] == NonceOf(t);
  if (!after.granted) return;  // As if it were lost.
  Add(Kind::kAcquire, t, n, to, moves);
}

// Or it is refused, or its deadline is over before it is executed. Where nobody asks whether all
// has arrived, it may as well be under way for ever.
void StreamModel::Lose(const StreamState& state, int t, int n, Moves* moves) const {
  if (!options_.keys_left || !IsUnderWay(state.tries[t].exchanges[n].acquire)) return;
  StreamState to = state;
  to.tries[t].exchanges[n].acquire = Request::kDone;
  Add(Kind::kLose, t, n, to, moves);
}

// The connections of one client are enough trouble.
void StreamModel::Break(const StreamState& state, int t, int n, Moves* moves) const {
  if (options_.order != Order::kBreaksOnce && options_.order != Order::kBreaks) return;
  if (ClientOf(t) != 0) return;
  if (state.tries[t].exchanges[n].acquire != Request::kUnderWay) return;
  StreamState to = state;
  to.tries[t].exchanges[n].acquire = Request::kLeft;
  Add(Kind::kBreak, t, n, to, moves);
}

void StreamModel::Win(const StreamState& state, int t, Moves* moves) const {
  const Try& one = state.tries[t];
  if (one.phase != TryPhase::kAsked || Grants(one) < kStreamQuorum) return;
  StreamState to = state;
  to.tries[t].phase = TryPhase::kHolds;
  Add(Kind::kWin, t, 0, to, moves);
}

// Gives up, or releases what it holds: all nodes are sent a release.
void StreamModel::End(const StreamState& state, int t, Moves* moves) const {
  const TryPhase phase = state.tries[t].phase;
  if (phase != TryPhase::kAsked && phase != TryPhase::kHolds) return;
  StreamState to = state;
  to.tries[t].phase = TryPhase::kOver;
  for (Exchange& exchange : to.tries[t].exchanges) {
    exchange.release = Request::kUnderWay;
    exchange.granted = false;  // Not asked for any more.
  }
  Add(phase == TryPhase::kAsked ? Kind::kGiveUp : Kind::kRelease, t, 0, to, moves);
}

void StreamModel::Release(const StreamState& state, int t, int n, Moves* moves) const {
  const Exchange& exchange = state.tries[t].exchanges[n];
  if (exchange.release != Request::kUnderWay) return;
  const bool ordered = options_.order != Order::kAny;
  if (ordered && exchange.acquire == Request::kUnderWay) return;
  StreamState to = state;
  if (to.keys[n] == NonceOf(t)) to.keys[n] = 0;
  const bool again = options_.order == Order::kBreaks && exchange.acquire == Request::kLeft;
  if (!again) to.tries[t].exchanges[n].release = Request::kDone;
  Add(Kind::kExecuteRelease, t, n, to, moves);
}

std::uint8_t StreamModel::NonceOf(int t) const {
  return static_cast<std::uint8_t>(t == kSecond && !options_.fresh_nonce ? 1 : t + 1);
}

// Whether nothing of its client is before the acquire of this try in a stream.
bool StreamModel::IsTurnOf(const StreamState& state, int t, int n) const {
  if (options_.order == Order::kAny || t != kSecond) return true;
  return !IsUnderWay(state.tries[0].exchanges[n].release);
}

void StreamModel::Add(Kind kind, int t, int n, const StreamState& to, Moves* moves) const {
  std::string_view broken;
  for (int other = 0; other < kTries; ++other) {
    if (kind != Kind::kWin || ClientOf(other) == ClientOf(t)) continue;
    if (to.tries[other].phase == TryPhase::kHolds) broken = kOneHolder;
  }
  const bool key =
      std::any_of(to.keys.begin(), to.keys.end(), [](int nonce) { return nonce != 0; });
  if (options_.keys_left && key && IsQuiet(to)) broken = kNoKeyLeft;
  const StreamStep step = {kind, static_cast<std::uint8_t>(t), static_cast<std::uint8_t>(n)};
  moves->push_back({step, Pack(to), broken});
}

std::string StreamModel::Describe(const Words& words) const { return Text(UnpackStream(words)); }

std::string StreamModel::Describe(const Words& from, const Move<Step>& move) const {
  const std::string name = NameOf(move.step.attempt);
  const std::string node = "n" + std::to_string(move.step.node + 1);
  const bool deleted = UnpackStream(from).keys != UnpackStream(move.to).keys;
  switch (move.step.kind) {
    case Kind::kStart:
      return "";
    case Kind::kAsk:
      return name + " asks all nodes";
    case Kind::kAcquire:
      return node + " grants " + name;
    case Kind::kLose:
      return "the acquire of " + name + " for " + node + " is lost, refused, or too late";
    case Kind::kBreak:
      return "the connection of " + name + " to " + node + " breaks";
    case Kind::kWin:
      return name + " has a quorum: it holds the lock";
    case Kind::kGiveUp:
      return name + " gives up, sends releases";
    case Kind::kRelease:
      return name + " releases";
    case Kind::kExecuteRelease:
      return "the release of " + name + " is executed on " + node +
             (deleted ? ": key deleted" : "");
  }
  return "";
}

}  // namespace holdfast::model
