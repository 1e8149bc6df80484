#include "client_state.h"

#include <unistd.h>

#include <array>
#include <asio/strand.hpp>
#include <cstring>
#include <exception>

#include "core/fingerprint.h"
#include "core/quorum.h"
#include "redis_state.h"

namespace holdfast::detail {
namespace {

// How long the end of a client waits for its last releases. What is not answered by then is in the
// kernel's hands, and runs out with its ttl at the worst.
constexpr core::milliseconds kDrainTime{200};
constexpr core::milliseconds kDrainStep{1};

// A node that vanished without a word is noticed by the command timeout once it is asked; this is
// for connections that nobody uses.
constexpr core::milliseconds kKeepAlive{30'000};

std::string DefaultOwner(const std::string& label) {
  std::array<char, 256> host = {};
  gethostname(host.data(), host.size() - 1);
  return std::string(host.data()).substr(0, 100) + ":" + std::to_string(getpid()) +
         (label.empty() ? "" : " " + label);
}

core::AdmissionOptions MakeAdmissionOptions(const ClientOptions& options,
                                            const std::vector<core::Endpoint>& endpoints) {
  core::AdmissionOptions admission;
  for (const core::Endpoint& endpoint : endpoints) admission.nodes.push_back(endpoint.name());
  const int nodes = static_cast<int>(endpoints.size());
  admission.quorum = core::QuorumSize(nodes, options.tolerate_forgetful);
  admission.max_ttl = options.max_ttl;
  admission.fingerprint = core::MakeFingerprint(
      nodes, admission.quorum, options.max_ttl,
      options.membership.empty() ? core::MembershipOf(endpoints) : options.membership);
  admission.trust_persistence = options.trust_persistence;
  admission.new_installation = options.new_installation;
  return admission;
}

core::EngineOptions MakeEngineOptions(const ClientOptions& options,
                                      const std::vector<core::Endpoint>& endpoints) {
  core::EngineOptions engine;
  engine.admission = MakeAdmissionOptions(options, endpoints);
  engine.key_prefix = options.key_prefix;
  engine.owner = options.owner.empty() ? DefaultOwner(options.label) : options.owner;
  engine.drift_factor = options.drift_factor;
  engine.connect_timeout = options.connect_timeout;
  engine.command_timeout = options.command_timeout;
  engine.fencing = options.fencing;
  engine.observer = options.observer.get();
  return engine;
}

}  // namespace

ClientState::ClientState(const asio::any_io_executor& executor, ClientOptions options,
                         std::vector<Endpoint> endpoints,
                         std::shared_ptr<const net::TlsContext> tls,
                         std::shared_ptr<RedisHandle> redis)
    : executor_(executor),
      strand_(asio::make_strand(executor)),
      options_(std::move(options)),
      fork_generation_(net::ForkGeneration()),
      engine_(MakeEngineOptions(options_, endpoints), *this, randomness_, wall_clock_, net::Now()),
      redis_(std::move(redis)),
      timer_(strand_),
      drain_timer_(strand_) {
  net::LinkOptions link;
  link.connect_timeout = options_.connect_timeout;
  link.command_timeout = options_.command_timeout;
  link.keep_alive = kKeepAlive;
  link.tls = std::move(tls);
  for (core::Endpoint& endpoint : endpoints) {
    const int node = static_cast<int>(connections_.size());
    connections_.push_back(std::make_shared<net::Connection>(strand_, node, std::move(endpoint),
                                                             options_.client_name, link, *this));
  }
}

ClientState::~ClientState() = default;

absl::Status ClientState::Start() {
  absl::StatusOr<net::LossWatch*> watch = net::LossWatch::Get();
  if (!watch.ok()) return watch.status();
  watch_ = *watch;
  absl::Status status = timer_.Open(weak_from_this(), [this] {
    Enter([](core::Engine& engine, core::TimePoint now) { engine.OnTimer(now); });
  });
  if (!status.ok()) return status;
  asio::dispatch(strand_, [self = shared_from_this()] {
    for (const auto& connection : self->connections_) connection->Start();
    self->timer_.EnsureBy(self->engine_.next_timer());
  });
  return status;
}

void ClientState::Shutdown() {
  asio::post(strand_, [self = shared_from_this()] {
    self->Enter([](core::Engine& engine, core::TimePoint now) { engine.CancelAll(now); });
    self->Drain(net::Now() + kDrainTime);
  });
}

void ClientState::Drain(core::TimePoint deadline) {
  if (!engine_.releasing() || net::Now() >= deadline) return CloseAll();
  drain_timer_.expires_after(kDrainStep);
  drain_timer_.async_wait(
      [self = shared_from_this(), deadline](asio::error_code) { self->Drain(deadline); });
}

void ClientState::CloseAll() {
  closed_ = true;
  redis_ = nullptr;
  timer_.Close();
  for (const auto& connection : connections_) connection->Close();
}

absl::Status ClientState::CheckProcess() const {
  if (net::ForkGeneration() == fork_generation_) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "this client was made before fork(2); the child needs one of its own");
}

bool ClientState::Send(int node, core::Tag tag, const core::ScriptCall& call, bool urgent,
                       core::TimePoint now) {
  return connections_[node]->Send(tag, call, urgent, now);
}

void ClientState::OnReady(int node, const core::Greeting& greeting) {
  Enter(
      [&](core::Engine& engine, core::TimePoint now) { engine.OnNodeReady(node, greeting, now); });
}

void ClientState::OnDown(int node, core::NodeProblem problem) {
  Enter([&](core::Engine& engine, core::TimePoint now) {
    engine.OnNodeDown(node, std::move(problem), now);
  });
}

void ClientState::OnReply(int node, core::Tag tag, core::ReplyView reply) {
  Enter([&](core::Engine& engine, core::TimePoint now) {
    engine.OnNodeReply(node, tag, reply, now);
  });
}

void ClientState::OnNoReply(int node, core::Tag tag) {
  Enter([&](core::Engine& engine, core::TimePoint now) { engine.OnNodeNoReply(node, tag, now); });
}

std::uint64_t ClientState::Random() {
  std::array<std::byte, sizeof(std::uint64_t)> bytes;
  randomness_.Fill(bytes);
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

ClientHandle::~ClientHandle() {
  if (state_->CheckProcess().ok()) {
    try {
      state_->Shutdown();
    } catch (const std::exception&) {
      // No memory to end it in order: its connections end with the executor's context.
    }
    return;
  }
  // In a forked child: closing would take the parent's sockets out of the epoll set that both
  // share. The memory is the price of a fork without exec.
  static_cast<void>(new std::shared_ptr<ClientState>(std::move(state_)));
}

}  // namespace holdfast::detail
