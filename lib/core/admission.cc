#include "core/admission.h"

#include <algorithm>
#include <utility>

#include "core/fingerprint.h"
#include "core/key_set.h"
#include "core/text.h"

namespace holdfast::core {
namespace {

// How often nodes are looked at that cannot be opened yet, and asked that could not answer.
constexpr milliseconds kAgain{500};

// How often a node that is set up for others is asked whether it still is.
constexpr milliseconds kRefusedAgain{5'000};

constexpr char kUnknownAnswer[] = "an answer of unknown form";

}  // namespace

Admission::Admission(AdmissionOptions options)
    : options_(std::move(options)), nodes_(options_.nodes.size()) {}

void Admission::OnConnected(int index, const Greeting& greeting, TimePoint now) {
  OnDisconnected(index);
  Node& node = nodes_[index];
  node.connected = true;
  node.greeting = greeting;
  node.greeted = now;
  node.run_id = greeting.info.run_id;
  node.identity = node.run_id;
  // A server that became a replica and a master again has another's data, under its own run_id.
  if (!greeting.info.promoted.empty()) node.identity += ":" + greeting.info.promoted;
  UpdateRefusals();
}

void Admission::OnDisconnected(int index) {
  // Its run_id stays: a server must not get a second vote while its first one is away.
  Node forgotten;
  forgotten.run_id = std::move(nodes_[index].run_id);
  forgotten.had_guard = nodes_[index].had_guard;
  nodes_[index] = std::move(forgotten);
}

void Admission::OnShut(int index) {
  Node& node = nodes_[index];
  node.known = false;
  node.had_guard = true;
  // A question that is under way may have been answered before whatever happened.
  node.asked = kLongAgo;
}

void Admission::Install() {
  for (int i = 0; i < count(); ++i) nodes_[i].install = nodes_[i].connected && !MustNotBeAsked(i);
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
  return IsToBeOpened(index) ? Question::kOpen : Question::kNone;
}

bool Admission::IsToBeOpened(int index) const {
  const Node& node = nodes_[index];
  return IsShut(node) && node.till <= survey_ && Surveyed() && CanOpen(index);
}

void Admission::Write(int index, Question question, ScriptCall& call) const {
  const Node& node = nodes_[index];
  call.Key(kGuardKey);
  call.Argument(node.identity);
  call.Argument(options_.fingerprint);
  if (question == Question::kOpen) {
    call.Argument(node.till_text);
    call.Argument(Floor());
    return call.Argument(EnoughGrown(index) ? 0 : options_.max_ttl.count());
  }
  // How it started tells nothing of a server whose data came from elsewhere: a master that was a
  // replica, or one whose guard has become another's since we read it.
  const bool replaced = node.read || !node.greeting.info.promoted.empty();
  const bool trust = options_.trust_persistence && node.greeting.durable && !replaced;
  const bool wiped = node.had_guard || node.greeting.info.flushed;
  call.Argument(options_.max_ttl.count());
  // A server counts from one whole second to another: up to a second more than it has run.
  const std::int64_t uptime_s = std::max<std::int64_t>(node.greeting.info.uptime_s - 1, 0);
  call.Argument(replaced ? 0 : uptime_s);
  call.Argument(trust ? 1 : 0);
  call.Argument(options_.new_installation ? 1 : 0);
  call.Argument(wiped ? 1 : 0);
  call.Argument(question == Question::kInstall ? 1 : 0);
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
    node.other_setup = FingerprintDifference(answer.at(1).text(), options_.fingerprint);
    node.ask_again = now + kRefusedAgain;
  } else if (kind == "STATE" && answer.size() == 8 && IsCounter(answer.at(3).integer())) {
    Read(node, answer, now);
  } else {
    return OnNoAnswer(index, {Vote::kError, kUnknownAnswer}, now);
  }
  UpdateRefusals();
}

void Admission::Read(Node& node, ReplyView answer, TimePoint now) {
  node.known = node.read = node.had_guard = true;
  node.ask_again = kLongAgo;
  node.other_setup.clear();
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
}

void Admission::OnNoAnswer(int index, NodeProblem problem, TimePoint now) {
  Node& node = nodes_[index];
  node.question = Question::kNone;
  node.known = false;  // What it said before does not count.
  node.problem = std::move(problem);
  node.ask_again = now + kAgain;
}

void Admission::UpdateRefusals() {
  for (int i = 0; i < count(); ++i) nodes_[i].refusal = RefusalOf(i);
}

std::string Admission::RefusalOf(int index) const {
  const Node& node = nodes_[index];
  if (!node.connected) return "";
  if (node.greeting.info.replica) return "it is a replica, and only masters can hold locks";
  for (int other = 0; other < index; ++other) {
    if (nodes_[other].run_id == node.run_id) {
      return "it is the same server as " + options_.nodes[other] + ", and has one vote only";
    }
  }
  return node.other_setup;
}

// Others' setup is looked at again from time to time; what the connection itself showed stays.
bool Admission::MustNotBeAsked(int index) const {
  const Node& node = nodes_[index];
  return !node.refusal.empty() && node.refusal != node.other_setup;
}

void Admission::StartSurvey(TimePoint now) {
  if (survey_ != kLongAgo && now < survey_ + kAgain) return;
  if (Asking()) return;  // A survey that is under way is not begun anew,
  for (int i = 0; i < count(); ++i) {
    if (IsToBeOpened(i)) return;  // nor one that was of use.
  }
  const auto due = [&](const Node& node) { return IsShut(node) && node.till <= now; };
  if (std::any_of(nodes_.begin(), nodes_.end(), due)) survey_ = now;
}

bool Admission::Asking() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const Node& node) { return node.asking(); });
}

