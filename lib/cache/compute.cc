#include "cache/compute.h"

#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <exception>
#include <utility>

#include "core/text.h"
#include "holdfast/errors.h"
#include "net/clock.h"
#include "net/strand.h"

namespace holdfast {
namespace detail {
namespace {

using std::chrono::milliseconds;

// The value is looked at again after so many attempts to get the lock: the pause is between them.
constexpr int kAttemptsPerLook = 2;
constexpr milliseconds kRetryDelay{100}, kRetryJitter{50};

// A stale value is better than these; and the wait for the lock may go on.
bool MayPass(const absl::Status& status) {
  return IsHeld(status) || IsUndecided(status) || IsNoQuorum(status);
}

// Hands on the first answer. A function that was dropped before it answered must not leave others
// waiting.
class OneAnswer {
 public:
  explicit OneAnswer(Cache::Done done) : done_(std::move(done)) {}
  ~OneAnswer() { Give(absl::CancelledError("the computation was dropped without an answer")); }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;

  void Give(absl::StatusOr<std::string> answer) {
    if (given_) return;
    given_ = true;
    done_(std::move(answer));
  }

 private:
  Cache::Done done_;
  bool given_ = false;
};

}  // namespace

template <class Member>
auto Computation::Then(Member member) {
  return asio::bind_executor(strand_, [self = shared_from_this(), member](auto&& result) {
    ((*self).*member)(std::forward<decltype(result)>(result));
  });
}

Computation::Computation(std::shared_ptr<const CacheState> cache, std::string key,
                         ComputeOptions options, Cache::Compute compute)
    : cache_(std::move(cache)),
      key_(std::move(key)),
      options_(options),
      strand_(net::MakeStrand(cache_->redis.get_executor())),
      compute_(std::move(compute)) {}

void Computation::Start(Completion<Result> done) {
  asio::dispatch(strand_, [self = shared_from_this(), done = std::move(done)]() mutable {
    self->done_ = std::move(done);
    self->deadline_ = net::Now() + self->options_.wait;
    const absl::Status status = self->Check();
    if (!status.ok()) return self->Finish(status);
    self->Look();
  });
}

void Computation::Cancel() {
  asio::post(strand_, [self = shared_from_this()] {
    self->cancelled_ = true;
    self->cancel_.emit(asio::cancellation_type::terminal);
  });
}

absl::Status Computation::Check() {
  if (!cache_->locks) {
    return absl::FailedPreconditionError(
        "this cache was made without a lock client, which GetOrCompute needs");
  }
  const milliseconds zero(0);
  if (options_.wait < zero || options_.wait > kWaitForever) {
    return core::InvalidArgument("wait must be 0 to kWaitForever");
  }
  if (options_.stale_for < zero || options_.stale_for > kLongestTtl) {
    return core::InvalidArgument("stale_for must be 0 to kLongestTtl");
  }
  const auto expiry = ExpiryOf(options_.ttl, cache_->options.ttl);
  if (!expiry.ok()) return expiry.status();
  if (expiry->past()) return core::InvalidArgument("ttl must be more than 0");
  expiry_ = *expiry;
  const bool expires = expiry_.kind == CacheExpiry::Kind::kAfter;
  if (!expires && options_.stale_for != zero) {
    return core::InvalidArgument("stale_for needs a ttl: without one no value becomes stale");
  }
  if (expires) expiry_.ms += options_.stale_for.count();
  return absl::OkStatus();
}

void Computation::Look() {
  const std::string key = cache_->KeyOf(key_);
  if (options_.stale_for == milliseconds(0)) {
    return cache_->redis.Execute({"GET", key}, Then(&Computation::OnValue));
  }
  // At once, so that the expiry is that of the value.
  cache_->redis.Transaction(Batch().Add({"GET", key}).Add({"PTTL", key}),
                            Then(&Computation::OnValueAndTtl));
}

void Computation::OnValue(const absl::StatusOr<Reply>& reply) {
  if (!reply.ok()) return Finish(reply.status());
  OnLook(cache_->Decode(key_, *reply), true);
}

void Computation::OnValueAndTtl(const absl::StatusOr<std::vector<Reply>>& replies) {
  if (!replies.ok()) return Finish(replies.status());
  const Reply ttl = replies->size() == 2 ? replies->back() : Reply();
  if (!ttl.is_integer()) return Finish(absl::InternalError("PTTL: no number"));
  const bool expires = ttl.integer() >= 0;
  OnLook(cache_->Decode(key_, replies->front()),
         !expires || milliseconds(ttl.integer()) > options_.stale_for);
}

void Computation::OnLook(absl::StatusOr<std::optional<std::string>> value, bool fresh) {
  if (!value.ok()) return Finish(value.status());
  if (*value && fresh) return Finish(**std::move(value));
  stale_ = *std::move(value);
  if (cancelled_) return Finish(absl::CancelledError("cancelled before the computation"));
  if (lock_) return Compute();
  if (refusal_ && Left() <= milliseconds(0)) return GiveUp();
  Acquire();
}

void Computation::Acquire() {
  // A wait that is over is not a wait of 0, which lasts for up to the command timeout.
  const bool once = options_.wait == milliseconds(0);
  cache_->locks->Acquire("compute:" + cache_->KeyOf(key_),
                         {.ttl = options_.lock_ttl,
                          .wait = once ? options_.wait : std::max(Left(), milliseconds(1)),
                          .max_attempts = kAttemptsPerLook,
                          .retry_delay = kRetryDelay,
                          .retry_jitter = kRetryJitter,
                          .auto_extend = true,
                          .max_hold = options_.max_hold},
                         asio::bind_cancellation_slot(cancel_.slot(), Then(&Computation::OnLock)));
}

void Computation::OnLock(absl::StatusOr<Lock> lock) {
  if (lock.ok()) {
    lock_.emplace(*std::move(lock));
  } else if (MayPass(lock.status())) {
    // The last attempt may have been too short to hear of a holder that one before it heard of.
    if (!refusal_ || !IsHeld(*refusal_) || IsHeld(lock.status())) refusal_ = lock.status();
  } else {
    return Finish(lock.status());
  }
  Look();
}

void Computation::GiveUp() {
  if (stale_) return Finish(*std::move(stale_));
  Finish(*refusal_);
}

void Computation::Compute() {
  Cache::Compute compute = std::move(compute_);
  try {
    compute(WhenComputed());
  } catch (const std::exception& error) {
    OnComputed(absl::InternalError(std::string("the computation threw: ") + error.what()));
  } catch (...) {
    OnComputed(absl::InternalError("the computation threw"));
  }
}

Cache::Done Computation::WhenComputed() {
  auto answer = std::make_unique<OneAnswer>([self = shared_from_this()](Result value) {
    asio::post(self->strand_,
               [self, value = std::move(value)]() mutable { self->OnComputed(std::move(value)); });
  });
  return [answer = std::move(answer)](Result value) { answer->Give(std::move(value)); };
}

void Computation::OnComputed(Result value) {
  if (std::exchange(computed_, true)) return;  // An exception has dropped the answer, too.
  const bool lost = lock_->valid_for() == std::chrono::nanoseconds(0);
  if (!value.ok() || lost) return Finish(std::move(value));
  Command set("SET", cache_->KeyOf(key_), cache_->Encode(*value));
  expiry_.AddTo(set);
  cache_->redis.Execute(
      std::move(set),
      asio::bind_executor(
          strand_, [self = shared_from_this(), value = std::move(value)](
                       const absl::StatusOr<Reply>&) mutable { self->Finish(std::move(value)); }));
}

void Computation::Finish(Result result) {
  if (!lock_) return std::exchange(done_, {})(std::move(result));
  // How the release ends is of no matter to who wants the value.
  lock_->Release(asio::bind_executor(
      strand_,
      [self = shared_from_this(), result = std::move(result)](const absl::Status&) mutable {
        std::exchange(self->done_, {})(std::move(result));
      }));
}

milliseconds Computation::Left() const {
  return std::chrono::floor<milliseconds>(deadline_ - net::Now());
}

}  // namespace detail

std::shared_ptr<detail::Computation> Cache::MakeComputation(std::string_view key,
                                                            const ComputeOptions& options,
                                                            Compute compute) const {
  return std::make_shared<detail::Computation>(state_, std::string(key), options,
                                               std::move(compute));
}

void Cache::StartComputation(const std::shared_ptr<detail::Computation>& computation,
                             detail::Completion<absl::StatusOr<std::string>> done) {
  computation->Start(std::move(done));
}

void Cache::CancelComputation(const std::weak_ptr<detail::Computation>& computation) {
  if (const auto running = computation.lock()) running->Cancel();
}

}  // namespace holdfast
