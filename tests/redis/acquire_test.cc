// Taking, extending and giving up locks on real servers that are all well.
#include <gmock/gmock.h>

#include <string>

#include "holdfast/blocking.h"
#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Gt;
using ::testing::Le;
using ::testing::MatchesRegex;
using namespace std::chrono_literals;

class AcquireTest : public ::testing::TestWithParam<int> {
 protected:
  int PttlOn(RedisServer& node) { return std::stoi(node.Command({"PTTL", "lock:order:42"})); }

  // Votes after the deciding one come in later.
  bool OnEveryNode() {
    return Eventually([this] { return nodes_.CountWith("lock:order:42") == GetParam(); });
  }

  Nodes nodes_{GetParam()};
  BlockingClient client_ = NewClient(nodes_, "alice");
};

INSTANTIATE_TEST_SUITE_P(Nodes, AcquireTest, ::testing::Values(1, 3, 5));

TEST_P(AcquireTest, PutsTheLockOnEveryNode) {
  auto lock = client_.Acquire("order:42", {.ttl = 5s});
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(std::string(lock->token()), MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(lock->name(), "order:42");
  ASSERT_TRUE(OnEveryNode());
  for (const auto& node : nodes_) {
    EXPECT_THAT(node->Command({"GET", "lock:order:42"}),
                MatchesRegex(std::string(lock->token()) + ":[0-9]+:alice"));
    EXPECT_THAT(PttlOn(*node), AllOf(Gt(0), Le(5000)));
  }
}

TEST_P(AcquireTest, LabelIsShownToWhoeverIsRefused) {
  const BlockingClient labelled = NewClient({.nodes = nodes_.urls(), .label = "nightly report"});
  const auto lock = labelled.Acquire("order:42");
  ASSERT_THAT(lock, IsOk());
  const auto refused = client_.Acquire("order:42");
  ASSERT_THAT(refused, FailsAs(IsHeld));
  EXPECT_THAT(GetFailure(refused.status())->holder, MatchesRegex(".+:[0-9]+ nightly report"));
}

TEST_P(AcquireTest, IsValidForLessThanItsTtl) {
  auto lock = client_.Acquire("order:42", {.ttl = 10s});
  ASSERT_THAT(lock, IsOk());
  // The drift of 1 %, and 2 ms.
  EXPECT_THAT(lock->valid_for(), AllOf(Gt(0s), Le(milliseconds(9898))));
  EXPECT_FALSE(lock->lost().stop_requested());
}

TEST_P(AcquireTest, ExtendProlongsOnEveryNode) {
  auto lock = client_.Acquire("order:42", {.ttl = 5s});
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(OnEveryNode());
  ASSERT_THAT(lock->Extend(20s), IsOk());
  EXPECT_THAT(lock->valid_for(), AllOf(Gt(5s), Le(20s)));
  for (const auto& node : nodes_) {
    EXPECT_TRUE(Eventually([&] { return PttlOn(*node) > 5000; })) << node->address();
  }
}

TEST_P(AcquireTest, ExtendByLessThanIsLeftChangesNothing) {
  auto lock = client_.Acquire("order:42", {.ttl = 20s});
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(OnEveryNode());
  ASSERT_THAT(lock->Extend(1s), IsOk());
  EXPECT_GT(lock->valid_for(), 1s);
  for (const auto& node : nodes_) EXPECT_GT(PttlOn(*node), 1000);
}

TEST_P(AcquireTest, ReleaseFreesEveryNode) {
  auto lock = client_.Acquire("order:42");
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(OnEveryNode());
  ASSERT_THAT(lock->Release(), IsOk());
  EXPECT_EQ(lock->valid_for(), 0s);
  EXPECT_TRUE(lock->lost().stop_requested());
  EXPECT_TRUE(Eventually([this] { return nodes_.CountWith("lock:order:42") == 0; }));
  EXPECT_THAT(lock->Release(), FailsAs(IsLost));
  EXPECT_THAT(lock->Extend(1s), FailsAs(IsLost));
}

TEST_P(AcquireTest, RefusesTheSecondAndSaysWhoHoldsIt) {
  auto lock = client_.Acquire("order:42", {.ttl = 8s});
  ASSERT_THAT(lock, IsOk());
  const auto refused = NewClient(nodes_, "bob").Acquire("order:42");
  ASSERT_THAT(refused, FailsAs(IsHeld));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kAborted, ::testing::HasSubstr("alice")));
  const auto failure = GetFailure(refused.status());
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->holder, "alice");
  ASSERT_TRUE(failure->remaining.has_value());
  EXPECT_THAT(*failure->remaining, AllOf(Gt(0ms), Le(8000ms)));
  EXPECT_EQ(failure->votes.size(), nodes_.size());
}

