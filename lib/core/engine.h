// The lock protocol of one client (lib/core/PROTOCOL.md), without any I/O.
#ifndef HOLDFAST_CORE_ENGINE_H_
#define HOLDFAST_CORE_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/admission.h"
#include "core/engine_types.h"
#include "core/failure.h"
#include "core/gate.h"
#include "core/handshake.h"
#include "core/histogram.h"
#include "core/pipeline.h"
#include "core/pool.h"
#include "core/reply.h"
#include "core/script_call.h"
#include "core/stats_sum.h"
#include "core/time.h"
#include "core/timer_heap.h"
#include "holdfast/errors.h"
#include "holdfast/observer.h"
#include "holdfast/stats.h"

namespace holdfast::core {

// Carries commands to the nodes, each node's in one ordered stream.
class Transport {
 public:
  // Sends `call`; the answer comes as Engine::OnReply or OnNoReply with `tag`. False if the node
  // has too many commands unanswered to take one that is not `urgent`.
  virtual bool Send(int node, Tag tag, const ScriptCall& call, bool urgent, TimePoint now) = 0;

 protected:
  ~Transport() = default;
};

// Unpredictable bytes, never the same in two processes (also after fork).
class Randomness {
 public:
  virtual void Fill(std::span<std::byte> bytes) = 0;

 protected:
  ~Randomness() = default;
};

// Our wall clock, for the hints of fencing counters: the better the clients' clocks agree, the more
// often one round trip is enough. Correctness never depends on it.
class WallClock {
 public:
  virtual std::int64_t UnixMicros() = 0;

