// One GetOrCompute: from the first look to the release of the lock.
#ifndef HOLDFAST_CACHE_COMPUTE_H_
#define HOLDFAST_CACHE_COMPUTE_H_

#include <asio/any_io_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cache/expiry.h"
#include "cache/state.h"
#include "core/time.h"
#include "holdfast/cache.h"
#include "holdfast/lock.h"

namespace holdfast::detail {

// Keeps itself alive until its end. All but Start and Cancel run on its strand.
//
// Fresh and stale are told apart by the key's expiry: a value is stored for `ttl` and `stale_for`
// together, and is stale in the last `stale_for` of that. So it needs one key, whose value is
// plain.
class Computation : public std::enable_shared_from_this<Computation> {
 public:
  using Result = absl::StatusOr<std::string>;

  Computation(std::shared_ptr<const CacheState> cache, std::string key, ComputeOptions options,
              Cache::Compute compute);

  // Any thread; once.
  void Start(Completion<Result> done);

  // Any thread, at any time.
  void Cancel();

 private:
  absl::Status Check();

  void Look();
  void OnValue(const absl::StatusOr<Reply>& reply);
  void OnValueAndTtl(const absl::StatusOr<std::vector<Reply>>& replies);
  void OnLook(absl::StatusOr<std::optional<std::string>> value, bool fresh);

  void Acquire();
  void OnLock(absl::StatusOr<Lock> lock);
  void GiveUp();

  void Compute();
  Cache::Done WhenComputed();
  void OnComputed(Result value);
  void Finish(Result result);

  std::chrono::milliseconds Left() const;
  template <class Member>
  auto Then(Member member);  // A handler that calls the member, on the strand.

  const std::shared_ptr<const CacheState> cache_;
  const std::string key_;
  const ComputeOptions options_;
  const asio::any_io_executor strand_;
  Cache::Compute compute_;

  CacheExpiry expiry_;  // For how long the value is stored.
  core::TimePoint deadline_;
  Completion<Result> done_;
  asio::cancellation_signal cancel_;
  bool cancelled_ = false;
  std::optional<std::string> stale_;
  std::optional<absl::Status> refusal_;  // Why there is no lock; absent: it was not tried.
  std::optional<Lock> lock_;
  bool computed_ = false;
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_CACHE_COMPUTE_H_
