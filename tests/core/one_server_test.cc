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

  // Half a second ago the node n0 granted it, too, but is gone since.
  LeaseId HoldWithoutFirst() {
    h_.Acquire({.ttl = 2s});
    h_.Grant(0);
    h_.Grant(2);
    EXPECT_TRUE(h_.acquired());
    h_.engine().Observe(h_.id(), &h_);
    h_.Down(0);
    h_.Advance(500ms);
    return h_.id();
  }

  // What a restart makes of the server of n2.
  static constexpr int kStartedAgain = 7;

  EngineHarness h_{3};
};

TEST_F(OneServerTest, LeaseIsNotProlongedByTheSecondName) {
  const LeaseId id = HoldWithoutFirst();
  const TimePoint until = h_.valid_until();
  h_.Extend(id, 2s);
  h_.Extended(2);
  h_.Down(2);
  ConnectSecondName();
  h_.Extend(id, 2s);
  h_.Extended(1);
  EXPECT_EQ(h_.valid_until(), until);
  EXPECT_EQ(h_.losses(), 0);
  h_.Advance(until - h_.now());
  EXPECT_EQ(h_.losses(), 1);
}

// Its data is durable, and it is running again before the break of one connection is noticed.
TEST_F(OneServerTest, LeaseIsNotProlongedByTheSecondNameAfterARestart) {
  const LeaseId id = HoldWithoutFirst();
  const TimePoint until = h_.valid_until();
  h_.Extend(id, 2s);
  h_.Extended(2);
  h_.ConnectTo(1, kStartedAgain);
  h_.Admit(1);
  h_.Extend(id, 2s);
  h_.Extended(1);
  EXPECT_EQ(h_.valid_until(), until);
}

TEST_F(OneServerTest, AnswerFromBeforeTheRestartCountsAsThat) {
  const LeaseId id = HoldWithoutFirst();
  const TimePoint until = h_.valid_until();
  h_.Extend(id, 2s);
  h_.ConnectTo(1, kStartedAgain);
  h_.Admit(1);
  h_.Extend(id, 2s);
  h_.Extended(1);
  h_.Extended(2);
  EXPECT_EQ(h_.valid_until(), until);
}

TEST_F(OneServerTest, WhatAnswersSinceTheRestartIsAnotherServer) {
  const LeaseId id = HoldWithoutFirst();
  h_.ConnectTo(1, kStartedAgain);
  h_.Admit(1);
  const TimePoint sent = h_.now();
  h_.Extend(id, 2s);
  h_.Extended(1);
  h_.Extended(2);
  EXPECT_EQ(h_.valid_until(), CertainUntil(sent, 2s, 0.01));
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
