#include "client_state.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <iterator>

#include "core/seats.h"
#include "core/stats_sum.h"
#include "core/text.h"
#include "net/route.h"
#include "net/strand.h"
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

// The answers of all groups, in their order.
class Gathering : public std::enable_shared_from_this<Gathering> {
 public:
  using Statuses = std::vector<NodeStatus>;

  Gathering(int groups, core::Engine::StatusesDone done)
      : parts_(static_cast<std::size_t>(groups)), missing_(groups), done_(std::move(done)) {}

  core::Engine::StatusesDone For(int group) {
    return [self = shared_from_this(), group](Statuses statuses) {
      self->Take(group, std::move(statuses));
    };
  }

  void Take(int group, Statuses statuses) {
    parts_[static_cast<std::size_t>(group)] = std::move(statuses);
    if (--missing_ > 0) return;
    Statuses all;
    for (Statuses& part : parts_) std::move(part.begin(), part.end(), std::back_inserter(all));
    done_(std::move(all));
  }

 private:
  std::vector<Statuses> parts_;
  int missing_;
  core::Engine::StatusesDone done_;
};

std::string DefaultOwner(const std::string& label) {
  std::array<char, 256> host = {};
  gethostname(host.data(), host.size() - 1);
  return std::string(host.data()).substr(0, 100) + ":" + std::to_string(getpid()) +
         (label.empty() ? "" : " " + label);
}

core::EngineOptions MakeEngineOptions(const ClientOptions& options,
                                      core::AdmissionOptions admission, Observer* observer) {
  core::EngineOptions engine;
  engine.admission = std::move(admission);
  engine.key_prefix = options.key_prefix;
  engine.owner = options.owner.empty() ? DefaultOwner(options.label) : options.owner;
  engine.drift_factor = options.drift_factor;
  engine.connect_timeout = options.connect_timeout;
  engine.command_timeout = options.command_timeout;
  engine.fencing = options.fencing;
  engine.observer = observer;
  return engine;
}

net::ConnectionOptions MakeConnectionOptions(const ClientOptions& options,
                                             std::shared_ptr<const net::TlsContext> tls,
                                             std::shared_ptr<net::PollSet> polls) {
  net::ConnectionOptions connection;
  connection.client_name = options.client_name;
  connection.link.connect_timeout = options.connect_timeout;
  connection.link.command_timeout = options.command_timeout;
  connection.link.keep_alive = kKeepAlive;
  connection.link.tls = std::move(tls);
  connection.link.polls = std::move(polls);
  connection.cluster_node_timeout = options.cluster_node_timeout;
  return connection;
}

net::ClusterSeats::Options MakeSeatsOptions(const ClientOptions& options,
                                            const std::vector<core::Endpoint>& roots,
                                            const net::LinkOptions& link) {
  net::ClusterSeats::Options seats;
  seats.roots = roots;
  seats.link = link;
  seats.client_name = options.client_name;
  seats.filter = options.node_filter;
  seats.zones = options.zones;
  return seats;
}

}  // namespace

ClientState::ClientState(const asio::any_io_executor& executor, ClientOptions options,
                         const Voters& voters, std::shared_ptr<const net::TlsContext> tls,
                         std::shared_ptr<RedisHandle> redis)
    : executor_(executor),
      strand_(net::MakeStrand(executor)),
      options_(std::move(options)),
      fork_generation_(net::ForkGeneration()),
      polls_(std::make_shared<net::PollSet>(strand_)),
      redis_(std::move(redis)),
      timer_(strand_),
      drain_timer_(strand_) {
  MakeGroups(voters, MakeConnectionOptions(options_, std::move(tls), polls_));
}

void ClientState::MakeGroups(const Voters& voters, const net::ConnectionOptions& connection) {
  for (const std::vector<core::Endpoint>& roots : voters.clusters) {
    clusters_.push_back(std::make_shared<net::ClusterSeats>(
        strand_, MakeSeatsOptions(options_, roots, connection.link)));
  }
  const auto make = [&](core::AdmissionOptions admission, Observer* observer) {
    const bool has_witnesses = core::AreHere(admission.witnesses);
    auto routes = RoutesOf(voters, admission.tags);
    auto group = std::make_unique<LockGroup>(
        *this, MakeEngineOptions(options_, std::move(admission), observer), std::move(routes),
        connection, strand_);
    if (has_witnesses) witnesses_ = group.get();
    return group;
  };
  Electorate electorate = ElectorateOf(options_, voters);
  for (core::AdmissionOptions& admission : electorate.groups) {
    groups_.push_back(make(std::move(admission), options_.observer.get()));
  }
  // No votes of these are to be told of.
  if (electorate.witnesses) no_locks_ = make(*std::move(electorate.witnesses), nullptr);
}

// Nodes come first, then the seats: all of one cluster, or one of each.
std::vector<std::shared_ptr<net::Route>> ClientState::RoutesOf(
    const Voters& voters, const std::vector<std::string>& tags) const {
  std::vector<std::shared_ptr<net::Route>> routes;
  for (const core::Endpoint& node : voters.nodes) {
    routes.push_back(std::make_shared<net::FixedRoute>(node));
  }
  for (std::size_t i = routes.size(); i < tags.size(); ++i) {
    const std::size_t cluster = voters.is_one_cluster() ? 0 : i - voters.nodes.size();
    routes.push_back(clusters_[cluster]->RouteFor(tags[i]));
  }
  return routes;
}

