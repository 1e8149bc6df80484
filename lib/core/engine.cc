#include "core/engine.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/text.h"

namespace holdfast::core {

Engine::Engine(EngineOptions options, Transport& transport, Randomness& randomness,
               WallClock& wall_clock, TimePoint now)
    : options_(std::move(options)),
      transport_(transport),
      randomness_(randomness),
      wall_clock_(wall_clock),
      admission_(options_.admission),
      gate_(static_cast<int>(options_.admission.nodes.size()), options_.admission.quorum, now,
            std::min(options_.connect_timeout, options_.command_timeout * 3 / 4)),
      nodes_(options_.admission.nodes.size()) {
  SetTimer(TimerKind::kGate, 0, gate_.opens_at());
}

void Engine::OnNodeReady(int node, const Greeting& greeting, TimePoint now) {
  nodes_[node].ready = true;
  nodes_[node].clock_offset_ms = greeting.clock_offset_ms;
  admission_.OnConnected(node, greeting, now);
  // Rule 4: what the last connection may have left behind is released first.
  for (std::uint32_t r = 0; r < rounds_.bound(); ++r) {
    const Round& round = rounds_[r];
    if (round.used && !round.gated && round.owed.test(node)) AskOwed(r, now);
  }
  AfterAdmission(node, now);
}

void Engine::OnNodeDown(int node, NodeProblem problem, TimePoint now) {
  nodes_[node].ready = false;
  nodes_[node].problem = std::move(problem);
  admission_.OnDisconnected(node);
  SettleNode(node, now);
  AfterAdmission(node, now);
}

void Engine::OnNodeReply(int node, Tag tag, ReplyView reply, TimePoint now) {
  if (tag >= kGuardTag) return OnGuardReply(node, tag, reply, now);
  Round& round = rounds_[tag];
  --round.outstanding;
  round.asked.reset(node);
  round.took[node] = now - round.sent;
  ReadReply(tag, node, reply, now);
  Judge(tag, now);
}

void Engine::OnNodeNoReply(int node, Tag tag, TimePoint now) {
  // What the guard of a lost connection's node said is asked again on the next one.
  if (tag >= kGuardTag) return;
  Round& round = rounds_[tag];
  --round.outstanding;
  round.asked.reset(node);
  leases_[round.lease].adrift.set(node);
  round.tally.Cast(node, nodes_[node].problem.vote, nodes_[node].problem.reason);
  Judge(tag, now);
}

void Engine::OnTimer(TimePoint now) {
  while (timers_.next() <= now) {
    const std::uint32_t id = timers_.Pop();
    const std::uint32_t slot = id / kTimerKinds;
    switch (static_cast<TimerKind>(id % kTimerKinds)) {
      case TimerKind::kGate:
        OpenGate(now);
        break;
      case TimerKind::kAdmission:
        AskGuards(now);
        break;
      case TimerKind::kRound:
        OnRoundTimer(slot, now);
        break;
      case TimerKind::kLease:
        Lose(slot, "it was not extended in time");
        EndExtensions(slot, now);
        break;
      case TimerKind::kKeeper:
        Keep(slot, now);
        break;
      case TimerKind::kAcquisition:
        StartAttempt(slot, now);
        break;
    }
  }
}

void Engine::CancelAll(TimePoint now) {
  for (std::uint32_t a = 0; a < acquisitions_.bound(); ++a) {
    if (acquisitions_[a].used) CancelAcquisition(a, "the client was closed", now);
  }
  OpenGate(now);
  for (StatusesDone& done : std::exchange(reconfigurers_, {})) done(Statuses(now));
}

Stats Engine::GetStats() const {
  StatsSum sum;
  AddTo(sum);
  return sum.Total();
}

void Engine::AddTo(StatsSum& sum) const {
  Stats counters = stats_;
  counters.waiting = acquisitions_.in_use();
  sum.Add(counters, acquire_times_, extend_times_, release_times_);
}

bool Engine::releasing() const {
  for (std::uint32_t r = 0; r < rounds_.bound(); ++r) {
    if (rounds_[r].used && rounds_[r].asked.any()) return true;
  }
  return false;
}

void Engine::WhenSettled(StatusesDone done, TimePoint now) {
  settle_waiters_.push_back(std::move(done));
  if (gate_.open()) OpenGate(now);
}

void Engine::SettleNode(int node, TimePoint now) {
  if (gate_.open()) return;
  int voting = 0;
  for (int i = 0; i < nodes(); ++i) {
    voting += admission_.standing(i) == Admission::Standing::kVoting ? 1 : 0;
  }
  gate_.Settle(node, voting, now);
  if (gate_.opens_at() <= now) return OpenGate(now);
  SetTimer(TimerKind::kGate, 0, gate_.opens_at());
}

void Engine::OpenGate(TimePoint now) {
  const bool opens_now = !gate_.open();
  SetTimer(TimerKind::kGate, 0, kNever);
  gate_.Open();
  const auto waiting = std::exchange(gated_, {});
  for (const std::uint32_t r : waiting) {
    if (rounds_[r].used && rounds_[r].gated) Launch(r, now);
  }
  for (StatusesDone& done : std::exchange(settle_waiters_, {})) done(Statuses(now));
  if (opens_now && !reconfigurers_.empty()) Install(now);
}

std::uint64_t Engine::Random64() {
  std::byte bytes[8];
  randomness_.Fill(bytes);
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

void Engine::SetTimer(TimerKind kind, std::uint32_t slot, TimePoint when) {
  timers_.Set(slot * kTimerKinds + static_cast<std::uint32_t>(kind), when);
}

}  // namespace holdfast::core
