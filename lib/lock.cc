#include "holdfast/lock.h"

#include <exception>

#include "core/failure.h"
#include "core/limits.h"
#include "core/text.h"
#include "lock_state.h"

namespace holdfast {
namespace detail {

LockState::LockState(ClientState& client, int group, Names names, Waiter waiter)
    : client_(client),
      group_(group),
      names_(std::move(names)),
      all_names_(names_.list().size() == 1 ? "" : core::Joined(names_.list())),
      fences_(names_.list().size()),
      waiter_(std::move(waiter)),
      term_(client.watch()) {}

std::chrono::nanoseconds LockState::valid_for() const {
  return ended() ? std::chrono::nanoseconds(0) : term_.left();
}

void LockState::Open(core::Engine& engine, core::LeaseId id) {
  id_ = id;
  term_.Watch(std::shared_ptr<LeaseTerm>(shared_from_this(), &term_));
  engine.Observe(id, this);
}

void LockState::Acquire() {
  Run([self = shared_from_this()](core::Engine& engine, core::TimePoint now) {
    const Waiter& waiter = self->waiter_;
    auto done = [self](core::Engine& granting, const absl::StatusOr<core::LeaseId>& id) {
      self->OnAcquired(granting, id);
    };
    engine.Acquire(waiter.ticket, self->names(), waiter.options, std::move(done), now);
  });
}

void LockState::OnAcquired(core::Engine& engine, const absl::StatusOr<core::LeaseId>& id) {
  Waiter waiter = std::move(waiter_);
  if (!id.ok()) return waiter.done(id.status());
  std::shared_ptr<ClientHandle> client = waiter.client.lock();
  if (client == nullptr) {
    engine.Release(*id, nullptr, net::Now());
    return waiter.done(absl::CancelledError("the client was closed"));
  }
  SetToken(engine.token(*id));
  const std::span<const std::int64_t> fences = engine.fences(*id);
  fences_.assign(fences.begin(), fences.end());
  Open(engine, *id);
  waiter.done(Lock({std::move(client), shared_from_this()}));
}

bool LockState::End() { return !ended_.exchange(true); }

bool LockState::OnValidity(core::TimePoint valid_until, core::TimePoint lost_at) {
  return term_.Hold(valid_until, lost_at);
}

void LockState::OnLost() { term_.End(); }

}  // namespace detail

namespace {

absl::Status LostFailure(const std::string& name, std::string summary) {
  Failure failure;
  failure.kind = Failure::Kind::kLost;
  failure.summary = std::move(summary);
  return core::MakeFailure(name, failure);
}

}  // namespace

Lock& Lock::operator=(Lock&& other) noexcept {
  if (this == &other) return *this;
  ReleaseInBackground(parts_);
  parts_ = std::move(other.parts_);
  return *this;
}

Lock::~Lock() { ReleaseInBackground(parts_); }

void Lock::ReleaseInBackground(const Parts& lock) noexcept {
  if (lock.state == nullptr) return;
  if (!lock.state->client().CheckProcess().ok() || !lock.state->End()) return;
  try {
    lock.state->RunLast([lock](core::Engine& engine, core::TimePoint now) {
      engine.Release(lock.state->id(), nullptr, now);
      lock.state->OnLost();
    });
  } catch (const std::exception&) {
    // No memory: it runs out by itself.
  }
}

const std::string& Lock::name() const { return parts_.state->name(); }
std::span<const std::string> Lock::names() const { return parts_.state->names(); }
std::uint64_t Lock::fence() const { return parts_.state->fences().front(); }
std::span<const std::uint64_t> Lock::fences() const { return parts_.state->fences(); }
std::string_view Lock::token() const { return parts_.state->token(); }
std::chrono::nanoseconds Lock::valid_for() const { return parts_.state->valid_for(); }
std::stop_token Lock::lost() const { return parts_.state->lost(); }
asio::any_io_executor Lock::executor() const { return parts_.state->client().executor(); }

bool Lock::ended() const noexcept { return parts_.state->ended(); }

std::string Lock::Detach() {
  if (parts_.state->End()) {
    parts_.state->RunLast([lock = parts_](core::Engine& engine, core::TimePoint) {
      engine.Forget(lock.state->id());
      lock.state->OnLost();
    });
  }
  return std::string(token());
}

void Lock::StartExtend(Parts lock, std::chrono::milliseconds ttl,
                       detail::Completion<absl::Status> done) {
  const detail::LockState& state = *lock.state;
  absl::Status status = state.client().CheckProcess();
  if (status.ok()) status = core::CheckTtl(ttl, state.client().options().max_ttl);
  if (status.ok() && state.ended())
    status = LostFailure(state.name(), "it was released or detached before");
  if (!status.ok()) return done(std::move(status));
  lock.state->Run(
      [lock, ttl, done = std::move(done)](core::Engine& engine, core::TimePoint now) mutable {
        engine.Extend(lock.state->id(), ttl, std::move(done), now);
      });
}

void Lock::StartRelease(Parts lock, detail::Completion<absl::Status> done) {
  detail::LockState& state = *lock.state;
  absl::Status status = state.client().CheckProcess();
  if (!status.ok()) return done(std::move(status));
  if (!state.End()) return done(LostFailure(state.name(), "it was released or detached before"));
  state.RunLast([lock = std::move(lock), done = std::move(done)](core::Engine& engine,
                                                                 core::TimePoint now) mutable {
    engine.Release(lock.state->id(), std::move(done), now);
    lock.state->OnLost();
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
