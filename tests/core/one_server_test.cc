// One server under two names: what it granted under one never counts together with what it does
// under the other (PROTOCOL.md, Admission).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

class OneServerTest : public ::testing::Test {
 protected:
  OneServerTest() {
    h_.Up(0);
    h_.Down(1);
    h_.Up(2);
  }

  // The name n1 leads to the server of n2, too.
  void ConnectSecondName() {
    h_.ConnectTo(1, 2);
    if (h_.Waiting(1) == "admit") h_.Admit(1);
  }

  EngineHarness h_{3};
};

TEST_F(OneServerTest, LeaseIsNotProlongedByTheSecondName) {
  h_.Acquire({.ttl = 2s});
  h_.Grant(0);
  h_.Grant(2);
  ASSERT_TRUE(h_.acquired());
  h_.engine().Observe(h_.id(), &h_);
  const TimePoint until = h_.valid_until();
  h_.Down(0);
  h_.Advance(500ms);
  h_.Extend(h_.id(), 2s);
  h_.Extended(2);
  h_.Down(2);
  ConnectSecondName();
  h_.Extend(h_.id(), 2s);
  h_.Extended(1);
  EXPECT_EQ(h_.valid_until(), until);
  EXPECT_EQ(h_.losses(), 0);
  h_.Advance(until - h_.now());
  EXPECT_EQ(h_.losses(), 1);
}

TEST_F(OneServerTest, AttemptIsNotWonByTheSecondName) {
  h_.Acquire({.ttl = 2s});
  h_.Grant(2);
  h_.Down(2);
  ConnectSecondName();
  EXPECT_EQ(h_.Waiting(1), "") << "it was not there when the attempt began";
  EXPECT_FALSE(h_.done());
  h_.Busy(0);
  EXPECT_TRUE(h_.done());
  EXPECT_FALSE(h_.acquired());
}

}  // namespace
}  // namespace holdfast::core
