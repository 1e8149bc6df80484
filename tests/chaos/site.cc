#include "chaos/site.h"

#include <sys/resource.h>

#include "support/server_states.h"

namespace holdfast::testing {
namespace {

// Nobody may rely on clocks that agree.
constexpr std::int64_t kClocksApart = 600'000'000'000;

// Servers that are started meanwhile come before their clients, as those that have a machine of
// their own do. Where that is not permitted, they do not.
class Favour {
 public:
  Favour() : before_(getpriority(PRIO_PROCESS, 0)) { setpriority(PRIO_PROCESS, 0, -10); }
  ~Favour() { setpriority(PRIO_PROCESS, 0, before_); }
  Favour(const Favour&) = delete;
  Favour& operator=(const Favour&) = delete;

 private:
  const int before_;
};

// There are nodes of both kinds.
Durability DurabilityOf(int node) {
  return node % 2 == 1 ? Durability::kAlways : Durability::kNone;
}

}  // namespace

Site::Site(int nodes, std::uint64_t seed, std::string& why)
    : count_(nodes), network_(nodes + kClientHosts, seed, why) {
  if (!why.empty()) return;
  std::mt19937_64 random(seed);
  for (int node = 0; node < nodes; ++node) StartNode(node, random);
  const Inside host(network_.host(0));  // For its loopback device; clients use the socket.
  store_ = std::make_unique<RedisServer>(
      ServerSetup{.durability = Durability::kNone, .unix_socket = true});
}

void Site::StartNode(int node, std::mt19937_64& random) {
  std::uniform_int_distribution ahead(-kClocksApart, kClocksApart);
  clocks_.emplace_back(ahead(random));
  const NetworkNamespace& host = network_.host(node);
  const Inside inside(host);
  const Favour favour;
  nodes_.push_back(std::make_unique<RedisServer>(
      ServerSetup{.durability = DurabilityOf(node),
                  .more = {"--bind", "127.0.0.1 " + host.address(), "--protected-mode", "no"},
                  .environment = clocks_.back().environment()}));
}

std::vector<std::string> Site::urls() const {
  std::vector<std::string> urls;
  for (int node = 0; node < size(); ++node) {
    urls.push_back("redis://" + network_.host(node).address() + ":" +
                   std::to_string(nodes_[static_cast<std::size_t>(node)]->port()));
  }
  return urls;
}

std::string Site::Command(int node, const std::vector<std::string>& argv) {
  const Inside inside(network_.host(node));
  return nodes_[static_cast<std::size_t>(node)]->Command(argv);
}

void Site::Restart(int node) {
  const Inside inside(network_.host(node));
  const Favour favour;
  nodes_[static_cast<std::size_t>(node)]->Restart();
}

void Site::RestartEmpty(int node) {
  const Inside inside(network_.host(node));
  const Favour favour;
  nodes_[static_cast<std::size_t>(node)]->RestartEmpty();
}

int Site::KillClients(int node) {
  const Inside inside(network_.host(node));
  return holdfast::testing::KillClients(*nodes_[static_cast<std::size_t>(node)]);
}

}  // namespace holdfast::testing
