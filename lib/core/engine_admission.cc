// Who may vote: the questions about the nodes' guards, and what the rest hears of the answers.
#include <algorithm>
#include <utility>

#include "core/engine.h"

namespace holdfast::core {

using Standing = Admission::Standing;
using Question = Admission::Question;

namespace {

// A guard's tag says what was asked, and whether the script's text went with it.
constexpr Tag kWithText = 16;

}  // namespace

void Engine::AskGuards(TimePoint now) {
  for (int node = 0; node < nodes(); ++node) {
    const Question question = admission_.Next(node, now);
    if (question != Question::kNone) AskGuard(node, question, false, now);
  }
  SetTimer(TimerKind::kAdmission, 0, admission_.next_timer());
}

void Engine::AskGuard(int node, Question question, bool with_text, TimePoint now) {
  ScriptCall call(question == Question::kOpen ? kOpenScript : kAdmitScript, with_text);
  admission_.Write(node, question, call);
  nodes_[node].guard_asked = now;
  const Tag tag = kGuardTag + static_cast<Tag>(question) + (with_text ? kWithText : 0);
  transport_.Send(node, tag, call, true, now);
}

void Engine::OnGuardReply(int node, Tag tag, ReplyView reply, TimePoint now) {
  const auto question = static_cast<Question>(tag % kWithText);
  const bool had_text = (tag & kWithText) != 0;
  if (!reply.is_error()) {
    admission_.OnAnswer(node, reply, now);
    ReadNodeTime(node, reply);
  } else if (reply.text().starts_with("NOSCRIPT") && !had_text) {
    return AskGuard(node, question, true, now);
  } else {
    admission_.OnNoAnswer(node, ProblemOf(reply.text()), now);
  }
  AfterAdmission(node, now);
}

// Each answer bounds the offset anew: a server that was slow in the handshake had it too large.
void Engine::ReadNodeTime(int node, ReplyView reply) {
  const std::int64_t node_ms = reply.at(5).integer();
  if (node_ms <= 0) return;
  std::int64_t& offset_ms = nodes_[node].clock_offset_ms;
  offset_ms = std::min(offset_ms, node_ms + 1 - FloorMs(nodes_[node].guard_asked));
}

// Called when anything about `node` may have changed.
void Engine::AfterAdmission(int node, TimePoint now) {
  AskGuards(now);
  for (int i = 0; i < nodes(); ++i) {
    // The others are down only once their own first try has ended.
    if (i == node || admission_.standing(i) != Standing::kDown) Announce(i, now);
  }
  if (admission_.settled(node)) {
    admission_.OnTried(node);
    SettleNode(node, now);
  }
  FinishReconfigure(now);
}

// Those that waited for the witnesses alone have nothing more to wait for.
void Engine::SettleConnected(TimePoint now) {
  for (int node = 0; node < nodes(); ++node) {
    if (admission_.standing(node) != Standing::kDown && admission_.settled(node)) {
      SettleNode(node, now);
    }
  }
}

void Engine::SetWitnesses(const WitnessState& witnesses, TimePoint now) {
  admission_.SetWitnesses(witnesses);
  AskGuards(now);
  for (int node = 0; node < nodes(); ++node) {
    if (admission_.standing(node) != Standing::kDown) Announce(node, now);
  }
  SettleConnected(now);
  FinishReconfigure(now);
}

void Engine::Reconfigure(StatusesDone done, TimePoint now) {
  reconfigurers_.push_back(std::move(done));
  if (gate_.open()) Install(now);
}

void Engine::Install(TimePoint now) {
  admission_.Install();
  AskGuards(now);
  FinishReconfigure(now);
}

void Engine::FinishReconfigure(TimePoint now) {
  if (reconfigurers_.empty() || !gate_.open() || admission_.installing()) return;
  for (StatusesDone& done : std::exchange(reconfigurers_, {})) done(Statuses(now));
}

void Engine::Announce(int node, TimePoint now) {
  const Standing standing = admission_.standing(node);
  if (standing == nodes_[node].told || standing == Standing::kUnknown) return;
  nodes_[node].told = standing;
  Observer* const observer = options_.observer;
  const std::string& name = name_of(node);
  switch (standing) {
    case Standing::kUnknown:
      return;
    case Standing::kDown:
      ++stats_.node_downs;
      if (observer != nullptr) observer->OnNodeDown(name, nodes_[node].problem.reason);
      return;
    case Standing::kQuarantined:
      ++stats_.node_quarantines;
      if (observer == nullptr) return;
      return observer->OnNodeQuarantined(name, admission_.Problem(node, now).reason,
                                         admission_.VotesIn(node, now).value_or(milliseconds(0)));
    case Standing::kRefused:
      if (observer != nullptr) observer->OnNodeRefused(name, admission_.Problem(node, now).reason);
      return;
    case Standing::kVoting:
      ++stats_.node_ups;
      if (observer == nullptr) return;
      observer->OnNodeUp(name);
      const std::string warning = admission_.Warning(node);
      if (!warning.empty()) observer->OnNodeWarning(name, warning);
  }
}

bool Engine::MayBeAsked(const Round& round, int node, TimePoint now) const {
  if (!nodes_[node].ready) return false;
  const bool votes = admission_.standing(node) == Standing::kVoting;
  switch (round.kind) {
    case Round::Kind::kAcquire:
    case Round::Kind::kFinalise:
      return votes;
    case Round::Kind::kExtend:
      // Whether one that was taken over by its token was released before, a node may have
      // forgotten.
      return leases_[round.lease].attached ? votes : admission_.keeps_leases(node, now);
    case Round::Kind::kRelease:
    case Round::Kind::kInspect:
      break;
  }
  return true;
}

NodeProblem Engine::ProblemOfNode(int node, TimePoint now) const {
  return nodes_[node].ready ? admission_.Problem(node, now) : nodes_[node].problem;
}

std::vector<NodeStatus> Engine::Statuses(TimePoint now) const {
  std::vector<NodeStatus> statuses;
  for (int node = 0; node < nodes(); ++node) {
    NodeStatus& status = statuses.emplace_back();
    status.node = name_of(node);
    status.server = admission_.server(node);
    status.ready = admission_.standing(node) == Standing::kVoting;
    if (!status.ready) status.reason = ProblemOfNode(node, now).reason;
    status.votes_in = admission_.VotesIn(node, now);
    status.warning = admission_.Warning(node);
  }
  return statuses;
}

}  // namespace holdfast::core
