// What the client tells of its locks and nodes, for the commands that have to act on it.
#ifndef HOLDFAST_CLI_EVENTS_H_
#define HOLDFAST_CLI_EVENTS_H_

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "cli/report.h"
#include "holdfast/observer.h"

namespace holdfast::cli {

// Warnings go to stderr at once. For the thread that runs the client's io_context.
class Events final : public Observer {
 public:
  enum class Standing { kUnknown, kVoting, kQuarantined, kRefused, kDown };

  // Whom to tell how each extension ended; replaces the one before.
  void OnExtension(std::function<void(const absl::Status&)> heard) { heard_ = std::move(heard); }

  // How the node host:port stands, by what was told last.
  Standing StandingOf(const std::string& node) const {
    const auto found = standings_.find(node);
    return found == standings_.end() ? Standing::kUnknown : found->second;
  }

  void OnExtended(const LockEvent&, std::chrono::nanoseconds, bool) override {
    if (heard_) heard_(absl::OkStatus());
  }
  void OnExtendFailed(const LockEvent&, const absl::Status& why, bool) override {
    if (heard_) heard_(why);
  }
  void OnNodeUp(std::string_view node) override { Note(node, Standing::kVoting); }
  void OnNodeDown(std::string_view node, std::string_view) override { Note(node, Standing::kDown); }
  void OnNodeQuarantined(std::string_view node, std::string_view,
                         std::chrono::milliseconds) override {
    Note(node, Standing::kQuarantined);
  }
  void OnNodeRefused(std::string_view node, std::string_view) override {
    Note(node, Standing::kRefused);
  }
  void OnNodeWarning(std::string_view node, std::string_view what) override {
    Say("warning: " + std::string(node) + ": " + Printable(std::string(what)));
  }

 private:
  void Note(std::string_view node, Standing standing) { standings_[std::string(node)] = standing; }

  std::function<void(const absl::Status&)> heard_;
  std::map<std::string, Standing> standings_;
};

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_EVENTS_H_
