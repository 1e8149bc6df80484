// The same operations for threads that wait.
//
//   auto client = BlockingClient::Create({.nodes = {"redis://a", "redis://b", "redis://c:6380"}});
//   if (!client.ok()) return client.status();
//   auto lock = client->Acquire("order:42", {.ttl = 10s, .wait = 5s});
//   if (!lock.ok()) return lock.status();
//   …                                       // released when `lock` goes out of scope
#ifndef HOLDFAST_BLOCKING_H_
#define HOLDFAST_BLOCKING_H_

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holdfast/blocking_redis.h"
#include "holdfast/client.h"
#include "holdfast/lock.h"
#include "holdfast/names.h"
#include "holdfast/nodes.h"
#include "holdfast/options.h"
#include "holdfast/stats.h"

namespace holdfast {

namespace detail {
class IoThread;
}

// `Lock` for threads that wait; what is said there holds here, but for this: Extend and Release
// block, for the client's command timeout at the most. In a callback that the client calls, as one
// of `lost()`, they fail at once with kFailedPrecondition and do nothing. Where no BlockingClient
// is left, the destructor of the last lock waits as said below.
class BlockingLock {
 public:
  BlockingLock(BlockingLock&&) noexcept = default;
  BlockingLock& operator=(BlockingLock&& other) noexcept;
  ~BlockingLock() { LetGo(); }

  const std::string& name() const { return lock_.name(); }
  std::span<const std::string> names() const { return lock_.names(); }
  std::uint64_t fence() const { return lock_.fence(); }
  std::span<const std::uint64_t> fences() const { return lock_.fences(); }
  std::string_view token() const { return lock_.token(); }
  std::chrono::nanoseconds valid_for() const { return lock_.valid_for(); }
  std::stop_token lost() const { return lock_.lost(); }

  absl::Status Extend(std::chrono::milliseconds ttl);
  absl::Status Release();
  std::string Detach();

 private:
  friend class BlockingClient;
  BlockingLock(std::shared_ptr<detail::IoThread> thread, Lock lock)
      : thread_(std::move(thread)), lock_(std::move(lock)) {}

  void LetGo() noexcept;

  std::shared_ptr<detail::IoThread> thread_;  // Before lock_: must outlive it.
  Lock lock_;
};

// `Client` with a thread of its own for the connections. Cheap to copy, safe to call from any
// thread. Each call blocks its caller, until its deadline at the most.
//
// Callbacks, as those of `lost()` and of an observer, run on the client's thread, or on one that
// waits in a call of the client in that moment and does the thread's work meanwhile; one at a time.
// So do not hold a mutex during a call that a callback takes, too, and have no callback wait for a
// thread that may be in a call. In a callback, calls of the same client fail at once with
// kFailedPrecondition.
//
// Whoever destroys the last copy or BlockingLock waits for releases under way, 200 ms at the most;
// what no node confirmed by then is in the kernel's hands, or expires with its ttl.
class BlockingClient {
 public:
  BlockingClient(const BlockingClient&) = default;
  BlockingClient(BlockingClient&&) noexcept = default;
  BlockingClient& operator=(BlockingClient other) noexcept {
    client_ = std::move(other.client_);  // First: the thread waits for the last client on it.
    thread_ = std::move(other.thread_);
    return *this;
  }
  ~BlockingClient() = default;

  // As `Client::Create`; does not wait for the connections. kResourceExhausted: no thread to be
  // had.
  static absl::StatusOr<BlockingClient> Create(ClientOptions options);

  // As `Client::Acquire`. A stop request on `cancel` ends the call with kCancelled, unless it has
  // succeeded by then: `client.Acquire("a", {}, stop)`.
  absl::StatusOr<BlockingLock> Acquire(const Names& names, AcquireOptions options = {},
                                       std::stop_token cancel = {}) const;

  // The rest as those of `Client`.
  absl::StatusOr<BlockingLock> Attach(const Names& names, std::string_view token) const;
  absl::StatusOr<Inspection> Inspect(std::string_view name) const;
  absl::StatusOr<Inspection> Inspect(std::initializer_list<const char*>) const = delete;
  absl::StatusOr<std::vector<NodeStatus>> Nodes() const;
  absl::StatusOr<Stats> GetStats() const;
  absl::StatusOr<std::vector<NodeStatus>> Reconfigure() const;
  absl::StatusOr<BlockingRedis> redis() const;

 private:
  friend class BlockingCache;

  BlockingClient(std::shared_ptr<detail::IoThread> thread, Client client)
      : thread_(std::move(thread)), client_(std::move(client)) {}

  std::shared_ptr<detail::IoThread> thread_;  // Before client_: must outlive it.
  Client client_;
};

}  // namespace holdfast

#endif  // HOLDFAST_BLOCKING_H_
