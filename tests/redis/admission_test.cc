// Nodes that may have forgotten locks (PROTOCOL.md, Admission).
#include <gmock/gmock.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <ostream>
#include <string>
#include <vector>

#include "holdfast/blocking.h"
#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::Gt;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr AcquireOptions kTryForLong{
    .ttl = 1s, .wait = kPatience, .retry_delay = 10ms, .retry_jitter = 5ms};

ClientOptions OptionsFor(const Nodes& nodes, const std::string& owner, milliseconds max_ttl) {
  return {.nodes = nodes.urls(), .owner = owner, .max_ttl = max_ttl};
}

// The first start of `nodes`: they vote at once, since nobody held anything before.
void Install(const Nodes& nodes, milliseconds max_ttl) {
  ClientOptions options = OptionsFor(nodes, "installer", max_ttl);
  options.new_installation = true;
  AwaitNodes(NewClient(options), static_cast<int>(nodes.size()));
}

NodeStatus StatusOf(const BlockingClient& client, int node) {
  const auto nodes = client.Nodes();
  return nodes.ok() ? nodes->at(node) : NodeStatus();
}

bool Quarantined(const BlockingClient& client, int node) {
  return StatusOf(client, node).votes_in.has_value();
}

// Alice gets a lock on the nodes 0 and 1 alone: 2 has another's key at that moment.
absl::StatusOr<BlockingLock> AcquireOnTwo(const BlockingClient& alice, Nodes& nodes,
                                          milliseconds ttl) {
  nodes[2].Command({"SET", "lock:a", "in the way"});
  auto lock = alice.Acquire("a", {.ttl = ttl});
  // Behind the acquire in each node's stream: the third one has refused it by now.
  EXPECT_THAT(alice.Inspect("a"), IsOk());
  nodes[2].Command({"DEL", "lock:a"});
  return lock;
}

// Until when alice may believe that she holds the lock.
std::chrono::steady_clock::time_point HoldAndVanish(const ClientOptions& options, Nodes& nodes,
                                                    milliseconds ttl, std::uint64_t& fence) {
  const BlockingClient alice = NewClient(options);
  AwaitNodes(alice, 3);
  auto lock = AcquireOnTwo(alice, nodes, ttl);
  if (!lock.ok()) return {};
  fence = lock->fence();
  const auto valid_until = std::chrono::steady_clock::now() + lock->valid_for();
  lock->Detach();
  return valid_until;
}

struct Guard {
  bool on;
};
std::ostream& operator<<(std::ostream& os, Guard guard) {
  return os << (guard.on ? "GuardOn" : "GuardOff");
}

class EmptyRestartTest : public ::testing::TestWithParam<Guard> {};
INSTANTIATE_TEST_SUITE_P(Guards, EmptyRestartTest, ::testing::Values(Guard{true}, Guard{false}),
                         ::testing::PrintToStringParamName());

// Everywhere else the second holder comes in: a crash without persistence is enough.
TEST_P(EmptyRestartTest, InsideATtlLetsNoSecondHolderIn) {
  constexpr milliseconds kTtl = 6s;
  Nodes nodes(3, Durability::kNone);
  Install(nodes, kTtl);
  ClientOptions options = OptionsFor(nodes, "alice", kTtl);
  options.new_installation = !GetParam().on;
  // Alice's process holds the lock and is not heard of again: a client of hers that is connected
  // knows that the node had a guard, and tells it.
  std::uint64_t fence = 0;
  const auto valid_until = HoldAndVanish(options, nodes, kTtl, fence);
  ASSERT_EQ(nodes.CountWith("lock:a"), 2);

  nodes[0].Kill();
  nodes[0].RestartEmpty();  // With node 2 it would be a quorum that knows nothing of alice.
  options.owner = "bob";
  const BlockingClient bob = NewClient(options);
  const auto second = bob.Acquire("a", kTryForLong);
  const bool two_holders = std::chrono::steady_clock::now() < valid_until;
  EXPECT_EQ(two_holders, !GetParam().on);
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(second->fence(), Gt(fence));
}

TEST(Quarantine, IsWhatTheErrorNames) {
  Nodes nodes(3, Durability::kNone);
  Install(nodes, 60s);
  const BlockingClient alice = NewClient(OptionsFor(nodes, "alice", 60s));
  AwaitNodes(alice, 3);
  auto lock = AcquireOnTwo(alice, nodes, 60s);
  ASSERT_THAT(lock, IsOk());
  nodes[0].Kill();
  nodes[0].RestartEmpty();

  const BlockingClient bob = NewClient(OptionsFor(nodes, "bob", 60s));
  ASSERT_TRUE(Eventually([&] { return Quarantined(bob, 0); }));
  const auto second = bob.Acquire("a");
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kAborted,
                               ::testing::ContainsRegex("started .*s ago without durable locks, "
                                                        "votes in .*s")));
  const auto failure = GetFailure(second.status());
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->votes[0].vote, Vote::kQuarantined);
  EXPECT_EQ(failure->holder, "alice");
  EXPECT_EQ(nodes[0].Command({"EXISTS", "lock:a"}), "0") << "it was not asked";
  EXPECT_THAT(lock->valid_for(), Gt(0s));
}

