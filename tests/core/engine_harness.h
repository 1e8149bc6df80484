// An engine whose nodes are played by the test: it sees each command and gives each answer by hand,
// on a clock that it moves by hand.
#ifndef HOLDFAST_TESTS_CORE_ENGINE_HARNESS_H_
#define HOLDFAST_TESTS_CORE_ENGINE_HARNESS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/engine.h"
#include "replies.h"

namespace holdfast::core {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.

// A command that the engine sent and nobody has answered.
struct Sent {
  int node = 0;
  Tag tag = 0;
  std::string script;
  bool with_text = false;
  bool alone = false;
  std::vector<std::string> keys;
  std::vector<std::string> arguments;

  const std::string& nonce() const { return arguments.at(0); }
};

class EngineHarness : public Transport, public Randomness, public WallClock, public LeaseObserver {
 public:
  static constexpr std::int64_t kClockOffsetMs = 1'700'000'000'000;
  static constexpr std::string_view kPass = "4711";
  static constexpr std::string_view kConfig = "42";

  explicit EngineHarness(int nodes, int forgetful = 0)
      : EngineHarness(OptionsFor(nodes, forgetful)) {}
  explicit EngineHarness(const EngineOptions& options)
      : engine_(options, *this, *this, *this, now_) {}

  static EngineOptions OptionsFor(int nodes, int forgetful = 0) {
    EngineOptions options;
    for (int node = 0; node < nodes; ++node) {
      options.admission.nodes.push_back("n" + std::to_string(node));
    }
    options.admission.quorum = QuorumSize(nodes, forgetful);
    options.admission.fingerprint = "fingerprint";
    options.admission.max_ttl = 30s;
    options.key_prefix = "lock:";
    options.owner = "me:1";
    return options;
  }

  Engine& engine() { return engine_; }
  TimePoint now() const { return now_; }
  std::vector<Sent>& sent() { return sent_; }
  std::vector<Sent>& history() { return history_; }

  // Connects a node, which admits us.
  void Up(int node) {
    Connect(node);
    Admit(node);
  }
  void Connect(int node) { ConnectTo(node, node); }
  // The node's name leads to `server`, of which it is another name.
  void ConnectTo(int node, int server) { engine_.OnNodeReady(node, GreetingOf(server), now_); }
  void Admit(int node) { AnswerState(node, kPass); }
  // Answers the question about a node's guard; `pass` is empty while the node is shut.
  void AnswerState(int node, std::string_view pass, std::string_view left_ms = ":0",
                   std::string_view mark = ":0", std::string_view young = "0") {
    const std::string node_ms = ":" + std::to_string(FloorMs(now_) + kClockOffsetMs);
    SetArray(reply_, {"STATE", pass, left_ms, mark, young, node_ms, kConfig, "0"});
    const auto about_guard = [&](const Sent& command) {
      return command.node == node && (command.script == "admit" || command.script == "open");
    };
    Deliver(std::find_if(sent_.begin(), sent_.end(), about_guard));
  }
  static Greeting GreetingOf(int node) {
    return {.clock_offset_ms = kClockOffsetMs, .info = {.run_id = "run" + std::to_string(node)}};
  }

  // Breaks the connection: the node's unanswered commands get no reply.
  void Down(int node, std::string reason = "cannot connect: Connection refused") {
    engine_.OnNodeDown(node, {Vote::kDown, std::move(reason)}, now_);
    for (const Sent& lost : TakeAll(node)) engine_.OnNodeNoReply(node, lost.tag, now_);
  }

  // Time passes, and what is due then happens at its own instant.
  void Advance(nanoseconds by) {
    const TimePoint end = now_ + by;
    while (engine_.next_timer() <= end) {
      now_ = std::max(now_, engine_.next_timer());
      engine_.OnTimer(now_);
    }
    now_ = end;
  }

  // Time passes without the engine being woken, as in a process that was stopped.
  void Freeze(nanoseconds by) { now_ += by; }

  // Answers the oldest unanswered command of `node`.
  void Answer(int node, std::initializer_list<std::string_view> texts) {
    SetArray(reply_, texts);
    Deliver(node);
  }
  void AnswerText(int node, std::string_view text, ReplyType type = ReplyType::kString) {
    reply_.Clear();
    reply_.AddText(Reply::kNone, type, text);
    Deliver(node);
  }
  void Error(int node, std::string_view text) { AnswerText(node, text, ReplyType::kError); }

  // Answers all that was sent, in that order.
  void AnswerAll(std::string_view text) {
    reply_.Clear();
    reply_.AddText(Reply::kNone, ReplyType::kString, text);
    for (const Sent& command : std::exchange(sent_, {})) {
      engine_.OnNodeReply(command.node, command.tag, reply_.root(), now_);
    }
  }

  void Grant(int node, std::string_view counter = ":1") { Answer(node, {"OK", counter}); }
  void Final(int node) { AnswerText(node, "FINAL"); }
  void Busy(int node, std::string_view owner = "other:1", std::string_view pttl = ":5000") {
    Answer(node, {"BUSY", pttl, owner, ":1", ":1"});
  }
  void Deleted(int node) { AnswerText(node, "DELETED"); }
  void Extended(int node) { AnswerText(node, "EXTENDED"); }
  void Absent(int node) { AnswerText(node, "ABSENT"); }

