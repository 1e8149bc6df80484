// A process with an engine: connected to all nodes, asleep at times, and keeping books on its
// calls.
#ifndef HOLDFAST_TESTS_SIM_MODEL_CLIENT_H_
#define HOLDFAST_TESTS_SIM_MODEL_CLIENT_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
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
                          public ModelLink::Host {
 public:
  // `unix_us`: what its wall clock shows now.
  ModelClient(Stage& stage, const EngineOptions& options, std::int64_t unix_us)
      : stage_(stage),
        world_(stage.world),
        name_(options.owner),
        fencing_(options.fencing),
        wall_offset_us_(unix_us - BootMicros()),
        keys_(stage),
        engine_(options, *this, *this, *this, world_.now()) {
    for (int i = 0; i < static_cast<int>(stage.nodes.size()); ++i) {
      links_.push_back(std::make_unique<ModelLink>(world_, *this, *stage.nodes[i], i));
    }
    ScheduleWake();
  }

  Stage& stage() { return stage_; }
  const std::string& name() const { return name_; }
  Engine& engine() override { return engine_; }
  ModelLink& link(int node) { return *links_[node]; }
  KeyWatch& keys() { return keys_; }
  bool fencing() const { return fencing_; }

  void Do(std::function<void()> what) override {
    if (dead_) return;
    inbox_.push_back(std::move(what));
    if (!busy_ && world_.now() >= asleep_until_) Work(false);
  }

  // The process stands still, as when it is stopped or its machine is.
  void Sleep(nanoseconds pause) {
    asleep_until_ = std::max(asleep_until_, world_.now() + pause);
    world_.At(asleep_until_, [this] {
      if (dead_ || world_.now() < asleep_until_) return;
      woke_ = world_.now();
      Work(true);
    });
  }

  // The process ends without a word. What it sent may still arrive.
  void Die() {
    for (const auto& link : links_) link->Break({Vote::kDown, "the process ended"});
    dead_ = true;
    for (const auto& end : at_death_) end();
  }
  bool dead() const { return dead_; }
  void AtDeath(std::function<void()> end) { at_death_.push_back(std::move(end)); }

  void StepWallClock(milliseconds by) { wall_offset_us_ += by.count() * 1000; }

  // A call that has to end by `deadline`, or when the process runs again if it slept then.
  std::uint64_t BeginCall(nanoseconds limit) {
    calls_[++last_call_] = world_.now() + limit;
    return last_call_;
  }
  void EndCall(std::uint64_t call) {
    ASSERT_EQ(calls_.count(call), 1U) << "a call ended twice";
    EXPECT_LE(world_.now(), std::max(calls_[call], woke_)) << "a call ended late";
    calls_.erase(call);
  }

  void OnConnected(int node, const Greeting& greeting) override {
    engine_.OnNodeReady(node, greeting, world_.now());
    keys_.CheckNewConnection(*stage_.nodes[node], *links_[node]);
  }

  TimePoint woke() const { return woke_; }

  // Long after the trouble is over.
  void ExpectRest() {
    if (dead_) return;
    EXPECT_EQ(engine_.rounds_in_use(), 0U);
    EXPECT_EQ(engine_.leases_in_use(), 0U);
    EXPECT_FALSE(engine_.releasing());
    EXPECT_TRUE(calls_.empty()) << "a call never ended";
    EXPECT_EQ(engine_.GetStats().held, 0U);
    EXPECT_EQ(engine_.GetStats().waiting, 0U);
    engine_.WhenSettled(
        [this](const std::vector<NodeStatus>& nodes) {
          for (const NodeStatus& node : nodes) {
            EXPECT_TRUE(node.ready) << name_ << ", " << node.node << ": " << node.reason;
          }
        },
        world_.now());
  }

 private:
  std::int64_t BootMicros() const { return world_.now().time_since_epoch().count() / 1000; }

  void Work(bool woken) {
    busy_ = true;
    const bool timers_first = woken && world_.Chance(50);
    if (timers_first) engine_.OnTimer(world_.now());
    while (!inbox_.empty()) {
      const auto what = std::move(inbox_.front());
      inbox_.pop_front();
      what();
    }
    engine_.OnTimer(world_.now());
    busy_ = false;
    if (engine_.rounds_in_use() == 0 && engine_.leases_in_use() == 0) keys_.CheckIdle(name_);
    ScheduleWake();
  }

  void ScheduleWake() {
    const TimePoint next = engine_.next_timer();
    if (next >= wake_at_) return;
    wake_at_ = next;
    world_.At(next, [this] {
      if (wake_at_ <= world_.now()) wake_at_ = kNever;
      Do([] {});
    });
  }

  bool Send(int node, Tag tag, const ScriptCall& call, bool urgent, TimePoint) override {
    Request request = {.tag = tag,
                       .script = &call.script(),
                       .with_text = call.with_text(),
                       .keys = {call.keys().begin(), call.keys().end()},
                       .arguments = {call.arguments().begin(), call.arguments().end()},
                       .deadline = world_.now() + ModelLink::kCommandTimeout + KeyWatch::kSlack};
    keys_.OnRequest(request);
    if (request.script == &kAcquireScript) stage_.tokens.Begin(request.nonce());
    return links_[node]->Send(std::move(request), urgent);
  }

  void Fill(std::span<std::byte> bytes) override { world_.Fill(bytes); }
  std::int64_t UnixMicros() override { return BootMicros() + wall_offset_us_; }

  Stage& stage_;
  World& world_;
  const std::string name_;
  const bool fencing_;
  std::int64_t wall_offset_us_;
  std::deque<std::function<void()>> inbox_;
  bool busy_ = false;
  bool dead_ = false;
  std::vector<std::function<void()>> at_death_;
  TimePoint asleep_until_;
  TimePoint woke_;
  TimePoint wake_at_ = kNever;
  std::uint64_t last_call_ = 0;
  std::map<std::uint64_t, TimePoint> calls_;
  KeyWatch keys_;
  Engine engine_;
  std::vector<std::unique_ptr<ModelLink>> links_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_MODEL_CLIENT_H_