// It may extend and release meanwhile: what it kept, it kept.
TEST(Quarantine, LeavesTheHolderItsLock) {
  Nodes nodes(3, Durability::kNone);
  Install(nodes, 60s);
  const BlockingClient client = NewClient(OptionsFor(nodes, "alice", 60s));
  AwaitNodes(client, 3);
  auto lock = client.Acquire("a", {.ttl = 60s});
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(Eventually([&] { return nodes.CountWith("lock:a") == 3; }));
  nodes[0].Kill();
  nodes[0].RestartEmpty();
  ASSERT_TRUE(Eventually([&] { return Quarantined(client, 0); }));
  EXPECT_THAT(lock->Extend(60s), IsOk());
  EXPECT_EQ(nodes.CountWith("lock:a"), 2) << "an extension creates nothing";
  EXPECT_THAT(lock->Release(), IsOk());
}

// The token must be known to the quorum that comes after it, though the node that they share has
// lost its counters. It is ahead of all clocks, so that no hint hides what the floor is for.
TEST(Quarantine, EndsAfterMaxTtlWithCountersAboveTheFloor) {
  constexpr milliseconds kMaxTtl = 2s;
  Nodes nodes(3, Durability::kNone);
  Install(nodes, kMaxTtl);
  const std::string in_an_hour = std::to_string((time(nullptr) + 3600) * 1'000'000);
  for (const int node : {0, 1}) nodes[node].Command({"SET", "holdfast:fence:lock:a", in_an_hour});
  const BlockingClient alice = NewClient(OptionsFor(nodes, "alice", kMaxTtl));
  AwaitNodes(alice, 3);
  auto lock = AcquireOnTwo(alice, nodes, kMaxTtl);
  ASSERT_THAT(lock, IsOk());
  const std::uint64_t token = lock->fence();
  ASSERT_THAT(token, Gt(std::stoull(in_an_hour)));
  lock->Detach();  // A release would take the token to all nodes.

  nodes[0].Kill();
  nodes[0].RestartEmpty();
  ASSERT_TRUE(Eventually([&] { return Quarantined(alice, 0); }));
  ASSERT_TRUE(Eventually([&] { return StatusOf(alice, 0).ready; }));
  nodes[1].Kill();
  const auto next = NewClient(OptionsFor(nodes, "bob", kMaxTtl)).Acquire("a", kTryForLong);
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(next->fence(), Gt(token));
}

TEST(DurableNode, VotesAtOnceAfterARestart) {
  Nodes nodes(3);
  const BlockingClient client = NewClient({.nodes = nodes.urls(), .max_ttl = 24h});
  AwaitNodes(client, 3);
  auto lock = client.Acquire("a", {.ttl = 1h});
  ASSERT_THAT(lock, IsOk());
  for (const auto& node : nodes) {
    node->Kill();
    node->Restart();
  }
  AwaitNodes(client, 3);
  EXPECT_THAT(client.Acquire("a"), FailsAs(IsHeld));
  EXPECT_THAT(client.Acquire("b"), IsOk());
  EXPECT_THAT(lock->Extend(2h), IsOk());
}

TEST(DurableNode, IsQuarantinedByThoseWhoDoNotTrustIt) {
  Nodes nodes(3);
  ClientOptions options = OptionsFor(nodes, "alice", 1h);
  AwaitNodes(NewClient(options), 3);
  options.trust_persistence = false;
  nodes[0].Kill();
  nodes[0].Restart();
  const BlockingClient wary = NewClient(options);
  EXPECT_TRUE(Eventually([&] { return Quarantined(wary, 0); }));
}

class FlushTest : public ::testing::TestWithParam<Durability> {};
INSTANTIATE_TEST_SUITE_P(Nodes, FlushTest,
                         ::testing::Values(Durability::kAlways, Durability::kNone));

// No restart and no lost connection gives it away, and the lock's own key is gone as well.
TEST_P(FlushTest, OfARunningNodeIsNoticedByTheNextAcquisition) {
  Nodes nodes(3, GetParam());
  Install(nodes, 60s);
  const BlockingClient client = NewClient(OptionsFor(nodes, "alice", 60s));
  AwaitNodes(client, 3);
  nodes[0].Command({"FLUSHALL"});
  EXPECT_TRUE(StatusOf(client, 0).ready) << "nobody has asked it since";
  EXPECT_THAT(client.Acquire("a"), IsOk());
  EXPECT_TRUE(Eventually([&] { return Quarantined(client, 0); }));
  EXPECT_EQ(nodes[0].Command({"EXISTS", "lock:a"}), "0");
  EXPECT_THAT(StatusOf(client, 0).reason, HasSubstr("votes in "));
}

TEST_P(FlushTest, IsSeenByAClientThatComesLater) {
  Nodes nodes(3, GetParam());
  Install(nodes, 60s);
  nodes[0].Command({"FLUSHALL"});
  const BlockingClient client = NewClient(OptionsFor(nodes, "alice", 60s));
  EXPECT_TRUE(Eventually([&] { return Quarantined(client, 0); }));
}

}  // namespace
}  // namespace holdfast::testing
