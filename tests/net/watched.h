// Deadlines for the tests of the watch thread.
#ifndef HOLDFAST_TESTS_NET_WATCHED_H_
#define HOLDFAST_TESTS_NET_WATCHED_H_

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <utility>

#include "net/clock.h"
#include "net/loss_watch.h"
#include "support/eventually.h"

namespace holdfast::net {

using holdfast::testing::Eventually;
using namespace std::chrono_literals;

inline constexpr auto kFarOff = 1h;

// Counts its calls, and does in each what it is given.
class Callee final : public LossWatch::Target {
 public:
  explicit Callee(std::function<void()> action = [] {}) : action_(std::move(action)) {}

  void OnDeadline() noexcept override {
    last_ = Now();
    action_();
    ++calls_;
  }

  int calls() const { return calls_.load(); }
  core::TimePoint last() const { return last_.load(); }
  bool WasCalled(int times = 1) const {
    return Eventually([&] { return calls() >= times; });
  }

 private:
  const std::function<void()> action_;
  std::atomic<core::TimePoint> last_ = core::kLongAgo;
  std::atomic<int> calls_ = 0;
};

inline LossWatch& Watch() {
  const absl::StatusOr<LossWatch*> watch = LossWatch::Get();
  if (!watch.ok()) abort();
  return **watch;
}

// A deadline that is removed at the end of its scope.
class Watched {
 public:
  explicit Watched(std::shared_ptr<Callee> callee, core::TimePoint when = Now() + kFarOff)
      : callee_(std::move(callee)), ticket_(watch_.Add(callee_, when)) {}
  explicit Watched(core::TimePoint when = Now() + kFarOff)
      : Watched(std::make_shared<Callee>(), when) {}
  ~Watched() { watch_.Remove(ticket_); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  void Move(core::TimePoint when) { watch_.Move(ticket_, when); }
  void LetGo() { callee_.reset(); }
  const Callee& operator*() const { return *callee_; }
  const Callee* operator->() const { return callee_.get(); }

 private:
  LossWatch& watch_ = Watch();
  std::shared_ptr<Callee> callee_;
  const LossWatch::Ticket ticket_;
};

// Something that is due now has been called, and so all that was due before it.
inline void AwaitWatch() {
  const Watched last(Now());
  ASSERT_TRUE(last->WasCalled());
}

}  // namespace holdfast::net

#endif  // HOLDFAST_TESTS_NET_WATCHED_H_
