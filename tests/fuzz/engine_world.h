// An engine whose nodes answer whatever the input says, and an account of what they answered that
// is kept apart from the engine's own: what it believes is held against it.
#ifndef HOLDFAST_TESTS_FUZZ_ENGINE_WORLD_H_
#define HOLDFAST_TESTS_FUZZ_ENGINE_WORLD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine.h"

namespace holdfast::fuzz {

using core::LeaseId;
using core::milliseconds;
using core::nanoseconds;
using core::ReplyView;
using core::ScriptCall;
using core::TimePoint;

// What was said between a node and the engine of one nonce.
struct NodeAccount {
  int acquires = 0;        // Sent,
  int epoch = 0;           // on this connection,
  bool with_text = false;  // one of them with the text,
  bool alone = false;      // and one not to be joined with others.
  bool forgot = false;     // It said NOSCRIPT to the latest,
  bool refused = false;    // or that a key is not there, or not for us: another call's, perhaps.
  bool told = false;       // It was sent anything that may leave a key.
  bool granted = false;    // It said OK, with `counters`.
  bool final = false;      // It said FINAL.
  bool released = false;   // It was sent a release.
  bool freed = false;      // It answered one.
  TimePoint certain_until = core::kLongAgo;
  std::vector<std::int64_t> counters = {};
};

struct Attempt {
  std::string nonce;
  std::size_t names = 1;
  std::vector<NodeAccount> nodes;
  std::vector<int> grants = {};  // The nodes that granted, in that order.
};

// One call of the engine, which must call back once, and by its deadline.
struct Call {
  TimePoint deadline;
  bool done = false;
  bool ok = false;
  std::uint64_t ticket = 0;
  Attempt* attempt = nullptr;  // Of Acquire: the latest.
};

class World;

// Somebody who holds a lock, and what he was told of it.
struct Holder final : core::LeaseObserver {
  explicit Holder(World& its_world) : world(its_world) {}
  bool OnValidity(TimePoint until, TimePoint loss) override;
  void OnLost() override;

  World& world;
  LeaseId id;
  Attempt* attempt = nullptr;
  TimePoint valid_until = core::kLongAgo;
  TimePoint lost_at = core::kLongAgo;
  bool lost = false;
  bool open = true;
};

class World final : core::Transport, core::Randomness, core::WallClock {
 public:
  enum class Kind { kPlain, kUnfenced, kSeats, kWitnesses, kWitnessed };

  World(int nodes, int forgetful, Kind kind);

  int nodes() const { return static_cast<int>(nodes_.size()); }
  TimePoint now() const { return now_; }

  // What happens to the nodes. Answers are to the oldest command of the node, if there is one.
  void Up(int node);
  void Down(int node);
  void Answer(int node, ReplyView reply);
  void AnswerWell(int node, std::int64_t more);  // `more`: than its counter would be.
  void AnswerBadly(int node);
  void AnswerAll();
  void SetWitnesses(bool agreed);

  // Time passes, and what is due then happens; or the process was stopped.
  void Advance(nanoseconds by);
  void Freeze(nanoseconds by) { now_ += by; }

  void Acquire(std::size_t names, const AcquireOptions& options);
  void Attach();
  void Cancel() { engine_.Cancel(ticket_, now_); }
  void Extend(milliseconds ttl);
  void Release(bool told);
  void Forget();
  void Inspect();
  void WhenSettled();
  void Reconfigure();

  void set_full(bool full) { full_ = full; }
  void set_told_otherwise(bool told) { told_otherwise_ = told; }
  bool full() const { return full_; }
  bool told_otherwise() const { return told_otherwise_; }

  // What must be so between any two things that happen.
  void CheckAll() const;
  // Everything ends; then nothing is in use.
  void Finish();

 private:
  friend Holder;

  struct Command {
    core::Tag tag = 0;
    const core::Script* script = nullptr;
    Attempt* attempt = nullptr;
    TimePoint sent;
    bool with_text = false;
    milliseconds ttl{0};
    std::int64_t hint = 0;
  };
  struct Node {
    bool connected = false;
    int epoch = 0;
    std::string pass;  // That it has given out on this connection.
    std::deque<Command> commands;
  };

  bool Send(int node, core::Tag tag, const ScriptCall& call, bool urgent, TimePoint now) override;
  void Fill(std::span<std::byte> bytes) override;
  std::int64_t UnixMicros() override;

  int quorum() const { return options_.admission.quorum; }
  Attempt* AttemptOf(std::string_view nonce);
  Attempt* NewAttempt(std::string_view nonce, std::size_t names);
  void NoteAcquire(int node, const ScriptCall& call, Attempt& attempt);
  void NoteAnswer(int node, const Command& command, ReplyView reply);
  void NoteGrant(int node, const Command& command, ReplyView reply);
  void NoteExtension(int node, const Command& command, ReplyView reply);
  void NoteState(int node, const Command& command, ReplyView reply);
  TimePoint CertainUntil(const Attempt& attempt) const;
  void OnAcquired(Call& call, const absl::StatusOr<LeaseId>& id);
  void CheckFences(const Attempt& attempt, std::span<const std::int64_t> fences) const;
  void CheckReleased(const Attempt& attempt) const;
  void CheckFreed(const Attempt& attempt) const;
  Call& NewCall(nanoseconds longest);
  core::StatusDone Told(Call& call, Attempt* attempt, bool release);
  static void End(Call& call, const absl::Status& status);
  Holder* Latest();
  void CheckHolder(const Holder& holder) const;
  void CheckCalls() const;

  core::EngineOptions options_;
  TimePoint now_{std::chrono::seconds(1000)};
  std::vector<Node> nodes_;
  core::Reply reply_;
  std::deque<Attempt> attempts_;  // Whose addresses stay.
  std::deque<Call> calls_;
  std::deque<Holder> holders_;
  std::uint64_t ticket_ = 0;
  std::uint64_t random_ = 1;
  bool full_ = false;
  bool told_otherwise_ = false;
  core::Engine engine_;
};

}  // namespace holdfast::fuzz

#endif  // HOLDFAST_TESTS_FUZZ_ENGINE_WORLD_H_
