// A process with an engine: connected to all nodes, asleep at times, and keeping books on its
// calls.
#ifndef HOLDFAST_TESTS_CORE_MODEL_CLIENT_H_
#define HOLDFAST_TESTS_CORE_MODEL_CLIENT_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/engine.h"
#include "model_link.h"
#include "model_node.h"
#include "world.h"

namespace holdfast::core {

using ModelNodes = std::vector<std::unique_ptr<ModelNode>>;

class ModelClient final : public Transport, public Randomness, public ModelLink::Host {
 public:
  // How long a key may outlive what the client reckons: the clocks drift apart between handshakes,
  // and a handshake tells a node's time only as well as its own round trip.
  static constexpr milliseconds kSlack{200};

  ModelClient(World& world, ModelNodes& nodes, int quorum, std::string name)
      : world_(world),
        nodes_(nodes),
        name_(std::move(name)),
        engine_(Options(static_cast<int>(nodes.size()), quorum), *this, *this, world.now()) {
    for (int i = 0; i < static_cast<int>(nodes.size()); ++i) {
      links_.push_back(std::make_unique<ModelLink>(world, *this, *nodes[i], i));
    }
    ScheduleWake();
  }

  World& world() { return world_; }
  Engine& engine() override { return engine_; }
  ModelLink& link(int node) { return *links_[node]; }

  void Do(std::function<void()> what) override {
    inbox_.push_back(std::move(what));
    if (!busy_ && world_.now() >= asleep_until_) Work(false);
  }

  // The process stands still, as when it is stopped or its machine is.
  void Sleep(nanoseconds pause) {
    asleep_until_ = std::max(asleep_until_, world_.now() + pause);
    world_.At(asleep_until_, [this] {
      if (world_.now() < asleep_until_) return;
      woke_ = world_.now();
      Work(true);
    });
  }

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

  void OnConnected(int node, std::int64_t clock_offset_ms) override {
    engine_.OnNodeReady(node, clock_offset_ms, world_.now());
    for (const auto& [name, key] : nodes_[node]->keys()) {
      if (!released_.contains(key.nonce) || !MustBeGone(*nodes_[node], key)) continue;
      EXPECT_TRUE(links_[node]->IsOnItsWay("release", key.nonce)) << "a release was forgotten";
    }
  }

  // The keys of `nonce` need not be undone; they expire.
  void LetExpire(std::string_view nonce) { left_.emplace(nonce); }

  TimePoint woke() const { return woke_; }
  bool idle() const { return engine_.rounds_in_use() == 0 && engine_.leases_in_use() == 0; }

  void ExpectNothingUnderWay() {
    EXPECT_EQ(engine_.rounds_in_use(), 0U);
    EXPECT_EQ(engine_.leases_in_use(), 0U);
    EXPECT_FALSE(engine_.releasing());
    EXPECT_TRUE(calls_.empty()) << "a call never ended";
  }

 private:
  static EngineOptions Options(int nodes, int quorum) {
    EngineOptions options;
    for (int node = 0; node < nodes; ++node) options.nodes.push_back("n" + std::to_string(node));
    options.quorum = quorum;
    options.key_prefix_size = 5;  // "lock:"
    options.command_timeout = ModelLink::kCommandTimeout;
    options.connect_timeout = milliseconds(500);
    return options;
  }

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
    CheckKeys();
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

  // Once the engine has nothing more to do, no key is left that should have been undone, and none
  // that lives longer than its lease can.
  void CheckKeys() {
    if (!idle()) return;
    for (const auto& node : nodes_) {
      for (const auto& [name, key] : node->keys()) {
        if (!gone_by_.contains(key.nonce) || !MustBeGone(*node, key)) continue;
        EXPECT_TRUE(left_.contains(key.nonce)) << name_ << " left " << name << " behind";
        EXPECT_LE(world_.now() + RestOf(*node, key), gone_by_[key.nonce])
            << "a key outlives its lease";
      }
    }
  }

  static nanoseconds RestOf(const ModelNode& node, const ModelNode::Key& key) {
    return milliseconds(key.expires_ms - node.UnixMs()) - kSlack;
  }
  // Unless it is still wanted: nobody but its client can remove it, and it will not expire soon.
  static bool MustBeGone(const ModelNode& node, const ModelNode::Key& key) {
    return RestOf(node, key) > nanoseconds(0);
  }

  bool Send(int node, Tag tag, const ScriptCall& call, bool urgent, TimePoint) override {
    Sent sent = {node, tag, std::string(call.script->name), call.with_text, std::string(call.key),
                 {}};
    for (std::size_t i = 0; i < call.argument_count; ++i) {
      sent.arguments.emplace_back(call.arguments[i]);
    }
    if (sent.script == "release") released_.insert(sent.nonce());
    if (call.argument_count > 1) {  // Sets or prolongs a key.
      const milliseconds ttl(*ParseNumber<std::int64_t>(sent.arguments[1]));
      TimePoint& gone_by = gone_by_[sent.nonce()];
      gone_by = std::max(gone_by, world_.now() + ModelLink::kCommandTimeout + ttl);
    }
    return links_[node]->Send(std::move(sent), urgent);
  }

  void Fill(std::span<std::byte> bytes) override { world_.Fill(bytes); }

  World& world_;
  ModelNodes& nodes_;
  std::string name_;
  std::deque<std::function<void()>> inbox_;
  bool busy_ = false;
  TimePoint asleep_until_;
  TimePoint woke_;
  TimePoint wake_at_ = kNever;
  std::uint64_t last_call_ = 0;
  std::map<std::uint64_t, TimePoint> calls_;
  std::map<std::string, TimePoint> gone_by_;  // By nonce.
  std::set<std::string> released_;
  std::set<std::string> left_;
  Engine engine_;
  std::vector<std::unique_ptr<ModelLink>> links_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_CORE_MODEL_CLIENT_H_
