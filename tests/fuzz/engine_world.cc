// What happens in the world of an engine; what is checked is in engine_account.cc.
#include "fuzz/engine_world.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/quorum.h"
#include "fuzz/check.h"
#include "fuzz/reply_text.h"

namespace holdfast::fuzz {
namespace {

using core::Engine;
using core::EngineOptions;
using core::Reply;
using core::ReplyType;

constexpr milliseconds kCommandTimeout{2'000};
constexpr milliseconds kConnectTimeout{1'500};

EngineOptions OptionsFor(int nodes, int forgetful, World::Kind kind) {
  EngineOptions options;
  const bool seats = kind != World::Kind::kPlain && kind != World::Kind::kUnfenced;
  for (int node = 0; node < nodes; ++node) {
    options.admission.nodes.push_back("n" + std::to_string(node));
    if (seats) options.admission.tags.push_back("{s" + std::to_string(node) + "}");
  }
  const int quorum = core::QuorumSize(nodes, forgetful);
  options.admission.quorum = quorum <= nodes ? quorum : core::QuorumSize(nodes, 0);
  options.admission.one_cluster = seats;
  if (kind == World::Kind::kWitnesses) options.admission.witnesses = core::Witnesses::kHere;
  if (kind == World::Kind::kWitnessed) options.admission.witnesses = core::Witnesses::kElsewhere;
  options.admission.fingerprint = "fingerprint";
  options.key_prefix = "lock:";
  options.owner = "me:1";
  options.fencing = kind != World::Kind::kUnfenced;
  options.connect_timeout = kConnectTimeout;
  options.command_timeout = kCommandTimeout;
  return options;
}

std::vector<std::string> NamesOf(std::uint64_t ticket, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back(std::to_string(ticket) + static_cast<char>('a' + i));
  }
  return names;
}

}  // namespace

World::World(int nodes, int forgetful, Kind kind)
    : options_(OptionsFor(nodes, forgetful, kind)),
      nodes_(static_cast<std::size_t>(nodes)),
      engine_(options_, *this, *this, *this, now_) {}

// --- Nodes -------------------------------------------------------------------------------------

void World::Up(int index) {
  Node& node = nodes_[static_cast<std::size_t>(index)];
  if (node.connected) return;
  node.connected = true;
  ++node.epoch;
  node.pass.clear();
  core::Greeting greeting;
  greeting.clock_offset_ms = 5;
  greeting.info.run_id = "run" + std::to_string(index);
  greeting.server = "h" + std::to_string(index) + ":1";
  engine_.OnNodeReady(index, greeting, now_);
}

void World::Down(int index) {
  Node& node = nodes_[static_cast<std::size_t>(index)];
  node.connected = false;
  engine_.OnNodeDown(index, {Vote::kDown, "cannot connect"}, now_);
  const auto lost = std::exchange(node.commands, {});
  for (const Command& command : lost) engine_.OnNodeNoReply(index, command.tag, now_);
}

void World::Answer(int index, ReplyView reply) {
  Node& node = nodes_[static_cast<std::size_t>(index)];
  if (node.commands.empty()) return;
  const Command command = node.commands.front();
  node.commands.pop_front();
  NoteAnswer(index, command, reply);
  engine_.OnNodeReply(index, command.tag, reply, now_);
}

void World::AnswerWell(int index, std::int64_t more) {
  const Node& node = nodes_[static_cast<std::size_t>(index)];
  if (node.commands.empty()) return;
  const Command& command = node.commands.front();
  const std::string_view script = command.script->name;
  std::string_view text = "['FREE' 1]";
  std::string grant = "['OK'";
  if (script == "acquire") {
    for (std::size_t i = 0; i < command.attempt->names; ++i) {
      grant += " " + std::to_string(command.hint + more);
    }
    text = grant;
  }
  if (script == "finalise") text = "'FINAL'";
  if (script == "extend") text = "'EXTENDED'";
  if (script == "release") text = "'DELETED'";
  if (script == "admit" || script == "open") {
    text = more == 0 ? "['STATE' '4711' 0 0 '0' 1000000 '42' '0']"
                     : "['STATE' '4712' 0 9 '1' 1000000 '42' '0']";
  }
  reply_.Clear();
  TakeElement(text, reply_);
  Answer(index, reply_.root());
}

void World::AnswerBadly(int index) {
  const Node& node = nodes_[static_cast<std::size_t>(index)];
  if (node.commands.empty()) return;
  const std::string_view script = node.commands.front().script->name;
  std::string_view text = "['HELD' 100 'other' 7]";
  if (script == "acquire") text = "['BUSY' 5000 'other:1' 1 1]";
  if (script == "finalise") text = "'GONE'";
  if (script == "extend") text = "'ABSENT'";
  if (script == "release") text = "'FOREIGN'";
  if (script == "admit" || script == "open") text = "['STATE' '' 3000 5 '0' 1000000 '42' '9']";
  reply_.Clear();
  TakeElement(text, reply_);
  Answer(index, reply_.root());
}

// What is sent on an answer is answered, too, but not without end: an engine may ask on and on.
void World::AnswerAll() {
  for (int round = 0; round < 8; ++round) {
    for (int node = 0; node < nodes(); ++node) AnswerWell(node, 0);
  }
}

void World::SetWitnesses(bool agreed) {
  if (options_.admission.witnesses != core::Witnesses::kElsewhere) return;
  engine_.SetWitnesses({.tried = true, .agreed = agreed}, now_);
}

void World::Advance(nanoseconds by) {
  const TimePoint end = now_ + by;
  for (int timers = 0; engine_.next_timer() <= end; ++timers) {
    Check(timers < 10'000, "timers do not go round in circles");
    now_ = std::max(now_, engine_.next_timer());
    engine_.OnTimer(now_);
    Check(engine_.next_timer() > now_, "what is due is done");
  }
  now_ = end;
  CheckCalls();
}

// --- Calls -------------------------------------------------------------------------------------

void World::Acquire(std::size_t count, const AcquireOptions& options) {
  Call& call = NewCall(options.wait.count() > 0 ? options.wait : kCommandTimeout);
  call.ticket = ++ticket_;
  const std::vector<std::string> names = NamesOf(ticket_, count);
  auto done = [this, &call](Engine& /*engine*/, absl::StatusOr<LeaseId> id) {
    OnAcquired(call, id);
  };
  engine_.Acquire(ticket_, names, options, std::move(done), now_);
}

void World::Attach() {
  const std::vector<std::string> names = NamesOf(++ticket_, 1);
  std::string token(32, 'a');
  const std::string digits = std::to_string(ticket_);
  token.replace(0, digits.size(), digits);
  Holder& holder = holders_.emplace_back(*this);
  holder.attempt = NewAttempt(token, 1);
  for (NodeAccount& node : holder.attempt->nodes) node.told = true;
  holder.id = engine_.Attach(names, token, now_);
  engine_.Observe(holder.id, &holder);
}

void World::Extend(milliseconds ttl) {
  const Holder* const holder = Latest();
  if (holder == nullptr) return;
  Call& call = NewCall(kCommandTimeout);
  engine_.Extend(holder->id, ttl, Told(call, nullptr, false), now_);
}

void World::Release(bool told) {
  Holder* const holder = Latest();
  if (holder == nullptr) return;
  const bool lost =
      holder->lost || (holder->valid_until != core::kLongAgo && now_ >= holder->valid_until);
  core::StatusDone done;
  if (told) done = Told(NewCall(kCommandTimeout), holder->attempt, true);
  engine_.Release(holder->id, std::move(done), now_);
  holder->open = false;
  if (!lost) CheckReleased(*holder->attempt);
}

void World::Forget() {
  Holder* const holder = Latest();
  if (holder == nullptr) return;
  holder->open = false;
  engine_.Forget(holder->id);
}

void World::Inspect() {
  Call& call = NewCall(kCommandTimeout);
  auto done = [this, &call](Inspection inspection) {
    Check(inspection.nodes.size() == nodes_.size() && inspection.quorum == quorum(),
          "each node is looked at");
    End(call, absl::OkStatus());
  };
  engine_.Inspect("a", std::move(done), now_);
}

void World::WhenSettled() {
  Call& call = NewCall(kConnectTimeout);
  auto done = [this, &call](std::vector<NodeStatus> statuses) {
    Check(statuses.size() == nodes_.size(), "each node has a status");
    End(call, absl::OkStatus());
  };
  engine_.WhenSettled(std::move(done), now_);
}

// Ends when all have answered, however long that takes.
void World::Reconfigure() {
  Call& call = NewCall(std::chrono::hours(10'000));
  auto done = [&call](std::vector<NodeStatus> /*statuses*/) { End(call, absl::OkStatus()); };
  engine_.Reconfigure(std::move(done), now_);
}

void World::Finish() {
  full_ = false;
  engine_.CancelAll(now_);
  while (Latest() != nullptr) Release(true);
  for (int node = 0; node < nodes(); ++node) Down(node);
  Advance(std::chrono::minutes(10));
  for (const Call& call : calls_) Check(call.done, "each call comes to an end");
  Check(engine_.leases_in_use() == 0 && engine_.rounds_in_use() == 0, "nothing is left in use");
  const Stats stats = engine_.GetStats();
  Check(stats.held == 0 && stats.waiting == 0, "nothing is counted on");
  Check(!engine_.releasing() && engine_.next_timer() == core::kNever, "nothing is to be done");
}

// --- What the engine asks of it ----------------------------------------------------------------

bool World::Send(int index, core::Tag tag, const ScriptCall& call, bool urgent, TimePoint now) {
  if (full_ && !urgent) return false;
  Node& node = nodes_[static_cast<std::size_t>(index)];
  Check(node.connected, "only connected nodes are sent anything");
  const std::string_view script = call.script().name;
  Command command = {.tag = tag, .script = &call.script(), .sent = now};
  const bool of_lock =
      script == "acquire" || script == "finalise" || script == "extend" || script == "release";
  if (of_lock) {
    const std::string_view nonce = call.arguments()[0];
    command.attempt = AttemptOf(nonce);
    if (command.attempt == nullptr) command.attempt = NewAttempt(nonce, call.keys().size() / 2);
    NodeAccount& account = command.attempt->nodes[static_cast<std::size_t>(index)];
    account.told = account.told || script == "acquire" || script == "extend";
    account.released = account.released || script == "release";
  }
  if (script == "acquire" || script == "extend") {
    command.ttl = milliseconds(std::stoll(std::string(call.arguments()[1])));
  }
  if (script == "acquire") {
    command.hint = std::stoll(std::string(call.arguments()[4]));
    NoteAcquire(index, call, *command.attempt);
  }
  node.commands.push_back(command);
  return true;
}

void World::Fill(std::span<std::byte> bytes) {
  for (std::byte& byte : bytes) {
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<std::byte>(random_ >> 56);
  }
}

std::int64_t World::UnixMicros() {
  return 1'700'000'000'000'000 +
         std::chrono::floor<std::chrono::microseconds>(now_.time_since_epoch()).count();
}

Attempt* World::AttemptOf(std::string_view nonce) {
  // The latest is asked for most.
  const auto found = std::find_if(attempts_.rbegin(), attempts_.rend(),
                                  [&](const Attempt& attempt) { return attempt.nonce == nonce; });
  return found == attempts_.rend() ? nullptr : &*found;
}

Attempt* World::NewAttempt(std::string_view nonce, std::size_t names) {
  Attempt& attempt = attempts_.emplace_back();
  attempt.nonce = nonce;
  attempt.names = names;
  attempt.nodes.resize(nodes_.size());
  return &attempt;
}

Call& World::NewCall(nanoseconds longest) {
  Call& call = calls_.emplace_back();
  call.deadline = now_ + longest;
  return call;
}

Holder* World::Latest() {
  const auto open = std::find_if(holders_.rbegin(), holders_.rend(),
                                 [](const Holder& holder) { return holder.open; });
  return open == holders_.rend() ? nullptr : &*open;
}

}  // namespace holdfast::fuzz
