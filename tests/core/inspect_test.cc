// Looking at a lock without holding it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

using ::testing::HasSubstr;
using State = NodeView::State;

class InspectTest : public ::testing::Test {
 protected:
  void Inspect() {
    h_.engine().Inspect(
        "a", [this](Inspection inspection) { seen_ = std::move(inspection); }, h_.now());
  }
  const NodeView& View(int node) const { return seen_.value().nodes.at(node); }

  Connected h_{3};
  std::optional<Inspection> seen_;
};

TEST_F(InspectTest, TellsWhatEachNodeSays) {
  Inspect();
  h_.Answer(0, {"FREE", ":70"});
  h_.Answer(1, {"HELD", ":5000", "other:1", ":71"});
  EXPECT_FALSE(seen_) << "all are waited for";
  h_.Answer(2, {"FOREIGN", ":-1", "a hash", ":0"});
  ASSERT_TRUE(seen_);
  EXPECT_EQ(seen_->quorum, 2);
  EXPECT_EQ(View(0).state, State::kFree);
  EXPECT_EQ(View(0).counter, 70U);
  EXPECT_EQ(View(0).ttl, std::nullopt);
  EXPECT_EQ(View(1).state, State::kHeld);
  EXPECT_EQ(View(1).holder, "other:1");
  EXPECT_EQ(View(1).ttl, 5s);
  EXPECT_EQ(View(1).counter, 71U);
  EXPECT_EQ(View(2).state, State::kForeign);
  EXPECT_EQ(View(2).reason, "a hash");
  EXPECT_EQ(View(2).ttl, std::nullopt) << "it never expires";
  EXPECT_EQ(h_.engine().leases_in_use() + h_.engine().rounds_in_use(), 0U);
}

TEST_F(InspectTest, TellsWhyANodeSaysNothing) {
  Inspect();
  h_.Error(0, "NOPERM this user has no permissions");
  h_.Answer(1, {"WHO", ":1", "knows", ":2"});
  h_.Down(2);
  ASSERT_TRUE(seen_);
  EXPECT_TRUE(View(0).denied);
  EXPECT_THAT(View(0).reason, HasSubstr("NOPERM"));
  EXPECT_FALSE(View(1).denied);
  EXPECT_EQ(View(1).reason, "an answer of unknown form");
  EXPECT_THAT(View(2).reason, HasSubstr("Connection refused"));
  for (int node = 0; node < 3; ++node) {
    EXPECT_EQ(View(node).holder, "") << node;
    EXPECT_EQ(View(node).counter, 0U) << node;
  }
}

TEST_F(InspectTest, EndsAtTheCommandTimeout) {
  Inspect();
  h_.Advance(2s);
  ASSERT_TRUE(seen_);
  EXPECT_THAT(View(0).reason, HasSubstr("silent until the deadline"));
}

TEST_F(InspectTest, CounterThatCannotBeIsNone) {
  Inspect();
  h_.AnswerAll("FREE");  // No array.
  ASSERT_TRUE(seen_);
  EXPECT_EQ(View(0).reason, "an answer of unknown form");
  Inspect();
  for (int node = 0; node < 3; ++node) h_.Answer(node, {"FREE", ":-5"});
  EXPECT_EQ(View(0).counter, 0U);
}

}  // namespace
}  // namespace holdfast::core
