// What an observer hears, as one line for each event.
#ifndef HOLDFAST_TESTS_CORE_EVENT_LOG_H_
#define HOLDFAST_TESTS_CORE_EVENT_LOG_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "holdfast/errors.h"
#include "holdfast/observer.h"

namespace holdfast::core {

class EventLog : public Observer {
 public:
  // What was heard since the last call.
  std::vector<std::string> Take() { return std::exchange(events_, {}); }

  void OnAcquired(const LockEvent& lock, std::chrono::nanoseconds took, int attempts) override {
    Add("acquired", lock,
        std::to_string(took / std::chrono::milliseconds(1)) + " ms, attempts " +
            std::to_string(attempts));
  }
  void OnRefused(const LockEvent& lock, const absl::Status& why) override {
    Add("refused", lock, Summary(why));
  }
  void OnExtended(const LockEvent& lock, std::chrono::nanoseconds valid_for,
                  bool automatic) override {
    Add("extended", lock,
        std::to_string(valid_for / std::chrono::milliseconds(1)) + " ms" +
            (automatic ? ", automatic" : ""));
  }
  void OnExtendFailed(const LockEvent& lock, const absl::Status& why, bool automatic) override {
    Add("extend failed", lock, Summary(why) + (automatic ? ", automatic" : ""));
  }
  void OnLost(const LockEvent& lock, std::string_view why) override {
    Add("lost", lock, std::string(why));
  }
  void OnReleased(const LockEvent& lock, const absl::Status& status) override {
    Add("released", lock, Summary(status));
  }
  void OnNodeUp(std::string_view node) override { Add("up", node, ""); }
  void OnNodeDown(std::string_view node, std::string_view why) override { Add("down", node, why); }
  void OnNodeQuarantined(std::string_view node, std::string_view,
                         std::chrono::milliseconds votes_in) override {
    Add("quarantined", node, std::to_string(votes_in.count()) + " ms");
  }
  void OnNodeRefused(std::string_view node, std::string_view why) override {
    Add("refused", node, why);
  }
  void OnNodeWarning(std::string_view node, std::string_view what) override {
    Add("warning", node, what);
  }

 private:
  static std::string Summary(const absl::Status& status) {
    const auto failure = GetFailure(status);
    return failure ? failure->summary : std::string(status.ok() ? "ok" : "?");
  }
  void Add(std::string_view what, const LockEvent& lock, std::string_view more) {
    Add(what, std::string(lock.name) + "/" + std::to_string(lock.fence), more);
  }
  void Add(std::string_view what, std::string_view who, std::string_view more) {
    std::string& event = events_.emplace_back(what);
    event.append(" ").append(who);
    if (!more.empty()) event.append(": ").append(more);
  }

  std::vector<std::string> events_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_CORE_EVENT_LOG_H_
