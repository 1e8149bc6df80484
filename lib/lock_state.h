// What a Lock is made of.
#ifndef HOLDFAST_LOCK_STATE_H_
#define HOLDFAST_LOCK_STATE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "client_state.h"
#include "core/engine_types.h"
#include "core/time.h"
#include "lease_term.h"

namespace holdfast::detail {

// The engine tells it of the lease on the strand; a Lock reads it from any thread.
class LockState final : public core::LeaseObserver {
 public:
  // `group`: which of the client's has the lock.
  LockState(std::shared_ptr<ClientHandle> client, int group, std::vector<std::string> names,
            std::string token, std::vector<std::uint64_t> fences);

  ClientState& client() const { return client_->state(); }
  // Runs `call(engine, now)` for the engine that has the lock, as ClientState::Run does.
  template <class Call>
  void Run(Call call) {
    client().Run(group_, std::move(call));
  }
  const std::string& name() const { return name_; }
  const std::vector<std::string>& names() const { return names_; }
  const std::string& token() const { return token_; }
  const std::vector<std::uint64_t>& fences() const { return fences_; }
  std::chrono::nanoseconds valid_for() const;
  std::stop_token lost() const { return term_->lost(); }

  // True for the first who asks: from then on the lock is released or detached.
  bool End();
  bool ended() const { return ended_.load(); }

  // Where the engine cannot be told that this goes: it must not go, then.
  void KeepForEver(std::shared_ptr<LockState> self) { self_ = std::move(self); }

  // Strand only.
  core::LeaseId id() const { return id_; }
  void Open(core::LeaseId id) { id_ = id; }
  bool OnValidity(core::TimePoint valid_until, core::TimePoint lost_at) override;
  void OnLost() override;

 private:
  const std::shared_ptr<ClientHandle> client_;
  const int group_;
  const std::vector<std::string> names_;
  const std::string name_;  // All of them, for people.
  const std::string token_;
  const std::vector<std::uint64_t> fences_;
  core::LeaseId id_;
  const std::shared_ptr<LeaseTerm> term_;
  std::atomic<bool> ended_ = false;
  std::shared_ptr<LockState> self_;
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_LOCK_STATE_H_
