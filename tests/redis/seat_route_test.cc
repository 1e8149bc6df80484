// The routes of a real cluster's seats follow their slots.
#include <gmock/gmock.h>

#include <asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "net/clock.h"
#include "net/cluster_seats.h"
#include "net/tls.h"
#include "support/certificates.h"
#include "support/eventually.h"
#include "support/redis_cluster.h"
#include "support/temp_dir.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr char kTag[] = "{fjl}";

std::vector<Endpoint> RootsOf(const std::vector<std::string>& urls) {
  std::vector<Endpoint> roots;
  for (const std::string& url : urls) roots.push_back(*ParseUrl(url));
  return roots;
}

// One route, asked on a loop that the test runs.
class Asker {
 public:
  explicit Asker(net::ClusterSeats::Options options)
      : seats_(std::make_shared<net::ClusterSeats>(io_.get_executor(), std::move(options))),
        route_(seats_->RouteFor(kTag)) {}
  ~Asker() {
    seats_->Stop();
    io_.restart();
    io_.poll();
  }

  // The server, or what is wrong.
  std::string Find() {
    std::string text;
    route_->Find(net::Now() + kPatience, [&](const net::Route::Place& place) {
      text = place.problem.reason.empty() ? place.endpoint.name() : place.problem.reason;
    });
    io_.restart();
    while (text.empty()) io_.run_one_for(1s);
    return text;
  }
  bool Finds(const std::string& address) {
    return Eventually([&] { return Find() == address; });
  }

 private:
  asio::io_context io_;
  std::shared_ptr<net::ClusterSeats> seats_;
  std::shared_ptr<net::Route> route_;
};

TEST(SeatRoute, FollowsASlotThatMoves) {
  RedisCluster cluster(3, 0);
  Asker asker({.roots = RootsOf(cluster.urls())});
  const int slot = SlotOf(kTag);
  const int from = cluster.MasterOf(slot);
  const int to = (from + 1) % 3;
  EXPECT_EQ(asker.Find(), cluster[from].address());
  cluster.BeginMigration(slot, from, to);
  EXPECT_EQ(asker.Find(), cluster[from].address()) << "until it has arrived";
  cluster.EndMigration(slot, from, to);
  EXPECT_EQ(asker.Find(), cluster[to].address());
}

TEST(SeatRoute, FollowsFailOversByHandAndOfNecessity) {
  RedisCluster cluster(3, 1);
  Asker asker({.roots = RootsOf(cluster.urls())});
  const int first = cluster.MasterOf(std::string(kTag));
  const int replica = cluster.ReplicaOf(first);
  ASSERT_EQ(asker.Find(), cluster[first].address());
  cluster.Failover(replica);
  EXPECT_TRUE(asker.Finds(cluster[replica].address()));
  cluster.Kill(replica);
  EXPECT_TRUE(asker.Finds(cluster[first].address()));
}

// As it wakes, it still says for a moment that it is the master.
TEST(SeatRoute, MasterThatWasStoppedIsNotBelievedWhenItWakes) {
  RedisCluster cluster(3, 1);
  Asker asker({.roots = RootsOf(cluster.urls()), .link = {.command_timeout = 1s}});
  const int master = cluster.MasterOf(std::string(kTag));
  const int replica = cluster.ReplicaOf(master);
  ASSERT_EQ(asker.Find(), cluster[master].address());
  cluster[master].Stop();
  cluster.AwaitPromoted(replica);
  cluster[master].Continue();
  EXPECT_EQ(asker.Find(), cluster[replica].address());
}

TEST(SeatRoute, NodeFilterLeavesTheMasterOut) {
  RedisCluster cluster(3, 0);
  const std::string master = cluster[cluster.MasterOf(std::string(kTag))].address();
  Asker asker({.roots = RootsOf(cluster.urls()),
               .filter = [](const NodeInfo& node) { return node.zone != "far"; },
               .zones = {{master, "far"}}});
  EXPECT_EQ(asker.Find(), "its master " + master + " (zone far) is left out by the node filter");
}

TEST(SeatRoute, PasswordOfARootIsThatOfAllNodes) {
  RedisCluster cluster(3, 0, {.password = "sesame"});
  const Endpoint with = *ParseUrl("redis://:sesame@" + cluster[0].address());
  Asker asker({.roots = {with}});
  const std::string master = cluster[cluster.MasterOf(std::string(kTag))].address();
  EXPECT_EQ(asker.Find(), master);
  EXPECT_EQ(asker.Find(), master) << "by another node than the root, perhaps";
  Asker stranger({.roots = RootsOf(cluster.urls())});
  EXPECT_THAT(stranger.Find(), HasSubstr("NOAUTH"));
}

TEST(SeatRoute, TlsOfARootIsThatOfAllNodes) {
  const TempDir dir;
  const CertificateAuthority authority;
  const CertificateFiles files =
      WriteTo(dir, "node", authority.Issue({.names = {"localhost"}, .ips = {"127.0.0.1"}}));
  const std::string ca_file = authority.WriteTo(dir);
  RedisCluster cluster(2, 0,
                       {.tls_certificate_file = files.certificate,
                        .tls_key_file = files.key,
                        .tls_ca_file = ca_file});
  auto tls = net::TlsContext::Create(
      {.ca_file = ca_file, .certificate_file = files.certificate, .key_file = files.key});
  ASSERT_TRUE(tls.ok()) << tls.status();
  Asker asker({.roots = RootsOf(cluster.tls_urls()), .link = {.tls = *std::move(tls)}});
  EXPECT_EQ(asker.Find(), cluster[cluster.MasterOf(std::string(kTag))].tls_address());
}

}  // namespace
}  // namespace holdfast::testing