TEST_P(AcquireTest, RefusesTheSameClientToo) {
  auto lock = client_.Acquire("order:42");
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(client_.Acquire("order:42"), FailsAs(IsHeld));
  EXPECT_THAT(lock->Extend(10s), IsOk()) << "the refused attempt was undone, not the lock";
}

TEST_P(AcquireTest, ExpiryLetsTheNextOneIn) {
  auto lock = client_.Acquire("order:42", {.ttl = 300ms});
  ASSERT_THAT(lock, IsOk());
  auto next =
      NewClient(nodes_, "bob")
          .Acquire("order:42", {.wait = kPatience, .retry_delay = 20ms, .retry_jitter = 10ms});
  ASSERT_THAT(next, IsOk());
  EXPECT_EQ(lock->valid_for(), 0s) << "two holders at once";
}

TEST_P(AcquireTest, InspectTellsWhoHoldsIt) {
  auto lock = client_.Acquire("order:42", {.ttl = 8s});
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(OnEveryNode());
  const auto seen = client_.Inspect("order:42");
  ASSERT_THAT(seen, IsOk());
  EXPECT_EQ(seen->quorum, GetParam() / 2 + 1);
  ASSERT_EQ(seen->nodes.size(), nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    EXPECT_EQ(seen->nodes[i].node, nodes_[i].address());
    EXPECT_EQ(seen->nodes[i].state, NodeView::State::kHeld);
    EXPECT_EQ(seen->nodes[i].holder, "alice");
    EXPECT_THAT(seen->nodes[i].ttl.value_or(0ms), AllOf(Gt(0ms), Le(8000ms)));
  }
}

TEST_P(AcquireTest, DetachedLockIsExtendedAndReleasedByItsToken) {
  auto lock = client_.Acquire("order:42", {.ttl = 8s});
  ASSERT_THAT(lock, IsOk());
  const std::string token = lock->Detach();
  { const auto gone = std::move(*lock); }  // Destroying it releases nothing.

  auto attached = NewClient(nodes_, "bob").Attach("order:42", token);
  ASSERT_THAT(attached, IsOk());
  EXPECT_EQ(attached->valid_for(), 0s);
  EXPECT_THAT(attached->Extend(9s), IsOk());
  EXPECT_THAT(attached->valid_for(), Gt(0s));
  EXPECT_THAT(attached->Release(), IsOk());
  EXPECT_TRUE(Eventually([this] { return nodes_.CountWith("lock:order:42") == 0; }));
}

TEST(AcquireKeys, EmptyPrefixGivesTheNameByteForByte) {
  RedisServer node;
  const BlockingClient client = NewClient({.nodes = {node.url()}, .key_prefix = ""});
  const std::string name = std::string("a\0b \r\n\xff", 7) + std::string(1017, 'x');
  auto lock = client.Acquire(name);
  ASSERT_THAT(lock, IsOk());
  EXPECT_EQ(node.Command({"EXISTS", name}), "1");
  EXPECT_THAT(lock->Release(), IsOk());
}

TEST(AcquireKeys, HostNamesAreResolved) {
  const RedisServer node;
  const std::string url = "redis://localhost:" + std::to_string(node.port());
  EXPECT_THAT(NewClient({.nodes = {url}}).Acquire("a"), IsOk());
}

TEST(AcquireKeys, DefaultOwnerNamesTheProcess) {
  RedisServer node;
  auto lock = NewClient({.nodes = {node.url()}}).Acquire("a");
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(node.Command({"GET", "lock:a"}), ::testing::EndsWith(":" + std::to_string(getpid())));
}

}  // namespace
}  // namespace holdfast::testing
