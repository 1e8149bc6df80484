// What a Lock is made of.
#ifndef HOLDFAST_LOCK_STATE_H_
#define HOLDFAST_LOCK_STATE_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "client_state.h"
#include "core/engine_types.h"
#include "core/limits.h"
#include "core/time.h"
#include "holdfast/detail/initiate.h"
#include "holdfast/lock.h"
#include "holdfast/names.h"
#include "lease_term.h"

namespace holdfast::detail {

// The engine tells it of the lease on the strand; a Lock reads it from any thread. It needs the
// client, which whoever uses it keeps. It does not do so itself: the watch thread may be the last
// to let go of it, and a client must be gone before its executor is.
class LockState final : public core::LeaseObserver, public std::enable_shared_from_this<LockState> {
 public:
  // Who waits for the lock, and what for. A call under way does not keep the client: when that
  // goes, the call is cancelled.
  struct Waiter {
    std::weak_ptr<ClientHandle> client;
    std::uint64_t ticket = 0;
    AcquireOptions options;
    Completion<absl::StatusOr<Lock>> done;
  };

  // `group`: which of the client's has the lock.
  LockState(ClientState& client, int group, Names names, Waiter waiter);

  ClientState& client() const { return client_; }
  // Runs `call(engine, now)` for the engine that has the lock, as ClientState::Run does.
  template <class Call>
  void Run(Call call) {
    client_.Run(group_, std::move(call));
  }
  // The same of the call that ends it. Where there is no memory for that, the engine is not told
  // that this goes: then it must not go, and the lock runs out by itself.
  template <class Call>
  void RunLast(Call call) {
    std::shared_ptr<LockState> self = shared_from_this();
    try {
      Run(std::move(call));
    } catch (...) {
      self_ = std::move(self);
      throw;
    }
  }
  const std::string& name() const {
    return names_.list().size() == 1 ? names_.list().front() : all_names_;
  }
  std::span<const std::string> names() const { return names_.list(); }
  std::string_view token() const { return {token_.data(), token_.size()}; }
  std::span<const std::uint64_t> fences() const { return fences_; }
  std::chrono::nanoseconds valid_for() const;
  std::stop_token lost() const { return term_.lost(); }

  // True for the first who asks: from then on the lock is released or detached.
  bool End();
  bool ended() const { return ended_.load(); }

  // Gets the lock for its waiter.
  void Acquire();

  // Before anybody else has it.
  void SetToken(std::string_view token) { token.copy(token_.data(), token_.size()); }

  // Strand only.
  core::LeaseId id() const { return id_; }
  // The lease is there: from now on the engine tells of it.
  void Open(core::Engine& engine, core::LeaseId id);
  bool OnValidity(core::TimePoint valid_until, core::TimePoint lost_at) override;
  void OnLost() override;

 private:
  void OnAcquired(core::Engine& engine, const absl::StatusOr<core::LeaseId>& id);

  ClientState& client_;
  const int group_;
  const Names names_;
  const std::string all_names_;  // For people, where there are several.
  std::array<char, core::kNonceDigits> token_ = {};
  absl::InlinedVector<std::uint64_t, 1> fences_;
  Waiter waiter_;
  core::LeaseId id_;
  LeaseTerm term_;
  std::atomic<bool> ended_ = false;
  std::shared_ptr<LockState> self_;
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_LOCK_STATE_H_
