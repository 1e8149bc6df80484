#include "holdfast/client.h"

#include <algorithm>
#include <optional>

#include "client_state.h"
#include "core/limits.h"
#include "core/text.h"
#include "lock_state.h"
#include "net/tls.h"
#include "redis_state.h"
#include "voters.h"

namespace holdfast {
namespace {

// For other commands than locks; null where nothing says which server is meant.
absl::StatusOr<std::shared_ptr<detail::RedisHandle>> MakeRedis(
    const asio::any_io_executor& executor, const ClientOptions& options) {
  RedisOptions made;
  if (options.cache) {
    made = *options.cache;
  } else if (options.nodes.size() + options.clusters.size() == 1) {
    if (options.nodes.empty()) {
      made.cluster = options.clusters.front();
    } else {
      made.url = options.nodes.front();
    }
    made.tls = options.tls;
    made.client_name = options.client_name;
    made.connect_timeout = options.connect_timeout;
  } else {
    return nullptr;
  }
  auto state = detail::RedisState::Make(executor, std::move(made));
  if (!state.ok()) return state.status();
  return std::make_shared<detail::RedisHandle>(*std::move(state));
}

}  // namespace

absl::StatusOr<Client> Client::Create(asio::any_io_executor executor, ClientOptions options) {
  const auto voters = detail::ReadVoters(options);
  if (!voters.ok()) return voters.status();
  const bool connects_by_tls =
      !voters->clusters.empty() || std::any_of(voters->nodes.begin(), voters->nodes.end(),
                                               [](const core::Endpoint& node) { return node.tls; });
  auto tls = net::TlsContext::CreateIfNeeded(connects_by_tls, options.tls);
  if (!tls.ok()) return tls.status();
  auto redis = MakeRedis(executor, options);
  if (!redis.ok()) return redis.status();
  auto state = std::make_shared<detail::ClientState>(executor, std::move(options), *voters,
                                                     *std::move(tls), *std::move(redis));
  const absl::Status status = state->Start();
  if (!status.ok()) return status;
  return Client(std::make_shared<detail::ClientHandle>(std::move(state)));
}

absl::StatusOr<Lock> Client::Attach(Names names, std::string_view token) const {
  absl::Status status = core::CheckNames(names.list());
  if (status.ok()) status = core::CheckToken(token);
  if (status.ok()) status = handle_->state().CheckProcess();
  if (!status.ok()) return status;
  const auto group = handle_->state().GroupOf(names.list());
  if (!group.ok()) return group.status();
  auto lock = std::make_shared<detail::LockState>(handle_->state(), *group, std::move(names),
                                                  detail::LockState::Waiter());
  lock->SetToken(token);
  lock->Run([client = handle_, lock](core::Engine& engine, core::TimePoint now) {
    lock->Open(engine, engine.Attach(lock->names(), lock->token(), now));
  });
  return Lock({handle_, std::move(lock)});
}

absl::StatusOr<Redis> Client::redis() const {
  absl::Status status = handle_->state().CheckProcess();
  if (!status.ok()) return status;
  const std::shared_ptr<detail::RedisHandle>& redis = handle_->state().redis();
  if (redis == nullptr) {
    const ClientOptions& options = handle_->state().options();
    return absl::FailedPreconditionError(
        "there are " + std::to_string(options.nodes.size() + options.clusters.size()) +
        (options.clusters.empty() ? " nodes" : " nodes and clusters") +
        ": the option `cache` must say which server other commands go to");
  }
  redis->state().EnsureStarted();
  return Redis(redis);
}

asio::any_io_executor Client::get_executor() const { return handle_->state().executor(); }

std::uint64_t Client::NextTicket() const { return handle_->state().NextTicket(); }

void Client::Cancel(const std::weak_ptr<detail::ClientHandle>& client, std::uint64_t ticket) {
  const auto handle = client.lock();
  if (handle == nullptr) return;
  handle->state().RunOnAll(
      [ticket](core::Engine& engine, core::TimePoint now) { engine.Cancel(ticket, now); });
}

void Client::StartAcquire(std::uint64_t ticket, Names names, const AcquireOptions& options,
                          detail::Completion<absl::StatusOr<Lock>> done) const {
  absl::Status status = core::CheckNames(names.list());
  if (status.ok()) status = core::CheckAcquire(options, handle_->state().options().max_ttl);
  if (status.ok()) status = handle_->state().CheckProcess();
  if (!status.ok()) return done(std::move(status));
  const auto group = handle_->state().GroupOf(names.list());
  if (!group.ok()) return done(group.status());
  detail::LockState::Waiter waiter{handle_, ticket, options, std::move(done)};
  std::make_shared<detail::LockState>(handle_->state(), *group, std::move(names), std::move(waiter))
      ->Acquire();
}

void Client::StartInspect(std::string name,
                          detail::Completion<absl::StatusOr<Inspection>> done) const {
  absl::Status status = core::CheckName(name);
  if (status.ok()) status = handle_->state().CheckProcess();
  if (!status.ok()) return done(std::move(status));
  const int group = handle_->state().GroupOf(name);
  handle_->state().Run(group, [name = std::move(name), done = std::move(done)](
                                  core::Engine& engine, core::TimePoint now) mutable {
    engine.Inspect(name, std::move(done), now);
  });
}

void Client::StartNodes(detail::Completion<absl::StatusOr<std::vector<NodeStatus>>> done) const {
  absl::Status status = handle_->state().CheckProcess();
  if (!status.ok()) return done(std::move(status));
  handle_->state().WhenSettled(std::move(done));
}

void Client::StartGetStats(detail::Completion<absl::StatusOr<Stats>> done) const {
  absl::Status status = handle_->state().CheckProcess();
  if (!status.ok()) return done(std::move(status));
  handle_->state().GetStats(std::move(done));
}

void Client::StartReconfigure(
    detail::Completion<absl::StatusOr<std::vector<NodeStatus>>> done) const {
  absl::Status status = handle_->state().CheckProcess();
  if (!status.ok()) return done(std::move(status));
  handle_->state().Reconfigure(std::move(done));
}

}  // namespace holdfast
