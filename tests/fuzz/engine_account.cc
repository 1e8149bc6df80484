// What the nodes of a world answered, and what an engine may therefore believe.
#include <algorithm>
#include <functional>
#include <utility>

#include "core/key_set.h"
#include "fuzz/check.h"
#include "fuzz/engine_world.h"

namespace holdfast::fuzz {
namespace {

using core::ReplyType;

// The drift factor is a floating-point number in the engine.
constexpr nanoseconds kRounding{1'000};

// Rule 1, for a drift factor of 0.01.
TimePoint CertainUntilOf(TimePoint sent, milliseconds ttl) {
  return sent + ttl - nanoseconds(ttl) / 100 - milliseconds(2);
}

// What says so did not carry it out.
bool IsRefusedForKeys(std::string_view error) {
  if (error.starts_with("TRYAGAIN") || error.starts_with("ASK ")) return true;
  return error.starts_with("NOPERM") && error.find("@user_script") == error.npos;
}

bool IsGrant(ReplyView reply, std::size_t names, std::int64_t least) {
  const std::string_view answer = reply.at(0).text();
  if (reply.size() != names + 1 || (answer != "OK" && answer != "OWN")) return false;
  for (std::size_t i = 1; i <= names; ++i) {
    const std::int64_t counter = reply.at(i).integer();
    if (counter < least || counter >= core::kCounterBound) return false;
  }
  return true;
}

}  // namespace

// --- Answers -----------------------------------------------------------------------------------

void World::NoteAnswer(int node, const Command& command, ReplyView reply) {
  const std::string_view script = command.script->name;
  if (script == "acquire") return NoteGrant(node, command, reply);
  if (script == "extend") return NoteExtension(node, command, reply);
  if (script == "admit" || script == "open") return NoteState(node, command, reply);
  if (command.attempt == nullptr || reply.is_error()) return;
  NodeAccount& account = command.attempt->nodes[static_cast<std::size_t>(node)];
  const std::string_view answer = reply.text();
  if (script == "finalise") account.final = account.final || answer == "FINAL";
  if (script == "release") {
    account.freed =
        account.freed || answer == "DELETED" || answer == "ABSENT" || answer == "FOREIGN";
  }
}

void World::NoteGrant(int node, const Command& command, ReplyView reply) {
  NodeAccount& account = command.attempt->nodes[static_cast<std::size_t>(node)];
  account.forgot = reply.is_error() && reply.text().starts_with("NOSCRIPT");
  account.refused = reply.is_error() && IsRefusedForKeys(reply.text());
  if (reply.at(0).text() == "SHUT") nodes_[static_cast<std::size_t>(node)].pass.clear();
  if (!IsGrant(reply, command.attempt->names, options_.fencing ? 1 : 0)) return;
  account.granted = true;
  account.counters.clear();
  for (std::size_t i = 1; i < reply.size(); ++i) {
    account.counters.push_back(reply.at(i).integer());
  }
  command.attempt->grants.push_back(node);
  account.certain_until =
      std::max(account.certain_until, CertainUntilOf(command.sent, command.ttl));
}

void World::NoteExtension(int node, const Command& command, ReplyView reply) {
  NodeAccount& account = command.attempt->nodes[static_cast<std::size_t>(node)];
  if (reply.is_error()) return;
  if (reply.at(0).text() == "SHUT") nodes_[static_cast<std::size_t>(node)].pass.clear();
  if (reply.text() == "EXTENDED") {
    account.certain_until =
        std::max(account.certain_until, CertainUntilOf(command.sent, command.ttl));
  } else if (reply.text() == "ABSENT" || reply.text() == "FOREIGN") {
    account.certain_until = core::kLongAgo;
  }
}

// That the node has forgotten the script says nothing of its guard, and is asked again at once.
void World::NoteState(int node, const Command& command, ReplyView reply) {
  if (reply.is_error() && reply.text().starts_with("NOSCRIPT") && !command.with_text) return;
  const bool state =
      reply.at(0).text() == "STATE" && reply.size() == 8 && core::IsCounter(reply.at(3).integer());
  nodes_[static_cast<std::size_t>(node)].pass = state ? reply.at(1).text() : std::string_view();
}

// --- What is sent ------------------------------------------------------------------------------

// Rules 4 and 5, and admission.
void World::NoteAcquire(int index, const ScriptCall& call, Attempt& attempt) {
  const Node& node = nodes_[static_cast<std::size_t>(index)];
  Check(!node.pass.empty() && call.arguments()[3] == node.pass,
        "who was not admitted on this connection is asked for no grant");
  NodeAccount& account = attempt.nodes[static_cast<std::size_t>(index)];
  ++account.acquires;
  account.epoch = node.epoch;
  const bool first = account.acquires == 1 && !call.with_text() && !call.stands_alone();
  const bool to_who_forgot = account.forgot && call.with_text() && !account.with_text;
  const bool to_who_refused = account.refused && call.stands_alone() && !account.alone;
  Check(first || to_who_forgot || to_who_refused,
        "an acquire is sent once, and once more to who forgot the script, or refused its keys");
  account.with_text = account.with_text || call.with_text();
  account.alone = account.alone || call.stands_alone();
  Check(!account.released, "no acquire comes behind its own release");
  const std::uint64_t ticket =
      std::stoull(std::string(call.keys()[1].substr(call.keys()[1].find("lock:") + 5)));
  for (Call& waiting : calls_) {
    if (waiting.ticket != ticket) continue;
    Check(!waiting.done, "who got an answer asks no more");
    if (waiting.attempt != nullptr && waiting.attempt != &attempt) CheckReleased(*waiting.attempt);
    waiting.attempt = &attempt;
  }
}

// Rule 4: each node that was sent the acquire, and is still there, was sent the release as well.
void World::CheckReleased(const Attempt& attempt) const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const NodeAccount& account = attempt.nodes[i];
    const bool same = nodes_[i].connected && nodes_[i].epoch == account.epoch;
    Check(!same || account.acquires == 0 || account.released, "an attempt is undone on each node");
  }
}

