// One after the other takes a lock, extends it a few times, and gives it up; in every way there is.
#ifndef HOLDFAST_TESTS_CORE_MODEL_USER_H_
#define HOLDFAST_TESTS_CORE_MODEL_USER_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "beliefs.h"
#include "core/engine.h"
#include "model_client.h"
#include "world.h"

namespace holdfast::core {

// What happened, so that a test can see that it tested something.
struct Happenings {
  int acquired = 0;
  int refused = 0;
  int extended = 0;
  int lost = 0;
  int released = 0;
};

class ModelUser final : public LeaseObserver {
 public:
  ModelUser(ModelClient& client, Beliefs& beliefs, Happenings& happenings)
      : client_(client), world_(client.world()), beliefs_(beliefs), happenings_(happenings) {
    Pause(50);
  }

 private:
  Engine& engine() { return client_.engine(); }

  void Pause(int most_ms) {
    world_.After(world_.Between(milliseconds(0), milliseconds(most_ms)),
                 [this] { client_.Do([this] { Acquire(); }); });
  }
  milliseconds Ttl() { return milliseconds(50 + world_.Below(world_.Chance(30) ? 2000 : 400)); }

  void Acquire() {
    if (world_.healed()) return;
    if (world_.Chance(10)) Inspect();
    if (world_.Chance(5)) ReleaseAnExtendingLock();
    key_ = world_.Chance(85) ? "lock:a" : "lock:b";
    AcquireOptions options = {.ttl = Ttl()};
    if (world_.Chance(60)) options.wait = milliseconds(1 + world_.Below(1000));
    options.retry_delay = milliseconds(20 + world_.Below(100));
    options.retry_jitter = milliseconds(world_.Below(20));
    const bool waits = options.wait.count() > 0;
    const auto call = client_.BeginCall(waits ? options.wait : ModelLink::kCommandTimeout);
    const std::uint64_t ticket = reinterpret_cast<std::uintptr_t>(this) + call;
    if (world_.Chance(15)) CancelLater(ticket);
    engine().Acquire(
        ticket, key_, options,
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
    const LeaseId id = engine().Attach("lock:b", std::string(32, 'f'), world_.now());
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
    id_ = id;
    lost_ = false;
    engine().Observe(id, this);
    Continue();
  }

  void Continue() {
    world_.After(world_.Between(milliseconds(0), milliseconds(world_.Chance(80) ? 80 : 800)),
                 [this] { client_.Do([this] { NextStep(); }); });
  }

  void NextStep() {
    const bool over = world_.now() >= valid_until_ && client_.woke() < valid_until_;
    EXPECT_TRUE(lost_ || !over) << "the loss was not told";
    if (world_.Chance(world_.healed() ? 0 : 60)) return Extend();
    if (world_.Chance(8)) return Forget();
    Release();
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
    if (lost_ || world_.now() >= valid_until_) client_.LetExpire(engine().token(id_));
    beliefs_.End(this);
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
    client_.LetExpire(engine().token(id_));
    beliefs_.End(this);
    engine().Forget(id_);
    Pause(100);
  }

  void Inspect() {
    const auto call = client_.BeginCall(ModelLink::kCommandTimeout);
    const auto done = [this, call](const Inspection&) { client_.EndCall(call); };
    engine().Inspect(key_, done, world_.now());
  }

  void OnValidity(TimePoint valid_until) override {
    EXPECT_FALSE(lost_) << "a loss is final";
    EXPECT_EQ(beliefs_.Begin(this, key_, valid_until, world_.now()), "");
    valid_until_ = valid_until;
  }

  void OnLost() override {
    EXPECT_FALSE(lost_) << "a loss is told once";
    // It may go on until the validity ends: the telling comes ahead of that.
    lost_ = true;
    ++happenings_.lost;
  }

  ModelClient& client_;
  World& world_;
  Beliefs& beliefs_;
  Happenings& happenings_;
  std::string key_;
  LeaseId id_;
  TimePoint valid_until_;
  bool lost_ = false;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_CORE_MODEL_USER_H_