 protected:
  ~WallClock() = default;
};

struct EngineOptions {
  AdmissionOptions admission;  // Names the nodes and the quorum.
  std::string key_prefix;
  std::string owner;
  double drift_factor = 0.01;
  milliseconds connect_timeout{5'000};
  milliseconds command_timeout{2'000};
  bool fencing = true;
  Observer* observer = nullptr;
};

// All locks of one client. Told what happened and when (`now`), it sends, decides, and calls back;
// next_timer() says when it wants to be woken. Callbacks run inside its calls and must not call it,
// but for an AcquireDone, which may observe, release or forget what it got. Arguments are expected
// to have been checked (core/limits.h). Not thread-safe: one strand.
class Engine {
 public:
  Engine(EngineOptions options, Transport& transport, Randomness& randomness, WallClock& wall_clock,
         TimePoint now);

  // The nodes. A node starts out as connecting. OnNodeDown also tells of a failed try to connect;
  // it comes before the OnNoReply of the commands that the connection took with it.
  void OnNodeReady(int node, const Greeting& greeting, TimePoint now);
  void OnNodeDown(int node, NodeProblem problem, TimePoint now);
  void OnNodeReply(int node, Tag tag, ReplyView reply, TimePoint now);
  void OnNodeNoReply(int node, Tag tag, TimePoint now);

  TimePoint next_timer() const { return timers_.next(); }
  void OnTimer(TimePoint now);

  // Locks. `ticket` is what Cancel knows an acquisition by.
  void Acquire(std::uint64_t ticket, std::span<const std::string> names,
               const AcquireOptions& options, AcquireDone done, TimePoint now);
  void Cancel(std::uint64_t ticket, TimePoint now);
  LeaseId Attach(std::span<const std::string> names, std::string_view token, TimePoint now);
  void Extend(LeaseId id, milliseconds ttl, StatusDone done, TimePoint now);
  // Closes the lease. Without `done`, in the background.
  void Release(LeaseId id, StatusDone done, TimePoint now);
  // Closes the lease and leaves its keys to expire.
  void Forget(LeaseId id);

  std::string_view token(LeaseId id) const { return leases_[id.slot].token(); }
  // The fencing tokens, one for each name.
  std::span<const std::int64_t> fences(LeaseId id) const { return leases_[id.slot].fences; }
  // Tells `observer` of the validity now, and of each change until the lease is closed.
  void Observe(LeaseId id, LeaseObserver* observer);

  void Inspect(const std::string& name, InspectDone done, TimePoint now);
  // What the witnesses of our cluster say, if they are here (AdmissionOptions). Changes only inside
  // calls of this class.
  const WitnessState& witnesses() const { return admission_.witnesses(); }
  // If they are elsewhere: told when witnesses() of that engine has changed.
  void SetWitnesses(const WitnessState& witnesses, TimePoint now);

  using StatusesDone = absl::AnyInvocable<void(std::vector<NodeStatus>)>;
  // Calls back when the first connections are made or have failed: at once, if they have.
  void WhenSettled(StatusesDone done, TimePoint now);
  // Has all connected nodes take our configuration, and calls back when they have, or have failed
  // to. Of several engines that with the witnesses comes first: the others do it only once they
  // were told that these have it. Other seats, or groups, are not replaced.
  void Reconfigure(StatusesDone done, TimePoint now);

  Stats GetStats() const;
  void AddTo(StatsSum& sum) const;  // The same, where there are several engines.

  // Ends acquisitions as cancelled, and no longer holds anything back for want of connections. The
  // rest ends when its answers come, or its connections go.
  void CancelAll(TimePoint now);
  // How many acquisitions, extensions and releases have been answered.
  std::uint64_t callbacks() const { return callbacks_; }
  // Whether a release that a connected node was sent is still unanswered.
  bool releasing() const;

  int node_count() const { return nodes(); }
  // What is in use: with nothing under way, nothing.
  std::size_t leases_in_use() const { return leases_.in_use(); }
  std::size_t rounds_in_use() const { return rounds_.in_use(); }

 private:
  struct Node {
    bool ready = false;
    std::int64_t clock_offset_ms = 0;
    TimePoint guard_asked;
    // As the observer knows it.
    Admission::Standing told = Admission::Standing::kUnknown;
    NodeProblem problem{Vote::kDown,
                        "still connecting: no connection, or no answer to the handshake"};
  };
  enum class TimerKind : std::uint32_t { kGate, kAdmission, kRound, kLease, kKeeper, kAcquisition };
  static constexpr std::uint32_t kTimerKinds = 6;

  // Questions about a node's guard have tags above those of rounds.
  static constexpr Tag kGuardTag = 0x8000'0000;

  // How long before the end of a wait its last attempt starts.
  static constexpr milliseconds kLastChance{20};

  int nodes() const { return static_cast<int>(nodes_.size()); }
  int quorum() const { return options_.admission.quorum; }
  milliseconds max_ttl() const { return options_.admission.max_ttl; }
  const std::string& name_of(int node) const { return options_.admission.nodes[node]; }
  std::uint64_t Random64();
  void SetTimer(TimerKind kind, std::uint32_t slot, TimePoint when);

  // engine.cc: the gate
  void SettleNode(int node, TimePoint now);
  void OpenGate(TimePoint now);

  // engine_admission.cc: who may vote
  void AskGuards(TimePoint now);
  void AskGuard(int node, Admission::Question question, bool with_text, TimePoint now);
  void OnGuardReply(int node, Tag tag, ReplyView reply, TimePoint now);
  void ReadNodeTime(int node, ReplyView reply);
  void AfterAdmission(int node, TimePoint now);
  void SettleConnected(TimePoint now);
  void Install(TimePoint now);
  void FinishReconfigure(TimePoint now);
  void Announce(int node, TimePoint now);
  bool MayBeAsked(const Round& round, int node, TimePoint now) const;
  NodeProblem ProblemOfNode(int node, TimePoint now) const;
  std::vector<NodeStatus> Statuses(TimePoint now) const;

  // engine_rounds.cc: rounds, whatever they ask
  std::uint32_t NewLease(std::span<const std::string> names, milliseconds ttl);
  std::uint32_t NewRound(Round::Kind kind, std::uint32_t lease, TimePoint deadline);
  void Begin(std::uint32_t r, TimePoint now);
  void Launch(std::uint32_t r, TimePoint now);
  bool AskAgain(std::uint32_t r, int node, bool with_text, TimePoint now);
  bool Ask(std::uint32_t r, int node, ScriptCall& call, TimePoint now);
  void Write(const Round& round, int node, ScriptCall& call) const;
  void WriteForNode(const Round& round, int node, ScriptCall& call) const;
  std::int64_t DeadlineOf(const Round& round, int node) const;
  void WriteKeys(const Round& round, int node, ScriptCall& call) const;
  void WriteArguments(const Round& round, int node, ScriptCall& call) const;
  void Note(const Round& round, int node);
  void CastUnanswered(Round& round, TimePoint now);
  void OnRoundTimer(std::uint32_t r, TimePoint now);
  void AskOwed(std::uint32_t r, TimePoint now);
  void Judge(std::uint32_t r, TimePoint now);
  TimePoint NextReleaseTry(const Round& round, TimePoint now) const;
  void FreeIfDone(std::uint32_t r, TimePoint now);
  void FreeIfUnused(std::uint32_t lease);

  // engine_replies.cc: what nodes answer
  void ReadReply(std::uint32_t r, int node, ReplyView reply, TimePoint now);
  void ReadError(std::uint32_t r, int node, std::string_view error, TimePoint now);
  void ReadAcquireReply(Round& round, int node, ReplyView reply, TimePoint now);
  void ReadGrant(Round& round, int node, ReplyView reply);
  void Confirm(Round& round, int node);
  void ReadBusy(Round& round, int node, ReplyView reply);
  void ReadFinaliseReply(Round& round, int node, ReplyView reply);
  void ReadLate(Round& round, int node, ReplyView reply, TimePoint now);
  void ReadExtendReply(Round& round, int node, ReplyView reply, TimePoint now);
  void ReadReleaseReply(Round& round, int node, ReplyView reply);
  void ReadInspectReply(Round& round, int node, ReplyView reply);
  void ReadShut(Round& round, int node, TimePoint now);
  void See(std::int64_t counter);
  bool StillWanted(const Round& round, int node, TimePoint now) const;

  // engine_acquire.cc: attempt after attempt
  void StartAttempt(std::uint32_t a, TimePoint now);
  void JudgeAcquire(std::uint32_t r, TimePoint now);
  bool SetFences(const Round& round);
  void StartFinalise(std::uint32_t r, TimePoint now);
  void JudgeFinalise(std::uint32_t r, TimePoint now);
  void Win(std::uint32_t r, TimePoint now);
  void FailAttempt(std::uint32_t r, absl::Status failure, TimePoint now);
  void RetryOrFinish(std::uint32_t a, absl::Status failure, TimePoint now);
  void Finish(std::uint32_t a, absl::StatusOr<LeaseId> result, TimePoint now);
  void CancelAcquisition(std::uint32_t a, std::string summary, TimePoint now);

  // engine_lease.cc: what becomes of a lease
  bool IsOpen(LeaseId id) const;
  std::uint32_t NewExtension(std::uint32_t lease, milliseconds ttl, TimePoint now);
  void Refresh(std::uint32_t lease, TimePoint now);
  void Hold(std::uint32_t lease);
  void Lose(std::uint32_t lease, const char* why);
  void End(std::uint32_t lease);
  absl::Status LostStatus(const LeaseSlot& lease, const Round* round = nullptr) const;
  static absl::Status ClosedStatus();
  void JudgeExtend(std::uint32_t r, TimePoint now);
  void EndExtensions(std::uint32_t lease, TimePoint now);
  bool IsExtension(std::uint32_t r, std::uint32_t lease) const;
  void EndExtension(std::uint32_t r, TimePoint now);
  void StartRelease(std::uint32_t lease, StatusDone done, TimePoint now);
  void JudgeRelease(std::uint32_t r, TimePoint now);
  void JudgeInspect(std::uint32_t r, TimePoint now);
  void Complete(std::uint32_t r, absl::Status status, TimePoint now);

  // engine_keeper.cc: automatic extension
  void Keep(std::uint32_t lease, TimePoint now);
  void KeepSince(std::uint32_t lease, TimePoint confirmed);
  void ScheduleKeeper(std::uint32_t lease, TimePoint when);
  void AfterExtension(const Round& round, const absl::Status& status, TimePoint now);

  // engine_events.cc: what observers and statistics hear
  void Report(const Acquisition& acquisition, const absl::StatusOr<LeaseId>& result, TimePoint now);
  void ReportExtension(const Round& round, const absl::Status& status, TimePoint now);
  void ReportRelease(const LeaseSlot& lease, const absl::Status& status);
  void ReportLoss(const LeaseSlot& lease, const char* why);

  // engine_failures.cc: outcomes in words
  std::vector<NodeVote> VotesOf(const Round& round) const;
  absl::Status FailureOf(const Round& round) const;
  absl::Status Failed(const LeaseSlot& lease, Failure::Kind kind, std::string summary,
                      std::vector<NodeVote> votes = {}) const;

  const EngineOptions options_;
  Transport& transport_;
  Randomness& randomness_;
  WallClock& wall_clock_;
  Admission admission_;
  Gate gate_;
  std::vector<Node> nodes_;
  Pool<LeaseSlot> leases_;
  Pool<Round> rounds_;
  Pool<Acquisition> acquisitions_;
  TimerHeap timers_;
  std::vector<std::uint32_t> gated_;
  std::vector<StatusesDone> settle_waiters_;
  std::vector<StatusesDone> reconfigurers_;
  std::int64_t largest_counter_ = 0;  // Of those seen on any node.
  std::uint64_t callbacks_ = 0;
  Stats stats_;  // All but the latencies.
  Histogram acquire_times_;
  Histogram extend_times_;
  Histogram release_times_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_ENGINE_H_
