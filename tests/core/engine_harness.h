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

namespace holdfast::core {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.

// A command that the engine sent and nobody has answered.
struct Sent {
  int node = 0;
  Tag tag = 0;
  std::string script;
  bool with_text = false;
  std::string key;
  std::vector<std::string> arguments;

  const std::string& nonce() const { return arguments.at(0); }
};

class EngineHarness : public Transport, public Randomness, public LeaseObserver {
 public:
  static constexpr std::int64_t kClockOffsetMs = 1'700'000'000'000;

  explicit EngineHarness(int nodes, int forgetful = 0)
      : engine_(MakeOptions(nodes, forgetful), *this, *this, now_) {}

  Engine& engine() { return engine_; }
  TimePoint now() const { return now_; }
  std::vector<Sent>& sent() { return sent_; }
  std::vector<Sent>& history() { return history_; }

  void Up(int node) { engine_.OnNodeReady(node, kClockOffsetMs, now_); }

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
    reply_.Clear();
    const std::size_t array = reply_.AddArray(Reply::kNone);
    for (const std::string_view text : texts) AddElement(array, text);
    Deliver(node);
  }
  void AnswerText(int node, std::string_view text, ReplyType type = ReplyType::kString) {
    reply_.Clear();
    reply_.AddText(Reply::kNone, type, text);
    Deliver(node);
  }
  void Error(int node, std::string_view text) { AnswerText(node, text, ReplyType::kError); }

  void Grant(int node) { Answer(node, {"OK", ":0"}); }
  void Busy(int node, std::string_view owner = "other:1", std::string_view pttl = ":5000") {
    Answer(node, {"BUSY", pttl, owner});
  }
  void Deleted(int node) { AnswerText(node, "DELETED"); }
  void Extended(int node) { AnswerText(node, "EXTENDED"); }
  void Absent(int node) { AnswerText(node, "ABSENT"); }

  // Unanswered commands of `node`, by the names of their scripts: "acquire release".
  std::string Waiting(int node) const {
    std::string names;
    for (const Sent& command : sent_) {
      if (command.node == node) names += (names.empty() ? "" : " ") + command.script;
    }
    return names;
  }

  void Acquire(AcquireOptions options = {}, std::string_view key = "lock:a") {
    result_.reset();
    auto done = [this](Engine&, absl::StatusOr<LeaseId> id) { result_ = std::move(id); };
    engine_.Acquire(++ticket_, key, options, done, now_);
  }
  void Cancel() { engine_.Cancel(ticket_, now_); }

  // Acquires on all nodes and observes the lease.
  LeaseId Hold(AcquireOptions options = {}) {
    Acquire(options);
    for (int node = 0; node < engine_.node_count(); ++node) Grant(node);
    const LeaseId id = **result_;
    engine_.Observe(id, this);
    return id;
  }

  bool done() const { return result_.has_value(); }
  bool acquired() const { return result_ && result_->ok(); }
  absl::Status status() const { return result_ ? result_->status() : absl::UnknownError("none"); }
  LeaseId id() const { return **result_; }

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
  int losses() const { return losses_; }
  void FullUp(bool full) { full_ = full; }

 private:
  static EngineOptions MakeOptions(int nodes, int forgetful) {
    EngineOptions options;
    for (int node = 0; node < nodes; ++node) options.nodes.push_back("n" + std::to_string(node));
    options.quorum = QuorumSize(nodes, forgetful);
    options.key_prefix_size = 5;  // "lock:"
    options.owner = "me:1";
    return options;
  }

  bool Send(int node, Tag tag, const ScriptCall& call, bool urgent, TimePoint) override {
    if (full_ && !urgent) return false;
    Sent sent = {.node = node,
                 .tag = tag,
                 .script = std::string(call.script->name),
                 .with_text = call.with_text,
                 .key = std::string(call.key),
                 .arguments = {}};
    for (std::size_t i = 0; i < call.argument_count; ++i) {
      sent.arguments.emplace_back(call.arguments[i]);
    }
    sent_.push_back(sent);
    history_.push_back(sent);
    return true;
  }

  void Fill(std::span<std::byte> bytes) override {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(++random_ * 37);
  }

  void OnValidity(TimePoint valid_until) override { valid_until_ = valid_until; }
  void OnLost() override { ++losses_; }

  void AddElement(std::size_t array, std::string_view text) {
    if (!text.starts_with(':')) {
      reply_.AddText(array, ReplyType::kString, text);
      return;
    }
    reply_.AddInteger(array, std::stoll(std::string(text.substr(1))));
  }

  void Deliver(int node) {
    const auto first = std::find_if(sent_.begin(), sent_.end(),
                                    [node](const Sent& command) { return command.node == node; });
    if (first == sent_.end()) throw std::logic_error("an answer to nothing");
    const Tag tag = first->tag;
    sent_.erase(first);
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
  int losses_ = 0;
  Engine engine_;
};

// A harness whose nodes are all connected.
class Connected : public EngineHarness {
 public:
  explicit Connected(int nodes, int forgetful = 0) : EngineHarness(nodes, forgetful) {
    for (int node = 0; node < nodes; ++node) Up(node);
  }
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_CORE_ENGINE_HARNESS_H_
