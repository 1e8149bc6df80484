// A process with an engine: connected to all nodes, asleep at times, and keeping books on its
// calls.
#ifndef HOLDFAST_TESTS_SIM_MODEL_CLIENT_H_
#define HOLDFAST_TESTS_SIM_MODEL_CLIENT_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/engine.h"
#include "key_watch.h"
#include "model_link.h"
#include "model_node.h"
#include "stage.h"

namespace holdfast::core {

class ModelClient final : public Transport,
                          public Randomness,
                          public WallClock,
                          public ModelLink::Host,
                          private Observer {
 public:
  // `unix_us`: what its wall clock shows now.
  ModelClient(Stage& stage, const EngineOptions& options, std::int64_t unix_us);

  Stage& stage() { return stage_; }
  const std::string& name() const override { return name_; }
  Engine& engine() override { return engine_; }
  ModelLink& link(int node) { return *links_[node]; }
  // Of the two names that had one server: the one that was given another's, or the other, leads to
  // its own server from now on, or to that of the other name.
  void MoveName(bool given, bool home);
  // Each name leads to its own server.
  void LeadNamesHome();
  KeyWatch& keys() { return keys_; }
  bool fencing() const { return fencing_; }
  milliseconds max_ttl() const { return max_ttl_; }

  void Do(std::function<void()> what) override;

  // The process stands still, as when it is stopped or its machine is.
  void Sleep(nanoseconds pause);

  // The process ends without a word. What it sent may still arrive.
  void Die();
  bool dead() const { return dead_; }
  void AtDeath(std::function<void()> end) { at_death_.push_back(std::move(end)); }

  void StepWallClock(milliseconds by) { wall_offset_us_ += by.count() * 1000; }

  // A call that has to end by `limit` from now, or when the process runs again if it slept then.
  // `once`: an acquisition that is tried once, and so over when all nodes have answered it.
  std::uint64_t BeginCall(nanoseconds limit, bool once = false);
  void EndCall(std::uint64_t call);

  void OnConnected(int node, const Greeting& greeting) override;
  void OnAnswered(int node, const ModelLink::Unanswered& command, const Reply* reply) override;
  void OnRedirectedGrant(Tag tag, ReplyView grant) override;

  // What its clock shows: the world's time, unless it stood still when the machine slept.
  TimePoint now() const override { return world_.now() - behind_; }
  TimePoint ToWorld(TimePoint mine) const { return mine + behind_; }
  void AtSuspension(std::function<void()> notice) { at_suspension_.push_back(std::move(notice)); }

  TimePoint woke() const { return woke_; }

  // When an automatic extension of these failed last, if none has succeeded since.
  std::optional<TimePoint> keeper_failed(const std::vector<std::string>& names) const {
    const auto found = keeper_failed_.find(names.front());
    return found == keeper_failed_.end() ? std::nullopt : std::optional(found->second);
  }

  // The first of these is not held any more by who did; but an extension may be under way.
  void NoteForgotten(const std::vector<std::string>& names) {
    forgotten_until_[names.front()] = now() + ModelLink::kCommandTimeout;
  }

  // Long after the trouble is over.
  void ExpectRest();

 private:
  // On an attempt.
  struct Votes {
    std::string nonce;
    int granted = 0;
    int pending = 0;
  };
  struct Call {
    TimePoint deadline;
    bool once = false;
  };

  std::int64_t BootMicros() const { return world_.now().time_since_epoch().count() / 1000; }
  static EngineOptions Observed(EngineOptions options, Observer& observer) {
    options.observer = &observer;
    return options;
  }
  void OnExtended(const LockEvent& lock, nanoseconds, bool automatic) override;
  void OnExtendFailed(const LockEvent& lock, const absl::Status&, bool automatic) override;
  void Connect();
  // Whether its server has another name, too.
  bool IsDoubled(int node) const;
  void Work(bool woken);
  void CheckIdle();
  void CheckDecided();
  void HoldUpTheOpening(int node);
  void ShortenRetention(Request& request) const;
  void ScheduleWake();
  static bool Decides(const Script& script) {
    return &script == &kAcquireScript || &script == &kFinaliseScript;
  }

  bool Send(int node, Tag tag, const ScriptCall& call, bool urgent, TimePoint now) override;
  void Fill(std::span<std::byte> bytes) override { world_.random().Fill(bytes); }
  std::int64_t UnixMicros() override { return BootMicros() + wall_offset_us_; }

  Stage& stage_;
  World& world_;
  const std::string name_;
  const bool fencing_;
  const int quorum_;
  const milliseconds max_ttl_;
  std::int64_t wall_offset_us_;
  std::deque<std::function<void()>> inbox_;
  bool busy_ = false;
  bool idle_ = true;
  bool dead_ = false;
  std::vector<std::function<void()>> at_death_;
  nanoseconds behind_{0};
  std::vector<std::function<void()>> at_suspension_;
  TimePoint asleep_until_;
  TimePoint woke_;
  TimePoint wake_at_ = kNever;
  std::uint64_t last_call_ = 0;
  std::map<std::uint64_t, Call> calls_;
  std::map<Tag, Votes> votes_;
  std::optional<Tag> attempt_;  // The latest since the last call began.
  std::optional<int> doubled_;  // The node that is the next one under another name.
  int deciding_ = 0;            // Unanswered requests of attempts.
  bool asked_ = false;          // Since the last call began.
  std::map<std::string, TimePoint, std::less<>> keeper_failed_;    // By the first name.
  std::map<std::string, TimePoint, std::less<>> forgotten_until_;  // The same.
  KeyWatch keys_;
  Engine engine_;
  std::vector<std::unique_ptr<ModelLink>> links_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_MODEL_CLIENT_H_
