// One after the other takes a lock, extends it a few times, and gives it up; in every way there is.
#ifndef HOLDFAST_TESTS_SIM_MODEL_USER_H_
#define HOLDFAST_TESTS_SIM_MODEL_USER_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/engine.h"
#include "model_client.h"
#include "stage.h"

namespace holdfast::core {

class ModelUser final : public LeaseObserver {
 public:
  explicit ModelUser(ModelClient& client)
      : client_(client),
        stage_(client.stage()),
        world_(stage_.world),
        happenings_(stage_.happenings) {
    client.AtDeath([this] { stage_.beliefs.End(this); });
    Pause(50);
  }

 private:
  // When, after the last trouble, all nodes have said what they still have, and nothing keeps a
  // lock from being extended.
  static constexpr milliseconds kCalm{3'000};

  Engine& engine() { return client_.engine(); }

  void Pause(int most_ms) {
    if (stage_.quiet) most_ms *= 8;
    world_.After(world_.Between(milliseconds(0), milliseconds(most_ms)),
                 [this] { client_.Do([this] { Acquire(); }); });
  }

  milliseconds Ttl() {
    if (world_.Chance(30)) return stage_.max_ttl;
    return std::min(milliseconds(50 + world_.Below(400)), stage_.max_ttl);
  }

  std::vector<std::string> Names() {
    if (world_.Chance(15)) return {"a", "b"};
    return {world_.Chance(85) ? "a" : "b"};
  }

  AcquireOptions Options() {
    AcquireOptions options = {.ttl = Ttl()};
    if (world_.Chance(60)) options.wait = milliseconds(1 + world_.Below(1000));
    options.retry_delay = milliseconds(20 + world_.Below(100));
    options.retry_jitter = milliseconds(world_.Below(20));
    options.auto_extend = world_.Chance(25);
    const bool bounded = options.auto_extend && world_.Chance(50);
    if (bounded) options.max_hold = options.ttl + milliseconds(world_.Below(1000));
    return options;
  }

  void Acquire() {
    if (world_.healed()) return;
    if (world_.Chance(10)) Inspect();
    if (world_.Chance(5)) ReleaseAnExtendingLock();
    names_ = Names();
    options_ = Options();
    const bool waits = options_.wait.count() > 0;
    const auto call = client_.BeginCall(waits ? options_.wait : ModelLink::kCommandTimeout);
    const std::uint64_t ticket = reinterpret_cast<std::uintptr_t>(this) + call;
    if (world_.Chance(15)) CancelLater(ticket);
    engine().Acquire(
        ticket, names_, options_,
        [this, call](Engine&, absl::StatusOr<LeaseId> id) {
          client_.EndCall(call);
          if (id.ok()) return Hold(*id);
          ++happenings_.refused;
          Pause(100);
        },
        world_.now());
  }

  // By a token that nobody holds a lock under; perhaps before there is any connection.
  void ReleaseAnExtendingLock() {
    const std::vector<std::string> names = {"b"};
    const LeaseId id = engine().Attach(names, std::string(32, 'f'), world_.now());
    const auto call = client_.BeginCall(ModelLink::kCommandTimeout);
    engine().Extend(
        id, Ttl(), [this, call](const absl::Status&) { client_.EndCall(call); }, world_.now());
    engine().Release(id, nullptr, world_.now());
  }

  void CancelLater(std::uint64_t ticket) {
    world_.After(world_.Between(milliseconds(0), milliseconds(300)), [this, ticket] {
      client_.Do([this, ticket] { engine().Cancel(ticket, world_.now()); });
    });
  }

  void Hold(LeaseId id) {
    ++happenings_.acquired;
    happenings_.several += names_.size() > 1 ? 1 : 0;
    id_ = id;
    lost_ = false;
    lost_at_ = kNever;
    acquired_ = world_.now();
    CheckTokens();
    engine().Observe(id, this);
    Continue();
  }

  // One for each name, larger than all before; 0 without fencing.
  void CheckTokens() {
    const std::span<const std::int64_t> fences = engine().fences(id_);
    ASSERT_EQ(fences.size(), names_.size());
    for (std::size_t i = 0; i < fences.size(); ++i) {
      if (!client_.fencing()) {
        EXPECT_EQ(fences[i], 0);
      } else {
        const bool known = IsKnown(stage_, names_[i], fences[i]);
        ++(known ? happenings_.compared : happenings_.unknown);
        EXPECT_EQ(stage_.tokens.Finish(engine().token(id_), names_[i], fences[i], known), "");
      }
    }
  }

  void Continue() {
    world_.After(world_.Between(milliseconds(0), milliseconds(world_.Chance(80) ? 80 : 800)),
                 [this] { client_.Do([this] { NextStep(); }); });
  }

  void NextStep() {
    const bool over = world_.now() > lost_at_ && client_.woke() < lost_at_;
    EXPECT_TRUE(lost_ || !over) << "the loss was not told";
    if (lost_ && world_.Chance(50)) return Release();
    const bool bounded = options_.max_hold.count() > 0;
    const bool keep = options_.auto_extend && (world_.healed() || world_.Chance(80));
    if (keep && !lost_ && !Calm(milliseconds(1'000))) return Continue();
    if (world_.Chance(world_.healed() || bounded ? 0 : stage_.quiet ? 10 : 60)) return Extend();
    if (world_.Chance(stage_.quiet ? 50 : 10)) return Forget();
    Release();
  }

  bool Calm(milliseconds more) const {
    return world_.healed() && world_.now() > world_.healed_at() + kCalm + more;
  }

  void Extend() {
    const auto call = client_.BeginCall(ModelLink::kCommandTimeout);
    const auto done = [this, call](const absl::Status& status) {
      client_.EndCall(call);
      happenings_.extended += status.ok() ? 1 : 0;
    };
    engine().Extend(id_, Ttl(), done, world_.now());
    Continue();  // Perhaps while the extension is under way.
  }

  void Release() {
    // A lock that expired is not undone: its keys expire, too (PROTOCOL.md rule 7).
    if (lost_ || world_.now() >= valid_until_) client_.keys().LetExpire(engine().token(id_));
    stage_.beliefs.End(this);
    if (world_.Chance(30)) {
      engine().Release(id_, nullptr, world_.now());
      return Pause(100);
    }
    const auto call = client_.BeginCall(ModelLink::kCommandTimeout);
    const auto done = [this, call](const absl::Status& status) {
      client_.EndCall(call);
      happenings_.released += status.ok() ? 1 : 0;
      Pause(100);
    };
    engine().Release(id_, done, world_.now());
  }

  void Forget() {
    client_.keys().LetExpire(engine().token(id_));
    stage_.beliefs.End(this);
    engine().Forget(id_);
    Pause(100);
  }

  void Inspect() {
    const auto call = client_.BeginCall(ModelLink::kCommandTimeout);
    const auto done = [this, call](const Inspection&) { client_.EndCall(call); };
    engine().Inspect("a", done, world_.now());
  }

  bool OnValidity(TimePoint valid_until, TimePoint lost_at) override {
    EXPECT_FALSE(lost_) << "a loss is final";
    EXPECT_LT(lost_at, valid_until) << "the loss is told too late";
    // Its holder looked at the clock before this came.
    if (world_.now() >= lost_at_ && world_.Chance(50)) return false;
    for (const std::string& name : names_) {
      EXPECT_EQ(stage_.beliefs.Begin(this, name, valid_until, world_.now()), "");
    }
    if (options_.max_hold.count() > 0) {
      EXPECT_LE(valid_until, acquired_ + options_.max_hold) << "held beyond max_hold";
    }
    valid_until_ = valid_until;
    lost_at_ = lost_at;
    return true;
  }

  void OnLost() override {
    EXPECT_FALSE(lost_) << "a loss is told once";
    if (options_.auto_extend && options_.max_hold.count() == 0) {
      EXPECT_FALSE(Calm(milliseconds(0))) << "a lock was not kept";
    }
    // It may go on until the validity ends: the telling comes ahead of that.
    lost_ = true;
    ++happenings_.lost;
  }

  ModelClient& client_;
  Stage& stage_;
  World& world_;
  Happenings& happenings_;
  std::vector<std::string> names_;
  AcquireOptions options_;
  LeaseId id_;
  TimePoint acquired_;
  TimePoint valid_until_;
  TimePoint lost_at_ = kNever;
  bool lost_ = false;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_MODEL_USER_H_