  // The oldest unanswered command of `node`.
  const Sent& At(int node) const {
    const auto of_node = [node](const Sent& command) { return command.node == node; };
    const auto command = std::find_if(sent_.begin(), sent_.end(), of_node);
    if (command == sent_.end()) throw std::logic_error("nothing was sent");
    return *command;
  }

  // Unanswered commands of `node`, by the names of their scripts: "acquire release".
  std::string Waiting(int node) const {
    std::string names;
    for (const Sent& command : sent_) {
      if (command.node == node) names += (names.empty() ? "" : " ") + command.script;
    }
    return names;
  }

  void Acquire(AcquireOptions options = {}, const std::vector<std::string>& names = {"a"}) {
    result_.reset();
    auto done = [this](Engine&, absl::StatusOr<LeaseId> id) { result_ = std::move(id); };
    engine_.Acquire(++ticket_, names, options, done, now_);
  }
  void Cancel() { engine_.Cancel(ticket_, now_); }

  // Acquires on all nodes and observes the lease.
  LeaseId Hold(AcquireOptions options = {}, const std::vector<std::string>& names = {"a"}) {
    Acquire(options, names);
    for (int node = 0; node < engine_.node_count(); ++node) Grant(node);
    const LeaseId id = result_.value().value();
    engine_.Observe(id, this);
    return id;
  }

  LeaseId Attach(std::string_view token) {
    const std::vector<std::string> names = {"a"};
    return engine_.Attach(names, token, now_);
  }

  bool done() const { return result_.has_value(); }
  bool acquired() const { return result_ && result_->ok(); }
  absl::Status status() const { return result_ ? result_->status() : absl::UnknownError("none"); }
  LeaseId id() const { return result_.value().value(); }

  void Extend(LeaseId id, milliseconds ttl) {
    extended_.reset();
    engine_.Extend(
        id, ttl, [this](absl::Status status) { extended_ = status; }, now_);
  }
  void Release(LeaseId id) {
    released_.reset();
    engine_.Release(
        id, [this](absl::Status status) { released_ = status; }, now_);
  }
  const std::optional<absl::Status>& extended() const { return extended_; }
  const std::optional<absl::Status>& released() const { return released_; }

  TimePoint valid_until() const { return valid_until_; }
  TimePoint lost_at() const { return lost_at_; }
  // The holder was told of the loss by its own clock.
  void TellOtherwise() { told_otherwise_ = true; }
  void SetUnixMicros(std::int64_t unix_us) { unix_us_ = unix_us; }
  int losses() const { return losses_; }
  void FullUp(bool full) { full_ = full; }

 private:
  bool Send(int node, Tag tag, const ScriptCall& call, bool urgent, TimePoint) override {
    if (full_ && !urgent) return false;
    Sent sent = {.node = node,
                 .tag = tag,
                 .script = std::string(call.script().name),
                 .with_text = call.with_text(),
                 .alone = call.stands_alone(),
                 .keys = {call.keys().begin(), call.keys().end()},
                 .arguments = {call.arguments().begin(), call.arguments().end()}};
    sent_.push_back(sent);
    history_.push_back(sent);
    return true;
  }

  void Fill(std::span<std::byte> bytes) override {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(++random_ * 37);
  }

  std::int64_t UnixMicros() override { return unix_us_; }

  bool OnValidity(TimePoint valid_until, TimePoint lost_at) override {
    valid_until_ = valid_until;
    lost_at_ = lost_at;
    return !told_otherwise_;
  }
  void OnLost() override { ++losses_; }

  void Deliver(int node) {
    Deliver(std::find_if(sent_.begin(), sent_.end(),
                         [node](const Sent& command) { return command.node == node; }));
  }
  void Deliver(std::vector<Sent>::iterator to) {
    if (to == sent_.end()) throw std::logic_error("an answer to nothing");
    const int node = to->node;
    const Tag tag = to->tag;
    sent_.erase(to);
    engine_.OnNodeReply(node, tag, reply_.root(), now_);
  }

  std::vector<Sent> TakeAll(int node) {
    const auto of_node = [node](const Sent& command) { return command.node == node; };
    std::vector<Sent> taken;
    std::copy_if(sent_.begin(), sent_.end(), std::back_inserter(taken), of_node);
    sent_.erase(std::remove_if(sent_.begin(), sent_.end(), of_node), sent_.end());
    return taken;
  }

  TimePoint now_{1000s};
  std::vector<Sent> sent_;
  std::vector<Sent> history_;
  Reply reply_;
  unsigned random_ = 0;
  std::uint64_t ticket_ = 0;
  bool full_ = false;
  std::optional<absl::StatusOr<LeaseId>> result_;
  std::optional<absl::Status> extended_;
  std::optional<absl::Status> released_;
  TimePoint valid_until_ = kLongAgo;
  TimePoint lost_at_ = kLongAgo;
  bool told_otherwise_ = false;
  std::int64_t unix_us_ = 1;
  int losses_ = 0;
  Engine engine_;
};

// A harness whose nodes are all connected.
class Connected : public EngineHarness {
 public:
  explicit Connected(int nodes, int forgetful = 0) : Connected(OptionsFor(nodes, forgetful)) {}
  explicit Connected(const EngineOptions& options) : EngineHarness(options) {
    for (int node = 0; node < engine().node_count(); ++node) Up(node);
  }
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_CORE_ENGINE_HARNESS_H_
