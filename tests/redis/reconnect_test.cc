// Servers that come back, and scripts they forgot.
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

using ::testing::Lt;
using namespace std::chrono_literals;

class ReconnectTest : public ::testing::Test {
 protected:
  Nodes nodes_{3};
  BlockingClient client_ = NewClient(nodes_);
};

TEST_F(ReconnectTest, UsesARestartedNodeAgain) {
  AwaitNodes(client_, 3);
  nodes_[0].Kill();
  AwaitNodes(client_, 2);
  EXPECT_THAT(client_.Acquire("a"), IsOk());
  nodes_[0].Restart();
  AwaitNodes(client_, 3);
  nodes_[1].Kill();
  auto lock = client_.Acquire("b");
  ASSERT_THAT(lock, IsOk()) << "node 0 is needed now";
  EXPECT_EQ(nodes_[0].Command({"EXISTS", "lock:b"}), "1");
  EXPECT_THAT(lock->Extend(20s), IsOk());
  EXPECT_THAT(lock->Release(), IsOk());
}

TEST_F(ReconnectTest, SurvivesTheRestartOfAllNodesDuringAWait) {
  AwaitNodes(client_, 3);
  for (const auto& node : nodes_) node->Kill();
  EXPECT_THAT(client_.Acquire("a"), FailsAs(IsNoQuorum));
  for (const auto& node : nodes_) node->Restart();
  EXPECT_THAT(client_.Acquire("a", {.wait = kPatience}), IsOk());
}

TEST_F(ReconnectTest, NamesTheNodeThatIsDownAndWhy) {
  nodes_[1].Kill();
  AwaitNodes(client_, 2);
  const auto nodes = client_.Nodes();
  ASSERT_THAT(nodes, IsOk());
  EXPECT_TRUE((*nodes)[0].ready);
  EXPECT_EQ((*nodes)[1].node, nodes_[1].address());
  EXPECT_FALSE((*nodes)[1].ready);
  EXPECT_NE((*nodes)[1].reason, "");
}

// The node was stopped when it got the release, and killed before it could do it. Its key came
// back with it, and would stay for the rest of its ttl.
TEST_F(ReconnectTest, ReleasesOnANodeThatMissedTheRelease) {
  auto lock = client_.Acquire("a", {.ttl = 30s});
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(Eventually([this] { return nodes_.CountWith("lock:a") == 3; }));
  nodes_[0].Stop();
  ASSERT_THAT(lock->Release(), IsOk());
  nodes_[0].Kill();
  nodes_[0].Restart();
  EXPECT_THAT(TimeOf([this] {
                EXPECT_TRUE(Eventually([this] { return nodes_.CountWith("lock:a") == 0; }));
              }),
              Lt(20s));
}

TEST_F(ReconnectTest, ReleasesOnANodeThatWasDownDuringTheRelease) {
  auto lock = client_.Acquire("a", {.ttl = 30s});
  ASSERT_THAT(lock, IsOk());
  ASSERT_TRUE(Eventually([this] { return nodes_.CountWith("lock:a") == 3; }));
  nodes_[0].Kill();
  AwaitNodes(client_, 2);
  ASSERT_THAT(lock->Release(), IsOk());
  nodes_[0].Restart();
  EXPECT_THAT(TimeOf([this] {
                EXPECT_TRUE(Eventually([this] { return nodes_.CountWith("lock:a") == 0; }));
              }),
              Lt(20s));
}

TEST_F(ReconnectTest, ClosedConnectionsAreOpenedAgain) {
  auto lock = client_.Acquire("a", {.ttl = 30s});
  ASSERT_THAT(lock, IsOk());
  for (const auto& node : nodes_) node->Command({"CLIENT", "KILL", "TYPE", "normal"});
  EXPECT_TRUE(Eventually([&] { return lock->Extend(30s).ok(); }));
  EXPECT_THAT(lock->Release(), IsOk());
}

TEST_F(ReconnectTest, ForgottenScriptsAreLoadedAgain) {
  AwaitNodes(client_, 3);
  const auto forget = [this] {
    for (const auto& node : nodes_) ASSERT_EQ(node->Command({"SCRIPT", "FLUSH"}), "OK");
  };
  forget();
  auto lock = client_.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  forget();
  EXPECT_THAT(lock->Extend(20s), IsOk());
  forget();
  EXPECT_THAT(client_.Inspect("a"), IsOk());
  EXPECT_THAT(client_.Inspect("a")->nodes[0].holder, "alice");
  forget();
  EXPECT_THAT(lock->Release(), IsOk());
  EXPECT_TRUE(Eventually([this] { return nodes_.CountWith("lock:a") == 0; }));
}

}  // namespace
}  // namespace holdfast::testing
