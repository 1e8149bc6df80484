// Nodes that must not vote for this client, and how they are told (PROTOCOL.md, Admission).
#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "holdfast/blocking.h"
#include "holdfast/errors.h"
#include "holdfast/observer.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

std::string ReasonOf(const BlockingClient& client, int node) {
  const auto nodes = client.Nodes();
  return nodes.ok() ? nodes->at(node).reason : nodes.status().ToString();
}

bool Eventually(const BlockingClient& client, int node, const std::string& reason) {
  return testing::Eventually(
      [&] { return ReasonOf(client, node).find(reason) != std::string::npos; });
}

constexpr absl::StatusCode kMisconfigured = absl::StatusCode::kFailedPrecondition;

// A replica loses what its master had not sent yet, and then is a master without it.
TEST(Replica, DoesNotVote) {
  Nodes nodes(3);
  const RedisServer master;
  const std::string port = std::to_string(master.port());
  nodes[0].Command({"REPLICAOF", "127.0.0.1", port});
  const BlockingClient client = NewClient({.nodes = nodes.urls()});
  EXPECT_TRUE(Eventually(client, 0, "replica")) << ReasonOf(client, 0);
  EXPECT_THAT(client.Acquire("a"), IsOk()) << "the others are a quorum";
  nodes[1].Command({"REPLICAOF", "127.0.0.1", port});
  const auto refused = NewClient({.nodes = nodes.urls()}).Acquire("a");
  EXPECT_THAT(refused, StatusIs(kMisconfigured, HasSubstr("replica")));
  EXPECT_THAT(refused, FailsAs(IsMisconfigured));
}

// Two votes of one server are no quorum of two.
TEST(TwoAddresses, OfOneServerHaveOneVote) {
  Nodes nodes(2);
  const std::string again = "redis://localhost:" + std::to_string(nodes[0].port());
  const BlockingClient client = NewClient({.nodes = {nodes[0].url(), again, nodes[1].url()}});
  // Whichever is found second.
  const auto reasons = [&client] { return ReasonOf(client, 0) + ReasonOf(client, 1); };
  EXPECT_TRUE(testing::Eventually([&] {
    return reasons().find("the same server as") != std::string::npos;
  })) << reasons();
  EXPECT_THAT(client.Acquire("a"), IsOk());
  nodes[1].Kill();
  EXPECT_THAT(client.Acquire("b"), FailsAs(IsNoQuorum));
}

class SetupTest : public ::testing::Test {
 protected:
  SetupTest() { AwaitNodes(NewClient(options_), 3); }

  Nodes nodes_{3};
  ClientOptions options_{.nodes = nodes_.urls(), .max_ttl = 2s};
};

TEST_F(SetupTest, OfAnotherMaxTtlIsRefusedWithTheDifference) {
  options_.max_ttl = 5s;
  const auto lock = NewClient(options_).Acquire("a", {.ttl = 1s});
  EXPECT_THAT(lock, StatusIs(kMisconfigured, HasSubstr("for a max_ttl of 2000 ms, not 5000")));
  EXPECT_THAT(lock, FailsAs(IsMisconfigured));
  EXPECT_THAT(lock, Not(FailsAs(IsLost)));
  EXPECT_EQ(nodes_.CountWith("lock:a"), 0);
}

// Two clients with different lists could each have a majority of their own.
TEST_F(SetupTest, OfAnotherListOfNodesIsRefusedWithTheDifference) {
  options_.nodes.pop_back();
  const auto lock = NewClient(options_).Acquire("a", {.ttl = 1s});
  EXPECT_THAT(lock, FailsAs(IsMisconfigured));
  EXPECT_THAT(lock, StatusIs(kMisconfigured, AllOf(HasSubstr("for 3 nodes, not 2"),
                                                   HasSubstr(nodes_[2].address()))));
}

TEST_F(SetupTest, WithANameOfItsOwnMayHaveOtherAddresses) {
  Nodes nodes(1);
  ClientOptions options{.nodes = nodes.urls(), .membership = "locks"};
  AwaitNodes(NewClient(options), 1);
  options.nodes = {"redis://localhost:" + std::to_string(nodes[0].port())};
  EXPECT_THAT(NewClient(options).Acquire("a", {.ttl = 1s}), IsOk());
}

