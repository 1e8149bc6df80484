#include "holdfast/blocking.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/post.hpp>
#include <optional>
#include <utility>

#include "io_thread.h"

namespace holdfast {

BlockingLock& BlockingLock::operator=(BlockingLock&& other) noexcept {
  if (this == &other) return *this;
  LetGo();
  lock_ = std::move(other.lock_);  // First: the thread waits for the last lock on it.
  thread_ = std::move(other.thread_);
  return *this;
}

void BlockingLock::LetGo() noexcept {
  if (thread_ == nullptr) return;
  const bool ended = lock_.ended();
  { const Lock gone(std::move(lock_)); }
  if (!ended) thread_->Nudge();
}

std::string BlockingLock::Detach() {
  std::string token = lock_.Detach();
  thread_->Nudge();
  return token;
}

absl::Status BlockingLock::Extend(std::chrono::milliseconds ttl) {
  return thread_->Await<absl::Status>(
      [this, ttl](auto handler) { lock_.Extend(ttl, std::move(handler)); });
}

absl::Status BlockingLock::Release() {
  return thread_->Await<absl::Status>([this](auto handler) { lock_.Release(std::move(handler)); });
}

absl::StatusOr<BlockingClient> BlockingClient::Create(ClientOptions options) {
  auto thread = detail::IoThread::Start();
  if (!thread.ok()) return thread.status();
  auto client = Client::Create((*thread)->io().get_executor(), std::move(options));
  if (!client.ok()) return client.status();
  return BlockingClient(*std::move(thread), *std::move(client));
}

absl::StatusOr<BlockingLock> BlockingClient::Acquire(const Names& names, AcquireOptions options,
                                                     std::stop_token cancel) const {
  const auto signal = std::make_shared<asio::cancellation_signal>();
  auto emit = [thread = thread_, signal] {
    // Signals are not thread-safe: only ever in the loop.
    asio::post(thread->io(), [signal] { signal->emit(asio::cancellation_type::terminal); });
  };
  // Registered once the call has started; a stop request from before is noticed then.
  std::optional<std::stop_callback<decltype(emit)>> on_cancel;
  auto lock = thread_->Await<absl::StatusOr<Lock>>([&](auto handler) {
    client_.Acquire(names, options, asio::bind_cancellation_slot(signal->slot(), handler));
    on_cancel.emplace(cancel, emit);
  });
  if (!lock.ok()) return lock.status();
  Recheck(lock);
  if (!lock.ok()) return lock.status();
  return BlockingLock(thread_, *std::move(lock));
}

absl::StatusOr<BlockingLock> BlockingClient::Attach(const Names& names,
                                                    std::string_view token) const {
  auto lock = client_.Attach(names, token);
  if (!lock.ok()) return lock.status();
  thread_->Nudge();
  return BlockingLock(thread_, *std::move(lock));
}

absl::StatusOr<Inspection> BlockingClient::Inspect(std::string_view name) const {
  return thread_->Await<absl::StatusOr<Inspection>>(
      [&](auto handler) { client_.Inspect(name, std::move(handler)); });
}

absl::StatusOr<std::vector<NodeStatus>> BlockingClient::Nodes() const {
  return thread_->Await<absl::StatusOr<std::vector<NodeStatus>>>(
      [&](auto handler) { client_.Nodes(std::move(handler)); });
}

absl::StatusOr<Stats> BlockingClient::GetStats() const {
  return thread_->Await<absl::StatusOr<Stats>>(
      [&](auto handler) { client_.GetStats(std::move(handler)); });
}

absl::StatusOr<BlockingRedis> BlockingClient::redis() const {
  auto redis = client_.redis();
  if (!redis.ok()) return redis.status();
  return BlockingRedis(thread_->NewHandle(), *std::move(redis));
}

absl::StatusOr<std::vector<NodeStatus>> BlockingClient::Reconfigure() const {
  return thread_->Await<absl::StatusOr<std::vector<NodeStatus>>>(
      [&](auto handler) { client_.Reconfigure(std::move(handler)); });
}

}  // namespace holdfast
