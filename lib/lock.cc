#include "holdfast/lock.h"

#include <exception>

#include "core/failure.h"
#include "core/limits.h"
#include "core/text.h"
#include "lock_state.h"

namespace holdfast {
namespace detail {

LockState::LockState(std::shared_ptr<ClientHandle> client, int group,
                     std::vector<std::string> names, std::string token,
                     std::vector<std::uint64_t> fences)
    : client_(std::move(client)),
      group_(group),
      names_(std::move(names)),
      name_(core::Joined(names_)),
      token_(std::move(token)),
      fences_(std::move(fences)),
      term_(LeaseTerm::Make(client_->state().watch())) {}

std::chrono::nanoseconds LockState::valid_for() const {
  return ended() ? std::chrono::nanoseconds(0) : term_->left();
}

bool LockState::End() { return !ended_.exchange(true); }

bool LockState::OnValidity(core::TimePoint valid_until, core::TimePoint lost_at) {
  return term_->Hold(valid_until, lost_at);
}

void LockState::OnLost() { term_->End(); }

}  // namespace detail

namespace {

absl::Status LostFailure(const std::string& name, std::string summary) {
  Failure failure;
  failure.kind = Failure::Kind::kLost;
  failure.summary = std::move(summary);
  return core::MakeFailure(name, failure);
}

void ReleaseInBackground(const std::shared_ptr<detail::LockState>& state) noexcept {
  if (state == nullptr || !state->client().CheckProcess().ok() || !state->End()) return;
  try {
    state->Run([state](core::Engine& engine, core::TimePoint now) {
      engine.Release(state->id(), nullptr, now);
      state->OnLost();
    });
  } catch (const std::exception&) {
    // No memory for the message: the lock runs out by itself.
    state->KeepForEver(state);
  }
}

}  // namespace

Lock& Lock::operator=(Lock&& other) noexcept {
  if (this == &other) return *this;
  ReleaseInBackground(state_);
  state_ = std::move(other.state_);
  return *this;
}

Lock::~Lock() { ReleaseInBackground(state_); }

const std::string& Lock::name() const { return state_->name(); }
const std::vector<std::string>& Lock::names() const { return state_->names(); }
std::uint64_t Lock::fence() const { return state_->fences().front(); }
const std::vector<std::uint64_t>& Lock::fences() const { return state_->fences(); }
const std::string& Lock::token() const { return state_->token(); }
std::chrono::nanoseconds Lock::valid_for() const { return state_->valid_for(); }
std::stop_token Lock::lost() const { return state_->lost(); }
asio::any_io_executor Lock::executor() const { return state_->client().executor(); }

std::string Lock::Detach() {
  if (state_->End()) {
    state_->Run([state = state_](core::Engine& engine, core::TimePoint) {
      engine.Forget(state->id());
      state->OnLost();
    });
  }
  return state_->token();
}

void Lock::StartExtend(const State& state, std::chrono::milliseconds ttl,
                       detail::Completion<absl::Status> done) {
  absl::Status status = state->client().CheckProcess();
  if (status.ok()) status = core::CheckTtl(ttl, state->client().options().max_ttl);
  if (status.ok() && state->ended())
    status = LostFailure(state->name(), "it was released or detached before");
  if (!status.ok()) return done(std::move(status));
  state->Run(
      [state, ttl, done = std::move(done)](core::Engine& engine, core::TimePoint now) mutable {
        engine.Extend(state->id(), ttl, std::move(done), now);
      });
}

void Lock::StartRelease(const State& state, detail::Completion<absl::Status> done) {
  absl::Status status = state->client().CheckProcess();
  if (!status.ok()) return done(std::move(status));
  if (!state->End()) return done(LostFailure(state->name(), "it was released or detached before"));
  state->Run([state, done = std::move(done)](core::Engine& engine, core::TimePoint now) mutable {
    engine.Release(state->id(), std::move(done), now);
    state->OnLost();
  });
}

void Recheck(absl::StatusOr<Lock>& result) {
  if (!result.ok() || result->valid_for().count() > 0) return;
  Failure failure;
  failure.kind = Failure::Kind::kUndecided;
  failure.summary = "its validity ran out before it could be handed over";
  result = core::MakeFailure(result->name(), failure);
}

}  // namespace holdfast