// The clocks of the old leases run on: nobody may be granted what they still hold.
TEST_F(SetupTest, IsReplacedByReconfigureOnceTheOldLeasesHaveExpired) {
  const BlockingClient old = NewClient(options_);
  AwaitNodes(old, 3);
  auto lock = old.Acquire("a", {.ttl = 2s});
  ASSERT_THAT(lock, IsOk());
  options_.max_ttl = 3s;
  const BlockingClient client = NewClient(options_);
  const auto statuses = client.Reconfigure();
  ASSERT_THAT(statuses, IsOk());
  for (const NodeStatus& status : *statuses) {
    EXPECT_FALSE(status.ready);
    EXPECT_TRUE(status.votes_in.has_value()) << status.reason;
  }
  EXPECT_THAT(lock->Extend(2s), Not(IsOk()));
  EXPECT_THAT(old.Acquire("b", {.ttl = 1s}), Not(IsOk()));

  auto next =
      client.Acquire("a", {.ttl = 3s, .wait = kPatience, .retry_delay = 10ms, .retry_jitter = 5ms});
  EXPECT_EQ(lock->valid_for(), 0s);
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(old.Acquire("b", {.ttl = 1s}),
              StatusIs(kMisconfigured, HasSubstr("for a max_ttl of 3000 ms")));
}

class Warnings final : public Observer {
 public:
  void OnNodeWarning(std::string_view node, std::string_view what) override {
    const std::lock_guard guard(mutex_);
    seen_.push_back(std::string(node) + ": " + std::string(what));
  }
  void OnNodeRefused(std::string_view node, std::string_view why) override {
    OnNodeWarning(node, why);
  }
  std::vector<std::string> seen() const {
    const std::lock_guard guard(mutex_);
    return seen_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> seen_;
};

// A full server that evicts takes the locks as well; volatile keys first, which all of them are.
TEST(EvictionPolicy, IsWarnedOf) {
  Nodes nodes(3);
  nodes[1].Command({"CONFIG", "SET", "maxmemory-policy", "volatile-lru"});
  const auto warnings = std::make_shared<Warnings>();
  const BlockingClient client = NewClient({.nodes = nodes.urls(), .observer = warnings});
  AwaitNodes(client, 3);
  EXPECT_THAT(warnings->seen(), ::testing::ElementsAre(AllOf(HasSubstr(nodes[1].address()),
                                                             HasSubstr("volatile-lru"))));
  const auto statuses = client.Nodes();
  ASSERT_THAT(statuses, IsOk());
  EXPECT_THAT(statuses->at(1).warning, HasSubstr("noeviction"));
  EXPECT_EQ(statuses->at(0).warning, "");
}

TEST(Observer, IsToldOfANodeThatIsRefused) {
  Nodes nodes(1);
  AwaitNodes(NewClient({.nodes = nodes.urls()}), 1);
  const auto refusals = std::make_shared<Warnings>();
  const BlockingClient other =
      NewClient({.nodes = nodes.urls(), .max_ttl = 1s, .observer = refusals});
  EXPECT_THAT(other.Acquire("a", {.ttl = 1s}), FailsAs(IsMisconfigured));
  EXPECT_THAT(refusals->seen(), Contains(HasSubstr("max_ttl")));
}

// Rights that were enough for the locks of others are not for the guard.
TEST(Rights, ThatLackTheGuardAreToldSo) {
  Nodes nodes(3);
  ClientOptions options;
  for (const auto& node : nodes) {
    node->Command(
        {"ACL", "SETUSER", "worker", "on", ">secret", "~lock:*", "~holdfast:fence:*", "+@all"});
    options.nodes.push_back(node->url("worker:secret@"));
  }
  const auto lock = NewClient(options).Acquire("a");
  EXPECT_THAT(lock, StatusIs(absl::StatusCode::kPermissionDenied,
                             AllOf(HasSubstr("NOPERM"), Not(HasSubstr("secret")))));
}

}  // namespace
}  // namespace holdfast::testing
