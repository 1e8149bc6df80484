// What is told of nodes, and how their configuration is replaced (lib/core/PROTOCOL.md, Admission).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_harness.h"
#include "event_log.h"

namespace holdfast::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class NodeEventsTest : public ::testing::Test {
 protected:
  static EngineOptions Options(Observer* observer) {
    EngineOptions options = EngineHarness::OptionsFor(3);
    options.observer = observer;
    return options;
  }

  EventLog log_;
  EngineHarness h_{Options(&log_)};
};

TEST_F(NodeEventsTest, NodeIsUpOnceItIsAdmitted) {
  h_.Connect(1);
  EXPECT_THAT(log_.Take(), IsEmpty()) << "and the others are not down before they were tried";
  h_.Admit(1);
  EXPECT_THAT(log_.Take(), ElementsAre("up n1"));
  EXPECT_EQ(h_.engine().GetStats().node_ups, 1U);
  EXPECT_EQ(h_.engine().GetStats().node_downs, 0U);
}

TEST_F(NodeEventsTest, NodeIsDownOnceHoweverOftenItIsTried) {
  h_.Down(1);
  EXPECT_THAT(log_.Take(), ElementsAre("down n1: cannot connect: Connection refused"));
  h_.Down(1);
  EXPECT_THAT(log_.Take(), IsEmpty());
  h_.Up(1);
  EXPECT_THAT(log_.Take(), ElementsAre("up n1"));
  h_.Down(1, "it closed the connection");
  EXPECT_THAT(log_.Take(), ElementsAre("down n1: it closed the connection"));
}

TEST_F(NodeEventsTest, QuarantineAndItsEndAreToldOnce) {
  for (const int node : {0, 2}) h_.Up(node);
  log_.Take();
  h_.Connect(1);
  h_.AnswerState(1, "", ":5000");
  EXPECT_THAT(log_.Take(), ElementsAre("quarantined n1: 5000 ms"));
  EXPECT_EQ(h_.engine().GetStats().node_quarantines, 1U);
  h_.Advance(5s);
  for (int i = 0; i < 10 && log_.Take().empty(); ++i) {
    if (h_.Waiting(1) == "open") h_.AnswerState(1, "4712");
    for (int node = 0; node < 3; ++node) {
      if (h_.Waiting(node) == "admit") h_.AnswerState(node, node == 1 ? "" : "4711");
    }
    if (h_.Waiting(1).empty()) h_.Advance(500ms);
  }
  h_.Advance(60s);
  EXPECT_THAT(log_.Take(), IsEmpty());
  EXPECT_EQ(h_.engine().GetStats().node_ups, 3U);
  EXPECT_EQ(h_.engine().GetStats().node_quarantines, 1U);
}

TEST_F(NodeEventsTest, RefusalIsToldOnce) {
  h_.Connect(0);
  h_.Answer(0, {"MISMATCH", "theirs"});
  const std::vector<std::string> events = log_.Take();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_THAT(events[0], HasSubstr("refused n0: it is configured"));
  h_.Advance(5s);
  h_.Answer(0, {"MISMATCH", "theirs"});
  EXPECT_THAT(log_.Take(), IsEmpty());
}

TEST_F(NodeEventsTest, NodeThatLostItsDataIsQuarantinedWithoutBeingDown) {
  for (int node = 0; node < 3; ++node) h_.Up(node);
  log_.Take();
  h_.Acquire();
  h_.Answer(0, {"SHUT"});
  h_.AnswerState(0, "", ":30000");
  EXPECT_THAT(log_.Take(), ElementsAre("quarantined n0: 30000 ms"));
}

TEST_F(NodeEventsTest, WarningComesWithEachTimeTheNodeIsUp) {
  Greeting evicting = EngineHarness::GreetingOf(0);
  evicting.info.maxmemory_policy = "allkeys-lru";
  h_.engine().OnNodeReady(0, evicting, h_.now());
  h_.Admit(0);
  const std::vector<std::string> events = log_.Take();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0], "up n0");
  EXPECT_THAT(events[1], HasSubstr("warning n0: its maxmemory-policy is allkeys-lru"));
}

class ReconfigureTest : public ::testing::Test {
 protected:
  void Reconfigure() {
    h_.engine().Reconfigure(
        [this](std::vector<NodeStatus> statuses) { statuses_ = std::move(statuses); }, h_.now());
  }

  EngineHarness h_{3};
  std::optional<std::vector<NodeStatus>> statuses_;
};

TEST_F(ReconfigureTest, EndsWhenAllConnectedNodesHaveAnswered) {
  h_.Up(0);
  h_.Connect(1);
  h_.Answer(1, {"MISMATCH", "theirs"});
  h_.Down(2);
  Reconfigure();
  ASSERT_EQ(h_.Waiting(0) + h_.Waiting(1) + h_.Waiting(2), "admitadmit");
  EXPECT_EQ(h_.At(1).arguments.at(7), "1") << "force";
  h_.AnswerState(0, "4711");
  EXPECT_FALSE(statuses_);
  h_.AnswerState(1, "", ":30000");
  ASSERT_TRUE(statuses_);
  EXPECT_TRUE(statuses_->at(0).ready);
  EXPECT_FALSE(statuses_->at(1).ready);
  EXPECT_EQ(statuses_->at(1).votes_in, 30s);
  EXPECT_THAT(statuses_->at(2).reason, HasSubstr("cannot connect"));
}

TEST_F(ReconfigureTest, WaitsForTheFirstConnections) {
  Reconfigure();
  EXPECT_FALSE(statuses_);
  for (int node = 0; node < 3; ++node) h_.Up(node);
  EXPECT_EQ(h_.Waiting(2), "admit");
  for (int node = 0; node < 3; ++node) h_.AnswerState(node, "4711");
  EXPECT_TRUE(statuses_);
}

TEST_F(ReconfigureTest, EndsWithoutNodes) {
  for (int node = 0; node < 3; ++node) h_.Down(node);
  Reconfigure();
  EXPECT_TRUE(statuses_);
}

TEST_F(ReconfigureTest, EndsWhenASilentNodesConnectionIsClosed) {
  for (int node = 0; node < 3; ++node) h_.Up(node);
  Reconfigure();
  for (const int node : {0, 1}) h_.AnswerState(node, "4711");
  EXPECT_FALSE(statuses_);
  h_.Down(2);
  EXPECT_TRUE(statuses_);
}

TEST_F(ReconfigureTest, EndsWithTheClient) {
  for (int node = 0; node < 3; ++node) h_.Up(node);
  Reconfigure();
  h_.engine().CancelAll(h_.now());
  EXPECT_TRUE(statuses_);
}

}  // namespace
}  // namespace holdfast::core
