#include "model_client.h"

#include <algorithm>
#include <utility>

namespace holdfast::core {
namespace {

std::string FirstOf(std::string_view names) {
  return std::string(names.substr(0, names.find(',')));
}

}  // namespace

ModelClient::ModelClient(Stage& stage, const EngineOptions& options, std::int64_t unix_us)
    : stage_(stage),
      world_(stage.world),
      name_(options.owner),
      fencing_(options.fencing),
      quorum_(options.admission.quorum),
      max_ttl_(options.admission.max_ttl),
      wall_offset_us_(unix_us - BootMicros()),
      keys_(stage),
      engine_(Observed(options, *this), *this, *this, *this, world_.now()) {
  Connect();
  ScheduleWake();
}

void ModelClient::Connect() {
  const int count = engine_.node_count();
  if (stage_.shape.scene == Scene::kOneServerTwice) doubled_ = 0;
  for (int i = 0; i < count; ++i) {
    ModelNode& node = *stage_.nodes[(doubled_ == i ? i + 1 : i) % count];
    links_.push_back(std::make_unique<ModelLink>(stage_, *this, node, i));
  }
}

bool ModelClient::IsDoubled(int node) const {
  return doubled_ && (node == *doubled_ || node == (*doubled_ + 1) % engine_.node_count());
}

void ModelClient::MoveName(bool given, bool home) {
  const int next = (*doubled_ + 1) % engine_.node_count();
  const int name = given ? *doubled_ : next;
  const int server = given == home ? *doubled_ : next;
  links_[name]->MoveTo(*stage_.nodes[server]);
  keys_.LetAllExpire();  // Of what is with the old server the new one knows nothing.
}

void ModelClient::LeadNamesHome() {
  if (!doubled_) return;
  for (const bool given : {true, false}) MoveName(given, true);
}

void ModelClient::Do(std::function<void()> what) {
  if (dead_) return;
  inbox_.push_back(std::move(what));
  if (!busy_ && world_.now() >= asleep_until_) Work(false);
}

void ModelClient::Sleep(nanoseconds pause) {
  const TimePoint until = std::max(asleep_until_, world_.now() + pause);
  if (stage_.mistake == Mistake::kMonotonicClock) {
    behind_ += until - std::max(asleep_until_, world_.now());
    for (const auto& notice : at_suspension_) notice();
  }
  asleep_until_ = until;
  world_.At(asleep_until_, [this] {
    if (dead_ || world_.now() < asleep_until_) return;
    woke_ = world_.now();
    Work(true);
  });
}

void ModelClient::Die() {
  for (const auto& link : links_) link->Break({Vote::kDown, "the process ended"});
  dead_ = true;
  for (const auto& end : at_death_) end();
}

std::uint64_t ModelClient::BeginCall(nanoseconds limit, bool once) {
  calls_[++last_call_] = {now() + limit, once};
  asked_ = false;
  attempt_.reset();
  return last_call_;
}

void ModelClient::EndCall(std::uint64_t call) {
  const auto found = calls_.find(call);
  if (found == calls_.end()) {
    return stage_.findings.Add(Checker::kLiveness, "a call ended twice");
  }
  stage_.findings.Expect(now() <= std::max(found->second.deadline, woke_ - behind_),
                         Checker::kLiveness, "a call ended late");
  calls_.erase(found);
}

void ModelClient::OnConnected(int node, const Greeting& greeting) {
  engine_.OnNodeReady(node, greeting, now());
  // What it owes the server it may owe it under the other name.
  if (!IsDoubled(node)) keys_.CheckNewConnection(*stage_.nodes[node], *links_[node]);
}

void ModelClient::OnRedirectedGrant(Tag tag, ReplyView grant) {
  if (!stage_.shape.seats || stage_.mistake != Mistake::kRedirectCountedTwice) return;
  for (std::size_t node = 0; node < links_.size(); ++node) {
    if (!links_[node]->AnswerOtherwise(tag)) continue;
    return engine_.OnNodeReply(static_cast<int>(node), tag, grant, now());
  }
}

void ModelClient::OnAnswered(int node, const ModelLink::Unanswered& command, const Reply* reply) {
  deciding_ -= Decides(*command.script) ? 1 : 0;
  if (command.script == &kExtendScript && reply != nullptr) {
    keys_.OnExtendReply(command.nonce, node, reply->root());
  }
  if (command.script != &kAcquireScript) return;
  Votes& votes = votes_[command.tag];
  --votes.pending;
  if (reply == nullptr) return;
  const std::string_view answer = reply->root().at(0).text();
  // What was carried out twice is granted, too.
  votes.granted += answer == "OK" || answer == "OWN" ? 1 : 0;
}

void ModelClient::OnExtended(const LockEvent& lock, nanoseconds, bool automatic) {
  if (automatic) keeper_failed_.erase(FirstOf(lock.name));
}

void ModelClient::OnExtendFailed(const LockEvent& lock, const absl::Status&, bool automatic) {
  const std::string name = FirstOf(lock.name);
  if (automatic && now() > forgotten_until_[name]) keeper_failed_[name] = now();
}

void ModelClient::ExpectRest() {
  if (dead_) return;
  const auto expect = [this](bool good, const char* otherwise) {
    stage_.findings.Expect(good, Checker::kNothingLeft, otherwise);
  };
  expect(engine_.rounds_in_use() == 0, "a round never ended");
  expect(engine_.leases_in_use() == 0, "a lease was never freed");
  expect(!engine_.releasing(), "a release never ended");
  expect(calls_.empty(), "a call never ended");
  expect(engine_.GetStats().held == 0, "the statistics say that a lock is held");
  expect(engine_.GetStats().waiting == 0, "the statistics say that somebody waits");
  engine_.WhenSettled(
      [this](const std::vector<NodeStatus>& nodes) {
        for (const NodeStatus& node : nodes) {
          const bool left_out = links_[&node - nodes.data()]->left_out();
          if (node.ready || left_out) continue;
          stage_.findings.Add(Checker::kLiveness,
                              name_ + " still does without " + node.node + ": " + node.reason);
        }
      },
      now());
}

void ModelClient::Work(bool woken) {
  busy_ = true;
  const bool timers_first = woken && world_.random().Chance(50);
  if (timers_first) engine_.OnTimer(now());
  while (!inbox_.empty()) {
    const auto what = std::move(inbox_.front());
    inbox_.pop_front();
    what();
  }
  engine_.OnTimer(now());
  busy_ = false;
  CheckIdle();
  CheckDecided();
  ScheduleWake();
}

void ModelClient::CheckIdle() {
  const bool idle = engine_.rounds_in_use() == 0 && engine_.leases_in_use() == 0;
  if (idle && !idle_) keys_.CheckIdle(name_);
  idle_ = idle;
}

// Rule 2: what is tried once is over with the last answer at the latest. Somebody else's requests
// may hide that it is not, but not for ever.
void ModelClient::CheckDecided() {
  if (calls_.size() != 1 || !calls_.begin()->second.once) return;
  if (attempt_) {
    const Votes& votes = votes_[*attempt_];
    stage_.findings.Expect(votes.granted + votes.pending >= quorum_, Checker::kLiveness,
                           "an attempt goes on that cannot succeed any more");
  }
  if (deciding_ > 0 || !asked_) return;
  stage_.findings.Add(Checker::kLiveness, name_ + " waits for an answer that nobody owes it");
}

void ModelClient::ScheduleWake() {
  const TimePoint next = engine_.next_timer();
  if (next >= wake_at_) return;
  wake_at_ = next;
  world_.At(next == kNever ? next : next + behind_, [this, next] {
    if (wake_at_ == next) wake_at_ = kNever;
    Do([] {});
  });
}

bool ModelClient::Send(int node, Tag tag, const ScriptCall& call, bool urgent, TimePoint) {
  Request request = {.tag = tag,
                     .script = &call.script(),
                     .with_text = call.with_text(),
                     .keys = {call.keys().begin(), call.keys().end()},
                     .arguments = {call.arguments().begin(), call.arguments().end()},
                     .sent = world_.now(),
                     .deadline = world_.now() + ModelLink::kCommandTimeout + KeyWatch::kSlack};
  for (std::size_t i = 0; i < request.arguments.size(); ++i) {
    if (call.IsOwn(i)) request.own.push_back(request.arguments[i]);
  }
  ShortenRetention(request);
  keys_.OnRequest(request);
  if (request.script == &kAcquireScript) stage_.tokens.Begin(request.nonce());
  const bool decides = Decides(call.script());
  const std::string nonce = request.script == &kAcquireScript ? request.nonce() : "";
  if (!links_[node]->Send(std::move(request), urgent, &call)) return false;
  if (&call.script() == &kOpenScript) HoldUpTheOpening(node);
  // By that call, if there is no other.
  asked_ = asked_ || (decides && calls_.size() == 1);
  deciding_ += decides ? 1 : 0;
  if (&call.script() != &kAcquireScript) return true;
  attempt_ = calls_.size() == 1 ? std::optional(tag) : std::nullopt;
  Votes& votes = votes_[tag];
  if (votes.nonce != nonce) votes = {nonce};
  ++votes.pending;
  return true;
}

// The first there is. It arrives in another quarantine of that node than it was meant for.
void ModelClient::HoldUpTheOpening(int node) {
  if (stage_.shape.scene != Scene::kLateOpening || stage_.held_up_node || world_.healed()) return;
  stage_.held_up_node = node;
  links_[node]->HoldUp(world_.random().Between(milliseconds(900), milliseconds(1'500)));
}

// As if counters were left alone for a week.
void ModelClient::ShortenRetention(Request& request) const {
  if (stage_.shape.retention.count() == 0) return;
  const std::string retention = std::to_string(stage_.shape.retention.count());
  if (request.script == &kAcquireScript) request.arguments.at(5) = retention;
  if (request.script == &kFinaliseScript) request.arguments.at(1) = retention;
  if (request.script == &kReleaseScript) request.arguments.at(1) = retention;
}

}  // namespace holdfast::core