bool Admission::Surveyed() const {
  const auto missing = [&](const Node& node) {
    if (!node.connected || !node.refusal.empty()) return false;
    // One that cannot answer is as good as down.
    const bool failed = !node.known && !node.asking() && !node.problem.reason.empty();
    return !failed && (!node.known || node.asking() || node.asked < survey_);
  };
  return std::none_of(nodes_.begin(), nodes_.end(), missing);
}

// A token made final while this node had a vote is known to the other nodes of that quorum, and
// N-q+1 others that forgot nothing include one of those. Where so many are not to be had, all
// others are the most that can be asked; and where nobody has forgotten nothing, as at a first
// start, a quorum that answers is.
bool Admission::CanOpen(int index) const {
  if (EnoughGrown(index)) return true;
  int answering = 0;
  bool all_new = true;
  for (int i = 0; i < count(); ++i) {
    const Node& other = nodes_[i];
    if (!Counts(other)) continue;
    ++answering;
    if (i == index) continue;
    all_new = all_new && (IsOpen(other) ? other.young : other.till <= survey_);
  }
  return answering == count() || (all_new && answering >= options_.quorum);
}

bool Admission::EnoughGrown(int index) const {
  int grown = 0;
  for (int i = 0; i < count(); ++i) {
    grown += i != index && IsOpen(nodes_[i]) && !nodes_[i].young ? 1 : 0;
  }
  return grown >= count() - options_.quorum + 1;
}

// More than is needed does no harm: a counter may always be raised.
std::int64_t Admission::Floor() const {
  std::int64_t floor = 0;
  for (const Node& node : nodes_) floor = std::max(floor, Counts(node) ? node.mark : 0);
  return floor;
}

TimePoint Admission::next_timer() const {
  TimePoint next = kNever;
  for (int i = 0; i < count(); ++i) {
    const Node& node = nodes_[i];
    if (!node.connected || node.asking() || MustNotBeAsked(i)) continue;
    if (!node.known || !node.other_setup.empty()) next = std::min(next, node.ask_again);
    if (!IsShut(node) || Asking()) continue;
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
  if (!node.known) return Standing::kUnknown;
  return node.pass.empty() ? Standing::kQuarantined : Standing::kVoting;
}

NodeProblem Admission::Problem(int index, TimePoint now) const {
  const Node& node = nodes_[index];
  if (!node.refusal.empty()) return {Vote::kRefused, node.refusal};
  if (!node.known && !node.problem.reason.empty()) return node.problem;
  if (!node.known) return {Vote::kQuarantined, "connected, but not admitted yet"};
  const auto left = VotesIn(index, now);
  if (!left) return {Vote::kQuarantined, "it waits for the other nodes, whose counters it needs"};
  const std::string why = WhyShut(node, now);
  return {Vote::kQuarantined, why + ", votes in " + HumanDuration(*left)};
}

std::string Admission::WhyShut(const Node& node, TimePoint now) const {
  const ServerInfo& info = node.greeting.info;
  // Servers tell their age in whole seconds.
  const auto up = std::chrono::seconds(info.uptime_s) +
                  std::chrono::floor<std::chrono::seconds>(now - node.greeted);
  if (!info.promoted.empty()) return "it was a replica, and may lack locks";
  if (node.greeting.durable) return "it was set up anew, or lost its data";
  if (up > options_.max_ttl) return "it may have lost its locks";
  return "started " + (up.count() == 0 ? "less than 1 s" : HumanDuration(up)) +
         " ago without durable locks";
}

std::optional<milliseconds> Admission::VotesIn(int index, TimePoint now) const {
  const Node& node = nodes_[index];
  if (!IsShut(node) || node.till <= now) return std::nullopt;
  return std::chrono::ceil<milliseconds>(node.till - now);
}

std::string Admission::Warning(int index) const {
  const std::string& policy = nodes_[index].greeting.info.maxmemory_policy;
  if (policy.empty() || policy == "noeviction") return "";
  return "its maxmemory-policy is " + Printable(policy) +
         ", under which it may evict locks: set it to noeviction";
}

}  // namespace holdfast::core
