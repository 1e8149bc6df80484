// Keeps a lock extended while a command runs.
#ifndef HOLDFAST_CLI_LEASE_KEEPER_H_
#define HOLDFAST_CLI_LEASE_KEEPER_H_

#include <chrono>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "asio/io_context.hpp"
#include "asio/steady_timer.hpp"
#include "holdfast/lock.h"

namespace holdfast::cli {

// Extends when a third of the ttl is gone. A failed extension is tried again soon, because the lock
// is still ours until its validity ends (PROTOCOL.md rule 6).
class LeaseKeeper : public std::enable_shared_from_this<LeaseKeeper> {
 public:
  // `lock` must live until `Stop`; `on_extended` is called after each extension.
  LeaseKeeper(asio::io_context& io, Lock& lock, std::chrono::milliseconds ttl,
              std::function<void()> on_extended);

  void Start() { ScheduleNext(); }
  void Stop();

  // Whether an extension waits for its votes; also behind `Stop` it may bring a `last_failure`.
  bool extending() const { return extending_; }

  // The last extension's error; OK if it succeeded, or none was tried.
  const absl::Status& last_failure() const { return last_failure_; }

 private:
  void ScheduleNext();
  void ScheduleRetry();
  void ExtendAfter(std::chrono::nanoseconds delay);
  void Extend();
  void OnExtended(const absl::Status& status);

  asio::steady_timer timer_;
  Lock& lock_;
  const std::chrono::milliseconds ttl_;
  std::function<void()> on_extended_;
  absl::Status last_failure_;
  bool extending_ = false;
  bool stopped_ = false;
};

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_LEASE_KEEPER_H_
