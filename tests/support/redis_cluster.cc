#include "support/redis_cluster.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "support/eventually.h"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

// Forming a cluster takes some three seconds; a busy machine may need much more.
constexpr std::chrono::milliseconds kClusterPatience = 60s;

// Replicas stay with their masters, and take over however long they were without them.
ServerSetup NodeSetup(const ClusterSetup& cluster) {
  ServerSetup node{
      .durability = cluster.durability,
      .password = cluster.password,
      .acl_users = cluster.acl_users,
      .tls_certificate_file = cluster.tls_certificate_file,
      .tls_key_file = cluster.tls_key_file,
      .tls_ca_file = cluster.tls_ca_file,
      .cluster = true,
      .more = {"--cluster-node-timeout", std::to_string(cluster.node_timeout_ms),
               "--cluster-require-full-coverage", cluster.require_full_coverage ? "yes" : "no",
               "--cluster-allow-replica-migration", "no", "--cluster-replica-validity-factor",
               "0"}};
  node.more.insert(node.more.end(), cluster.more.begin(), cluster.more.end());
  return node;
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

RedisCluster::RedisCluster(int masters, int replicas_per_master, const ClusterSetup& setup) {
  const ServerSetup node = NodeSetup(setup);
  for (int i = 0; i < masters * (1 + replicas_per_master); ++i) {
    servers_.push_back(std::make_unique<RedisServer>(node));
    ids_.push_back(servers_.back()->Command({"CLUSTER", "MYID"}));
  }
  Form(masters, replicas_per_master);
}

void RedisCluster::Form(int masters, int replicas_per_master) {
  ShareSlots(masters);
  Introduce();
  for (int i = masters; i < size(); ++i) Replicate(i, (i - masters) / replicas_per_master);
  AwaitOk();
}

// Masters with different epochs from the start have nothing to settle among themselves.
void RedisCluster::ShareSlots(int masters) {
  for (int i = 0; i < masters; ++i) {
    const int first = kClusterSlots * i / masters;
    const int last = kClusterSlots * (i + 1) / masters - 1;
    Must(i, {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
    Must(i, {"CLUSTER", "ADDSLOTSRANGE", std::to_string(first), std::to_string(last)});
  }
}

// Everybody to everybody: gossip alone takes seconds. A handshake that is lost is tried again.
void RedisCluster::Introduce() {
  Await("know all nodes", [this] {
    for (int i = 0; i < size(); ++i) {
      for (int j = 0; j < i; ++j) Meet((*this)[i], (*this)[j]);
    }
    return Eventually([this] { return AllKnown(); }, 3s);
  });
}

void RedisCluster::Meet(RedisServer& server, const RedisServer& other) const {
  server.Command({"CLUSTER", "MEET", "127.0.0.1", std::to_string(ClusterPortOf(other)),
                  std::to_string(other.bus_port())});
}

bool RedisCluster::AllKnown() {
  const auto knows_all = [this](const auto& server) {
    const auto nodes = ParseClusterNodes(ViewOf(*server));
    return nodes.size() == servers_.size() &&
           std::none_of(nodes.begin(), nodes.end(),
                        [](const NodeView& node) { return node.Has("handshake"); });
  };
  return std::all_of(servers_.begin(), servers_.end(), knows_all);
}

void RedisCluster::Replicate(int replica, int master) {
  Await("replicate its master", [&] {
    return (*this)[replica].Command({"CLUSTER", "REPLICATE", id(master)}) == "OK";
  });
}

std::vector<std::string> RedisCluster::urls() const {
  std::vector<std::string> urls;
  for (const auto& server : servers_) urls.push_back(server->url());
  return urls;
}

std::vector<std::string> RedisCluster::tls_urls() const {
  std::vector<std::string> urls;
  for (const auto& server : servers_) urls.push_back(server->tls_url());
  return urls;
}

// The port by which the nodes know each other.
std::uint16_t RedisCluster::ClusterPortOf(const RedisServer& server) const {
  return server.setup().has_tls() ? server.tls_port() : server.port();
}

std::string RedisCluster::ViewOf(RedisServer& server) const {
  return server.Command({"CLUSTER", "NODES"});
}

RedisServer& RedisCluster::AnyRunning() {
  for (const auto& server : servers_) {
    if (server->runs()) return *server;
  }
  GiveUp("have a node that runs");
}

int RedisCluster::IndexOf(const std::string& id) const {
  const auto at = std::find(ids_.begin(), ids_.end(), id);
  return at == ids_.end() ? -1 : static_cast<int>(at - ids_.begin());
}

bool RedisCluster::Runs(const std::string& id) const {
  const int node = IndexOf(id);
  return node >= 0 && servers_[static_cast<std::size_t>(node)]->runs();
}

int RedisCluster::MasterOf(int slot) {
  for (const NodeView& node : ParseClusterNodes(ViewOf(AnyRunning()))) {
    if (node.Owns(slot)) return IndexOf(node.id);
  }
  return -1;
}

int RedisCluster::ReplicaOf(int master) {
  for (const NodeView& node : ParseClusterNodes(ViewOf(AnyRunning()))) {
    if (node.master_id == id(master) && Runs(node.id)) return IndexOf(node.id);
  }
  return -1;
}

bool RedisCluster::IsMaster(int node) {
  return (*this)[node].Command({"ROLE"}).starts_with("master\n");
}

bool RedisCluster::Linked(RedisServer& server) {
  const std::string info = server.Command({"INFO", "replication"});
  return Contains(info, "role:master") || Contains(info, "master_link_status:up");
}

bool RedisCluster::Agreed() {
  std::string seen;
  for (const auto& server : servers_) {
    if (!server->runs()) continue;
    if (!Contains(server->Command({"CLUSTER", "INFO"}), "cluster_state:ok")) return false;
    std::vector<std::string> lines;
    for (const NodeView& node : ParseClusterNodes(ViewOf(*server))) {
      if (Runs(node.id)) lines.push_back(node.Summary() + "\n");
    }
    std::sort(lines.begin(), lines.end());
    std::string view;
    for (const std::string& line : lines) view += line;
    if (!seen.empty() && view != seen) return false;
    seen = view;
  }
  return true;
}

void RedisCluster::AwaitOk() {
  Await("agree", [this] {
    return Agreed() && std::all_of(servers_.begin(), servers_.end(), [this](const auto& server) {
             return !server->runs() || Linked(*server);
           });
  });
}

void RedisCluster::AwaitPromoted(int node) {
  Await("be promoted", [this, node] { return IsMaster(node); });
  AwaitOk();
}

// A fail-over for which the votes do not come in time ends silently: ask again.
void RedisCluster::Failover(int replica) {
  Await("fail over", [this, replica] {
    (*this)[replica].Command({"CLUSTER", "FAILOVER"});
    return Eventually([this, replica] { return IsMaster(replica); }, 6s);
  });
  AwaitOk();
}

// Closed after it was stopped, so that it cannot come back; what the kernel still has for it ends
// with what was sent before.
void RedisCluster::CutOff(int replica) {
  (*this)[replica].Stop();
  for (const NodeView& node : ParseClusterNodes(ViewOf(AnyRunning()))) {
    if (node.id == id(replica))
      Must(IndexOf(node.master_id), {"CLIENT", "KILL", "TYPE", "replica"});
  }
}

void RedisCluster::TakeOver(int replica) {
  Must(replica, {"CLUSTER", "FAILOVER", "TAKEOVER"});
  Await("take over", [this, replica] { return IsMaster(replica); });
}

std::string RedisCluster::Must(int node, const std::vector<std::string>& argv) {
  const std::string reply = (*this)[node].Command(argv);
  if (reply.starts_with("-")) GiveUp("accept " + argv[0] + " " + argv[1] + ": " + reply);
  return reply;
}

void RedisCluster::Await(const std::string& what, const Condition& condition) {
  if (!Eventually(condition, kClusterPatience)) GiveUp(what);
}

void RedisCluster::GiveUp(const std::string& what) {
  fprintf(stderr, "the cluster does not get to %s\n", what.c_str());
  for (const auto& server : servers_) {
    if (!server->runs()) continue;
    fprintf(stderr, "%s sees:\n%s%s\n", server->address().c_str(), ViewOf(*server).c_str(),
            server->Command({"CLUSTER", "INFO"}).c_str());
  }
  abort();
}

}  // namespace holdfast::testing