ClientState::~ClientState() = default;

absl::Status ClientState::Start() {
  absl::StatusOr<net::LossWatch*> watch = net::LossWatch::Get();
  if (!watch.ok()) return watch.status();
  watch_ = *watch;
  absl::Status status = timer_.Open(weak_from_this(), [this] {
    EnterAll([](core::Engine& engine, core::TimePoint now) { engine.OnTimer(now); });
  });
  if (!status.ok()) return status;
  net::DispatchOn(strand_, [self = shared_from_this()] {
    const auto start = [&](LockGroup& group) {
      group.Start();
      self->timer_.EnsureBy(group.engine().next_timer());
    };
    if (self->no_locks_) start(*self->no_locks_);
    for (const auto& group : self->groups_) start(*group);
  });
  return status;
}

void ClientState::Shutdown() {
  asio::post(strand_, [self = shared_from_this()] {
    self->EnterAll([](core::Engine& engine, core::TimePoint now) { engine.CancelAll(now); });
    self->Drain(net::Now() + kDrainTime);
  });
}

void ClientState::Drain(core::TimePoint deadline) {
  const bool releasing = std::any_of(groups_.begin(), groups_.end(),
                                     [](const auto& group) { return group->engine().releasing(); });
  if (!releasing || net::Now() >= deadline) return CloseAll();
  drain_timer_.expires_after(kDrainStep);
  drain_timer_.async_wait(
      [self = shared_from_this(), deadline](asio::error_code) { self->Drain(deadline); });
}

void ClientState::CloseAll() {
  closed_ = true;
  redis_ = nullptr;
  timer_.Close();
  for (const auto& cluster : clusters_) cluster->Stop();
  if (no_locks_) no_locks_->Close();
  for (const auto& group : groups_) group->Close();
}

absl::Status ClientState::CheckProcess() const {
  if (net::ForkGeneration() == fork_generation_) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "this client was made before fork(2); the child needs one of its own");
}

int ClientState::GroupOf(const std::string& name) const {
  return group_count() == 1 ? 0 : core::SeatGroupOf(name, group_count());
}

absl::StatusOr<int> ClientState::GroupOf(std::span<const std::string> names) const {
  const int group = GroupOf(names.front());
  for (const std::string& name : names) {
    if (GroupOf(name) == group) continue;
    return core::InvalidArgument("the names \"" + core::Printable(names.front(), 40) + "\" and \"" +
                                 core::Printable(name, 40) +
                                 "\" belong to different groups of seats, and cannot be locked "
                                 "together; a common hash "
                                 "tag, as \"{orders}\", in all names brings them into one");
  }
  return group;
}

void ClientState::WhenSettled(StatusesDone done) {
  if (group_count() == 1) {
    return Run(0, [done = std::move(done)](core::Engine& engine, core::TimePoint now) mutable {
      engine.WhenSettled(std::move(done), now);
    });
  }
  const auto gathering = std::make_shared<Gathering>(group_count(), std::move(done));
  for (int group = 0; group < group_count(); ++group) {
    Run(group, [gathering, group](core::Engine& engine, core::TimePoint now) {
      engine.WhenSettled(gathering->For(group), now);
    });
  }
}

// The witnesses come first: the others have to hear what came of it.
void ClientState::Reconfigure(StatusesDone done) {
  const auto gathering = std::make_shared<Gathering>(group_count(), std::move(done));
  auto rest = [self = shared_from_this(), gathering] {
    for (int group = 0; group < self->group_count(); ++group) {
      if (self->groups_[group].get() == self->witnesses_) continue;
      self->Run(group, [gathering, group](core::Engine& engine, core::TimePoint now) {
        engine.Reconfigure(gathering->For(group), now);
      });
    }
  };
  if (witnesses_ == nullptr) return rest();
  RunHere([gathering, rest = std::move(rest)](ClientState& self) mutable {
    auto taken = [&self, gathering, rest = std::move(rest)](std::vector<NodeStatus> statuses) {
      if (self.witnesses_ != self.no_locks_.get()) gathering->Take(0, std::move(statuses));
      rest();
    };
    self.Enter(*self.witnesses_, [&](core::Engine& engine, core::TimePoint now) {
      engine.Reconfigure(std::move(taken), now);
    });
  });
}

void ClientState::GetStats(absl::AnyInvocable<void(Stats)> done) {
  RunHere([done = std::move(done)](ClientState& self) mutable {
    core::StatsSum sum;
    for (const auto& group : self.groups_) group->engine().AddTo(sum);
    done(sum.Total());
  });
}

void ClientState::ShareWitnesses() {
  const core::WitnessState& state = witnesses_->engine().witnesses();
  if (state == shared_witnesses_) return;
  shared_witnesses_ = state;
  for (const auto& group : groups_) {
    if (group.get() == witnesses_) continue;
    Enter(*group, [this](core::Engine& engine, core::TimePoint now) {
      engine.SetWitnesses(shared_witnesses_, now);
    });
  }
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
