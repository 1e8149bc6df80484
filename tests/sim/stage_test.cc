// That the nodes are asked whether what somebody believes is so.
#include "stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/fingerprint.h"
#include "model_node.h"

namespace holdfast::core {
namespace {

using ::testing::HasSubstr;

constexpr milliseconds kMaxTtl{1'000};
const std::string kNonce(32, 'a');

class StageTest : public ::testing::Test {
 protected:
  StageTest() {
    shape_.nodes = 3;
    shape_.quorum = 2;
    shape_.max_ttl = kMaxTtl;
    for (int i = 0; i < 3; ++i) {
      stage_.nodes.push_back(std::make_unique<ModelNode>(stage_, lua_, i, false));
      stage_.nodes.back()->Install(MakeFingerprint(3, 2, kMaxTtl, "sim"), kMaxTtl);
    }
  }

  void Set(int node, const std::string& nonce) {
    stage_.nodes[node]->SetLock("a", nonce + ":1:me", milliseconds(500));
  }

  World world_{1};
  Shape shape_;
  Happenings happenings_;
  LuaRunner lua_;
  Stage stage_{.world = world_,
               .shape = shape_,
               .happenings = happenings_,
               .findings = Findings(world_),
               .trace = Trace(world_),
               .store = FencedStore(lua_)};
};

TEST_F(StageTest, ALockOnAQuorumIsHeld) {
  Set(0, kNonce);
  Set(2, kNonce);
  stage_.CheckHeldOnQuorum("a", kNonce);
  EXPECT_TRUE(stage_.findings.empty()) << stage_.findings.text();
}

TEST_F(StageTest, ALockOnLessIsNot) {
  Set(0, kNonce);
  Set(1, std::string(32, 'b'));
  stage_.CheckHeldOnQuorum("a", kNonce);
  EXPECT_EQ(stage_.findings.checker(), Checker::kHeldOnQuorum);
  EXPECT_THAT(stage_.findings.text(), HasSubstr("only 1 nodes"));
}

TEST_F(StageTest, ALockThatRanOutIsNot) {
  Set(0, kNonce);
  Set(1, kNonce);
  world_.RunUntil(world_.now() + milliseconds(600));
  stage_.CheckHeldOnQuorum("a", kNonce);
  EXPECT_FALSE(stage_.findings.empty());
}

TEST_F(StageTest, ANodeThatGrantsNothingKeepsALock) {
  Set(0, kNonce);
  stage_.nodes[1]->Stop(ModelNode::Loss::kEverything);
  stage_.nodes[1]->Start();
  stage_.CheckHeldOnQuorum("a", kNonce);
  EXPECT_TRUE(stage_.findings.empty()) << stage_.findings.text();
}

TEST_F(StageTest, TheFirstFindingCounts) {
  stage_.findings.Add(Checker::kStore, "first");
  stage_.findings.Add(Checker::kTokens, "second");
  EXPECT_EQ(stage_.findings.text(), "first");
}

}  // namespace
}  // namespace holdfast::core
