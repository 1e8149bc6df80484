// A real Redis Cluster for a test.
#ifndef HOLDFAST_TESTS_SUPPORT_REDIS_CLUSTER_H_
#define HOLDFAST_TESTS_SUPPORT_REDIS_CLUSTER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/cluster_view.h"
#include "support/key_slot.h"
#include "support/redis_server.h"

namespace holdfast::testing {

// For what is not said here, see ServerSetup.
struct ClusterSetup {
  int node_timeout_ms = 1000;  // After which a silent node is taken for dead.
  bool require_full_coverage = true;
  Durability durability = Durability::kNone;
  std::string password = {};
  std::vector<std::string> acl_users = {};
  std::string tls_certificate_file = {};  // Also shown to the other nodes; needs the CA's file.
  std::string tls_key_file = {};
  std::string tls_ca_file = {};
  std::vector<std::string> more = {};
};

// Nodes 0 to `masters` - 1 start as the masters, with even shares of the slots in their order; the
// replicas of the first follow, then those of the second, and so on. What does not come about in
// time aborts the program, and shows what the nodes see. Not thread-safe; start it on the main
// thread. A node that is killed or stopped is not asked, and not waited for.
class RedisCluster {
 public:
  // Waits until all nodes agree, and all replicas follow their masters.
  RedisCluster(int masters, int replicas_per_master, const ClusterSetup& setup = {});

  RedisServer& operator[](int node) { return *servers_[static_cast<std::size_t>(node)]; }
  int size() const { return static_cast<int>(servers_.size()); }
  std::vector<std::string> urls() const;
  std::vector<std::string> tls_urls() const;
  const std::string& id(int node) const { return ids_[static_cast<std::size_t>(node)]; }

  int MasterOf(int slot);  // Who owns it now; the node's index.
  int MasterOf(const std::string& key) { return MasterOf(SlotOf(key)); }
  int ReplicaOf(int master);  // The first that runs; -1: none.
  bool IsMaster(int node);    // By its own view.

  void Kill(int node) { (*this)[node].Kill(); }

  // CLUSTER FAILOVER: `replica` and its master, which must run, change their roles.
  void Failover(int replica);

  // Stops `replica` in such a way that it never gets what its master, which must run, writes from
  // now on, not even once it goes on, if the master is dead by then.
  void CutOff(int replica);

  // CLUSTER FAILOVER TAKEOVER: `replica` is a master at once, whatever the others say.
  void TakeOver(int replica);

  // Until the running nodes see the same cluster, it is OK, and their replicas are linked.
  void AwaitOk();

  // Until `node` is a master by everybody's view, and the cluster is OK.
  void AwaitPromoted(int node);

  // A slot on its way from one master to another, with its keys.
  void MigrateSlot(int slot, int from, int to);

  // The same in steps. After Begin, `from` answers ASK for keys that it does not have; while there
  // are keys on both sides, a command for some of each gets TRYAGAIN.
  void BeginMigration(int slot, int from, int to);
  int MoveKeys(int slot, int from, int to, int most = 1'000'000);  // How many were moved.
  void EndMigration(int slot, int from, int to);                   // All nodes know of it then.

 private:
  using Condition = std::function<bool()>;

  void Form(int masters, int replicas_per_master);
  void ShareSlots(int masters);
  void Introduce();
  void Meet(RedisServer& server, const RedisServer& other) const;
  void Replicate(int replica, int master);
  bool AllKnown();
  bool Agreed();
  bool Linked(RedisServer& server);
  RedisServer& AnyRunning();
  int IndexOf(const std::string& id) const;
  bool Runs(const std::string& id) const;
  std::string ViewOf(RedisServer& server) const;
  std::vector<std::string> MigrateCommand(RedisServer& to, const std::vector<std::string>& keys);
  std::uint16_t ClusterPortOf(const RedisServer& server) const;
  void Await(const std::string& what, const Condition& condition);
  std::string Must(int node, const std::vector<std::string>& argv);
  [[noreturn]] void GiveUp(const std::string& what);

  std::vector<std::unique_ptr<RedisServer>> servers_;
  std::vector<std::string> ids_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_REDIS_CLUSTER_H_
