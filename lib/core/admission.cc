#include "core/admission.h"

#include <algorithm>
#include <utility>

#include "core/fingerprint.h"
#include "core/key_set.h"
#include "core/text.h"

namespace holdfast::core {
namespace {

// How often a node that is set up for others is asked whether it still is.
constexpr milliseconds kRefusedAgain{5'000};

// How often the witnesses are asked whether they still have our configuration.
constexpr milliseconds kWitnessesAgain{5'000};

// What a cluster has that says nothing of its cluster-node-timeout.
constexpr milliseconds kDefaultNodeTimeout{15'000};

constexpr char kUnknownAnswer[] = "an answer of unknown form";

}  // namespace

Admission::Admission(AdmissionOptions options)
    : options_(std::move(options)), nodes_(options_.nodes.size()) {
  for (int i = 0; i < count(); ++i) {
    guard_keys_.push_back(GuardKeyOf(IsSeat(i) ? options_.tags[i] : ""));
  }
  if (options_.one_cluster) runs_seen_ = count();
}

void Admission::OnConnected(int index, const Greeting& greeting, TimePoint now) {
  OnDisconnected(index);
  Node& node = nodes_[index];
  if (IsSeat(index)) NoteChange(node, greeting);
  node.connected = true;
  node.greeting = greeting;
  node.greeted = now;
  const std::uint32_t runs = runs_seen_;
  node.run = RunOf(index, greeting.info.run_id);
  // What others said before may have been said by what now is this one.
  if (runs_seen_ > runs && survey_ != kLongAgo) survey_ = now;
  node.run_id = greeting.info.run_id;
  node.server = greeting.server;
  node.identity = node.run_id;
  // A server that became a replica and a master again has another's data, under its own run_id.
  if (!greeting.info.promoted.empty()) node.identity += ":" + greeting.info.promoted;
  UpdateRefusals();
}

// Seats of one cluster are counted one by one, whoever has them.
std::uint32_t Admission::RunOf(int index, const std::string& run_id) {
  if (options_.one_cluster) return index + 1;
  for (const Node& node : nodes_) {
    if (node.run != 0 && node.run_id == run_id) return node.run;
  }
  return ++runs_seen_;
}

void Admission::NoteChange(Node& node, const Greeting& greeting) {
  if (node.run_id.empty() || node.run_id == greeting.info.run_id) return;
  node.change = node.server == greeting.server ? "its server was started again, and may lack locks"
                                               : "its slot is with another server than before";
}

void Admission::OnDisconnected(int index) {
  Node forgotten;
  forgotten.run_id = std::move(nodes_[index].run_id);
  forgotten.run = nodes_[index].run;
  forgotten.server = std::move(nodes_[index].server);
  forgotten.change = std::move(nodes_[index].change);
  forgotten.had_guard = nodes_[index].had_guard;
  forgotten.tried = nodes_[index].tried;
  forgotten.agreed = nodes_[index].agreed;
  forgotten.differed = std::move(nodes_[index].differed);
  nodes_[index] = std::move(forgotten);
  UpdateRefusals();
}

void Admission::OnShut(int index) {
  Node& node = nodes_[index];
  node.known = false;
  node.had_guard = true;
  // A question that is under way may have been answered before whatever happened.
  node.asked = kLongAgo;
}

void Admission::OnTried(int index) {
  nodes_[index].tried = true;
  CountWitnesses();
}

// A configuration that most of them have, no other can have, too. What one said stands while it is
// away, and what they agreed on until most of them say otherwise.
void Admission::CountWitnesses() {
  if (!HasWitnesses()) return;
  const auto enough = [&](auto is) {
    return std::count_if(nodes_.begin(), nodes_.end(), is) > count() / 2;
  };
  const auto differs = [](const Node& node) { return !node.differed.empty(); };
  WitnessState state;
  if (enough(differs)) {
    state.refusal = std::find_if(nodes_.begin(), nodes_.end(), differs)->differed;
  } else {
    state.agreed = witnesses_.agreed || enough([](const Node& node) { return node.agreed; });
  }
  const bool all_tried =
      std::all_of(nodes_.begin(), nodes_.end(), [](const Node& node) { return node.tried; });
  state.tried = witnesses_.tried || state.agreed || !state.refusal.empty() || all_tried;
  witnesses_ = std::move(state);
}

void Admission::SetWitnesses(const WitnessState& witnesses) {
  const bool anew = witnesses.agreed && !witnesses_.agreed;
  witnesses_ = witnesses;
  for (int i = 0; anew && i < count(); ++i) {
    nodes_[i].known = false;
    nodes_[i].asked = nodes_[i].ask_again = kLongAgo;
    nodes_[i].problem = {};
  }
  if (WaitsForWitnesses()) {
    for (Node& node : nodes_) node.install = false;
  }
  UpdateRefusals();
}

bool Admission::WaitsForWitnesses() const {
  return options_.witnesses == Witnesses::kElsewhere && !witnesses_.agreed;
}

void Admission::Install() {
  for (Node& node : nodes_) {
    node.install = node.connected && !node.barred && !WaitsForWitnesses();
  }
}

bool Admission::installing() const {
  for (const Node& node : nodes_) {
    if (node.install || node.question == Question::kInstall) return true;
  }
  return false;
}

Admission::Question Admission::Next(int index, TimePoint now) {
  StartSurvey(now);
  Node& node = nodes_[index];
  if (!node.connected || node.asking() || MustNotBeAsked(index)) return Question::kNone;
  const Question question = Choose(index, now);
  if (question == Question::kNone) return question;
  node.install = false;
  node.question = question;
  node.asked = now;
  return question;
}

Admission::Question Admission::Choose(int index, TimePoint now) const {
  const Node& node = nodes_[index];
  if (node.install) return Question::kInstall;
  if (now < node.ask_again) return Question::kNone;
  if (!node.known || !node.refusal.empty() || node.asked < survey_) return Question::kAdmit;
  if (IsToBeOpened(index)) return Question::kOpen;
  return IsToBeReadAgain(node, now) ? Question::kAdmit : Question::kNone;
}

// No lock need be with the witnesses, which would show that they were set up anew.
bool Admission::IsToBeReadAgain(const Node& node, TimePoint now) const {
  return HasWitnesses() && now >= node.asked + kWitnessesAgain;
}

void Admission::Write(int index, Question question, ScriptCall& call) const {
  const Node& node = nodes_[index];
  call.Key(guard_keys_[index]);
  call.Argument(node.identity);
  call.Argument(options_.fingerprint);
  if (question != Question::kOpen) return WriteAdmit(index, question == Question::kInstall, call);
  call.Argument(node.till_text);
  call.Argument(Floor());
  call.Argument(EnoughGrown(index) ? 0 : QuarantineOf(index).count());
}

// What a master that is cut off from its cluster may still have granted is over so long after. Of
// what we and the server were told the longer counts: too long only costs time.
milliseconds Admission::QuarantineOf(int index) const {
  if (!IsSeat(index)) return options_.max_ttl;
  const milliseconds timeout =
      std::max(options_.cluster_node_timeout, nodes_[index].greeting.cluster_node_timeout);
  return options_.max_ttl + (timeout.count() > 0 ? timeout : kDefaultNodeTimeout);
}

void Admission::WriteAdmit(int index, bool install, ScriptCall& call) const {
  const Node& node = nodes_[index];
  // How it started tells nothing of a server whose data came from elsewhere: one of a cluster, a
  // master that was a replica, or one whose guard has become another's since we read it.
  const bool replaced = IsSeat(index) || node.read || !node.greeting.info.promoted.empty();
  const bool trust = options_.trust_persistence && node.greeting.durable && !replaced;
  const bool wiped = node.had_guard || node.greeting.info.flushed;
  call.Argument(QuarantineOf(index).count());
  // A server counts from one whole second to another: up to a second more than it has run.
  const std::int64_t uptime_s = std::max<std::int64_t>(node.greeting.info.uptime_s - 1, 0);
  call.Argument(replaced ? 0 : uptime_s);
  call.Argument(trust ? 1 : 0);
  call.Argument(options_.new_installation ? 1 : 0);
  call.Argument(wiped ? 1 : 0);
  call.Argument(install ? 1 : 0);
}

void Admission::OnAnswer(int index, ReplyView answer, TimePoint now) {
  Node& node = nodes_[index];
  node.question = Question::kNone;
  if (node.asked == kLongAgo) return;  // Things have changed since it was asked.
  const std::string_view kind = answer.at(0).text();
  if (kind == "SHUT") {
    // Its guard changed, or went, while it was about to be opened.
    node.known = false;
    node.ask_again = now + kAgain;
  } else if (kind == "MISMATCH") {
    node.known = node.read = node.had_guard = true;
    node.other_setup = node.differed = MismatchOf(index, answer.at(1).text());
    node.agreed = false;
    node.ask_again = now + kRefusedAgain;
  } else if (kind == "STATE" && answer.size() == 8 && IsCounter(answer.at(3).integer())) {
    Read(node, answer, now);
  } else {
    return OnNoAnswer(index, {Vote::kError, kUnknownAnswer}, now);
  }
  CountWitnesses();
  UpdateRefusals();
}

void Admission::Read(Node& node, ReplyView answer, TimePoint now) {
  node.known = node.read = node.had_guard = true;
  node.ask_again = kLongAgo;
  node.other_setup.clear();
  node.differed.clear();
  node.agreed = true;
  node.problem = {};
  node.pass = answer.at(1).text();
  const std::int64_t left = std::clamp<std::int64_t>(answer.at(2).integer(), 0, 1'000'000'000);
  // Once it is over it stays over: read again for the survey, it must not seem to end only now.
  const bool was_over = node.over && node.till_text == answer.at(7).text();
  node.over = left == 0;
  if (!was_over || !node.over) node.till = now + milliseconds(left);
  node.mark = answer.at(3).integer();
  node.young = answer.at(4).text() == "1";
  node.config = answer.at(6).text();
  node.till_text = answer.at(7).text();
  if (!node.pass.empty()) node.change.clear();
}

void Admission::OnNoAnswer(int index, NodeProblem problem, TimePoint now) {
  Node& node = nodes_[index];
  node.question = Question::kNone;
  node.known = false;  // What it said before does not count.
  node.problem = std::move(problem);
  node.ask_again = now + kAgain;
}

void Admission::UpdateRefusals() {
  for (int i = 0; i < count(); ++i) {
    std::string bar = BarOf(i);
    nodes_[i].barred = !bar.empty();
    if (nodes_[i].barred) nodes_[i].install = false;
    nodes_[i].refusal = nodes_[i].barred ? std::move(bar) : RefusalOf(i);
  }
}

// Others' setup is looked at again from time to time; what the connection itself showed stays.
bool Admission::MustNotBeAsked(int index) const {
  return nodes_[index].barred || WaitsForWitnesses();
}

TimePoint Admission::next_timer() const {
  TimePoint next = kNever;
  for (int i = 0; i < count(); ++i) {
    const Node& node = nodes_[i];
    if (!node.connected || node.asking() || MustNotBeAsked(i)) continue;
    if (!node.known || !node.other_setup.empty()) next = std::min(next, node.ask_again);
    if (HasWitnesses()) {
      next = std::min(next, std::max(node.asked + kWitnessesAgain, node.ask_again));
    }
    if (!IsShut(node) || Asking() || !OpensNodes()) continue;
    const TimePoint survey =
        survey_ == kLongAgo ? node.till : std::max(node.till, survey_ + kAgain);
    next = std::min(next, survey);
  }
  return next;
}

Admission::Standing Admission::standing(int index) const {
  const Node& node = nodes_[index];
  if (!node.connected) return Standing::kDown;
  if (!node.refusal.empty()) return Standing::kRefused;
  if (!node.known || WaitsForWitnesses()) return Standing::kUnknown;
  return node.pass.empty() ? Standing::kQuarantined : Standing::kVoting;
}

// One that is quarantined kept what it kept; only its grants could be false. But while the old
// server of a seat may go on, it grants what ran out there, whatever is prolonged on the new one.
bool Admission::keeps_leases(int index, TimePoint now) const {
  if (standing(index) == Standing::kVoting) return true;
  if (standing(index) != Standing::kQuarantined) return false;
  return !IsSeat(index) || now >= nodes_[index].till - options_.max_ttl;
}

bool Admission::settled(int index) const {
  const Node& node = nodes_[index];
  if (standing(index) != Standing::kUnknown) return true;
  return WaitsForWitnesses() ? witnesses_.tried : !node.problem.reason.empty();
}

}  // namespace holdfast::core