// --- What is called back -----------------------------------------------------------------------

void World::End(Call& call, const absl::Status& status) {
  Check(!call.done, "a call ends once");
  call.done = true;
  call.ok = status.ok();
  if (!status.ok()) CheckMessage(status);
}

void World::OnAcquired(Call& call, const absl::StatusOr<LeaseId>& id) {
  End(call, id.status());
  if (!id.ok()) {
    if (call.attempt != nullptr) CheckReleased(*call.attempt);
    return;
  }
  Check(call.attempt != nullptr, "what is granted was asked for");
  const Attempt& attempt = *call.attempt;
  Check(engine_.token(*id) == attempt.nonce, "a lock is that of the latest attempt");
  Check(static_cast<int>(attempt.grants.size()) >= quorum(), "a lock has a quorum of grants");
  Check(CertainUntil(attempt) + kRounding > now_, "a lock is valid when it is handed over");
  CheckFences(attempt, engine_.fences(*id));
  Holder& holder = holders_.emplace_back(*this);
  holder.id = *id;
  holder.attempt = call.attempt;
  engine_.Observe(*id, &holder);
  Check(holder.valid_until > now_ || holder.lost, "a holder knows until when");
}

// Rule 3: the largest counter of the nodes that decided, and each of them knows it.
void World::CheckFences(const Attempt& attempt, std::span<const std::int64_t> fences) const {
  Check(fences.size() == attempt.names, "a token for each name");
  if (!options_.fencing) return;
  for (std::size_t i = 0; i < fences.size(); ++i) {
    std::int64_t largest = 0;
    for (int n = 0; n < quorum(); ++n) {
      const auto node = static_cast<std::size_t>(attempt.grants[static_cast<std::size_t>(n)]);
      const NodeAccount& account = attempt.nodes[node];
      largest = std::max(largest, account.counters[i]);
      Check(account.counters[i] >= fences[i] || account.final, "a token is final on its quorum");
    }
    Check(fences[i] == largest && largest > 0, "a token is the largest counter of its quorum");
  }
}

core::StatusDone World::Told(Call& call, Attempt* attempt, bool release) {
  Holder* const holder = release ? nullptr : Latest();
  return [this, &call, attempt, holder](const absl::Status& status) {
    End(call, status);
    if (!status.ok()) return;
    if (attempt != nullptr) return CheckFreed(*attempt);
    Check(!holder->lost && holder->valid_until > now_, "what was extended is held");
  };
}

void World::CheckFreed(const Attempt& attempt) const {
  const auto free =
      std::count_if(attempt.nodes.begin(), attempt.nodes.end(),
                    [](const NodeAccount& account) { return account.freed || !account.told; });
  Check(free >= quorum(), "a released lock is gone on a quorum");
}

// --- What holders believe ----------------------------------------------------------------------

// The quorum-th largest of what the nodes confirmed.
TimePoint World::CertainUntil(const Attempt& attempt) const {
  std::array<TimePoint, core::kMaxNodes> until;
  const auto end = std::transform(attempt.nodes.begin(), attempt.nodes.end(), until.begin(),
                                  [](const NodeAccount& node) { return node.certain_until; });
  std::sort(until.begin(), end, std::greater<>());
  return until[static_cast<std::size_t>(quorum() - 1)];
}

bool Holder::OnValidity(TimePoint until, TimePoint loss) {
  Check(open && !lost, "who lost a lock, or gave it up, hears no more of it");
  Check(loss < until && until > world.now(), "a validity is still to come");
  Check(until <= world.CertainUntil(*attempt) + kRounding, "a quorum has confirmed the validity");
  valid_until = until;
  lost_at = loss;
  return !world.told_otherwise();
}

void Holder::OnLost() {
  Check(open && !lost, "a lock is lost once");
  lost = true;
}

void World::CheckHolder(const Holder& holder) const {
  if (!holder.open || holder.lost || holder.valid_until == core::kLongAgo) return;
  Check(holder.valid_until <= CertainUntil(*holder.attempt) + kRounding,
        "a lock is held by a quorum of nodes");
}

void World::CheckCalls() const {
  for (const Call& call : calls_) {
    Check(call.done || call.deadline > now_, "each call ends by its deadline");
  }
  for (const Holder& holder : holders_) {
    const bool known = holder.open && !holder.lost && holder.valid_until != core::kLongAgo;
    Check(!known || holder.lost_at > now_, "a loss is told ahead of the end");
  }
}

void World::CheckAll() const {
  for (const Holder& holder : holders_) CheckHolder(holder);
}

}  // namespace holdfast::fuzz
