#include "core/engine.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/text.h"

namespace holdfast::core {

Engine::Engine(EngineOptions options, Transport& transport, Randomness& randomness, TimePoint now)
    : options_(std::move(options)),
      transport_(transport),
      randomness_(randomness),
      gate_(static_cast<int>(options_.nodes.size()), options_.quorum, now,
            std::min(options_.connect_timeout, options_.command_timeout * 3 / 4)),
      nodes_(options_.nodes.size()) {
  SetTimer(TimerKind::kGate, 0, gate_.opens_at());
}

void Engine::OnNodeReady(int node, std::int64_t clock_offset_ms, TimePoint now) {
  nodes_[node].ready = true;
  nodes_[node].clock_offset_ms = clock_offset_ms;
  // Rule 4: what the last connection may have left behind is released first.
  for (std::uint32_t r = 0; r < rounds_.bound(); ++r) {
    const Round& round = rounds_[r];
    if (round.used && !round.gated && round.owed.test(node)) AskOwed(r, now);
  }
  SettleNode(node, now);
}

void Engine::OnNodeDown(int node, NodeProblem problem, TimePoint now) {
  nodes_[node].ready = false;
  nodes_[node].problem = std::move(problem);
  SettleNode(node, now);
}

void Engine::OnNodeReply(int node, Tag tag, ReplyView reply, TimePoint now) {
  Round& round = rounds_[tag];
  --round.outstanding;
  round.asked.reset(node);
  ReadReply(tag, node, reply, now);
  Judge(tag, now);
}

void Engine::OnNodeNoReply(int node, Tag tag, TimePoint now) {
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
    const std::uint32_t slot = id / 4;
    switch (static_cast<TimerKind>(id % 4)) {
      case TimerKind::kGate:
        OpenGate(now);
        break;
      case TimerKind::kRound:
        OnRoundTimer(slot, now);
        break;
      case TimerKind::kLease:
        Lose(leases_[slot]);
        EndExtensions(slot, now);
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
}

bool Engine::releasing() const {
  for (std::uint32_t r = 0; r < rounds_.bound(); ++r) {
    if (rounds_[r].used && rounds_[r].asked.any()) return true;
  }
  return false;
}

void Engine::WhenSettled(absl::AnyInvocable<void(std::vector<NodeStatus>)> done, TimePoint now) {
  settle_waiters_.push_back(std::move(done));
  if (gate_.open()) OpenGate(now);
}

void Engine::SettleNode(int node, TimePoint now) {
  if (gate_.open()) return;
  const auto is_ready = [](const Node& n) { return n.ready; };
  const auto ready = std::count_if(nodes_.begin(), nodes_.end(), is_ready);
  gate_.Settle(node, static_cast<int>(ready), now);
  if (gate_.opens_at() <= now) return OpenGate(now);
  SetTimer(TimerKind::kGate, 0, gate_.opens_at());
}

void Engine::OpenGate(TimePoint now) {
  SetTimer(TimerKind::kGate, 0, kNever);
  gate_.Open();
  const auto waiting = std::exchange(gated_, {});
  for (const std::uint32_t r : waiting) {
    if (rounds_[r].used && rounds_[r].gated) Launch(r, now);
  }
  for (auto& done : std::exchange(settle_waiters_, {})) {
    std::vector<NodeStatus> statuses;
    for (int i = 0; i < nodes(); ++i) {
      statuses.push_back({options_.nodes[i], nodes_[i].ready,
                          nodes_[i].ready ? std::string() : nodes_[i].problem.reason});
    }
    done(std::move(statuses));
  }
}

std::string_view Engine::NameOf(const LeaseSlot& lease) const {
  return std::string_view(lease.key).substr(options_.key_prefix_size);
}

std::uint64_t Engine::Random64() {
  std::byte bytes[8];
  randomness_.Fill(bytes);
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

void Engine::SetTimer(TimerKind kind, std::uint32_t slot, TimePoint when) {
  timers_.Set(slot * 4 + static_cast<std::uint32_t>(kind), when);
}

}  // namespace holdfast::core
