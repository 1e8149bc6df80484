// Seats of a cluster as the engine uses them: their keys, their witnesses, and redirections as
// votes (PROTOCOL.md, Clusters).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kMoved[] = "MOVED 2730 10.0.0.7:7003";

std::string Message(const absl::Status& status) { return std::string(status.message()); }

EngineOptions SeatOptions(Witnesses witnesses = Witnesses::kNone) {
  EngineOptions options = EngineHarness::OptionsFor(3);
  options.admission.nodes = options.admission.tags = {"{54h}", "{fjl}", "{1x3}"};
  options.admission.one_cluster = true;
  options.admission.witnesses = witnesses;
  return options;
}

class SeatHarness : public EngineHarness {
 public:
  explicit SeatHarness(const EngineOptions& options = SeatOptions()) : EngineHarness(options) {}

  void Connect(int node) {
    Greeting greeting = GreetingOf(node);
    greeting.info.cluster = true;
    greeting.server = "127.0.0.1:" + std::to_string(7000 + node);
    engine().OnNodeReady(node, greeting, now());
  }
  void Up(int node) {
    Connect(node);
    Admit(node);
  }
  void UpAll() {
    for (const int node : {0, 1, 2}) Up(node);
  }
  std::vector<NodeStatus> Statuses() {
    std::vector<NodeStatus> statuses;
    engine().WhenSettled([&](std::vector<NodeStatus> seen) { statuses = std::move(seen); }, now());
    return statuses;
  }
};

TEST(EngineSeatsTest, EachSeatHasKeysOfItsOwn) {
  SeatHarness h;
  h.UpAll();
  h.Acquire();
  EXPECT_THAT(h.At(0).keys,
              ElementsAre("{54h}holdfast:guard", "{54h}lock:a", "{54h}holdfast:fence:lock:a"));
  EXPECT_THAT(h.At(2).keys,
              ElementsAre("{1x3}holdfast:guard", "{1x3}lock:a", "{1x3}holdfast:fence:lock:a"));
  for (const int node : {0, 1, 2}) h.Grant(node);
  ASSERT_TRUE(h.acquired());
  h.Extend(h.id(), 10s);
  EXPECT_THAT(h.At(1).keys, ElementsAre("{fjl}holdfast:guard", "{fjl}lock:a"));
}

TEST(EngineSeatsTest, StatusesAndInspectionsNameTheServers) {
  SeatHarness h;
  for (const int node : {1, 0}) h.Up(node);
  h.Down(2);
  const std::vector<NodeStatus> statuses = h.Statuses();
  ASSERT_EQ(statuses.size(), 3U);
  EXPECT_EQ(statuses[0].node, "{54h}");
  EXPECT_EQ(statuses[0].server, "127.0.0.1:7000");
  EXPECT_EQ(statuses[2].server, "");
  std::optional<Inspection> seen;
  h.engine().Inspect(
      "a", [&](Inspection inspection) { seen = std::move(inspection); }, h.now());
  EXPECT_THAT(h.At(0).keys, ElementsAre("{54h}lock:a", "{54h}holdfast:fence:lock:a"));
  for (const int node : {0, 1}) h.Answer(node, {"FREE", ":0"});
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->nodes[1].node, "{fjl}");
  EXPECT_EQ(seen->nodes[1].server, "127.0.0.1:7001");
  EXPECT_EQ(seen->nodes[2].server, "");
}

TEST(EngineSeatsTest, IndependentNodeIsItsOwnServer) {
  EngineHarness h(1);
  std::vector<NodeStatus> statuses;
  h.Down(0);
  h.engine().WhenSettled([&](std::vector<NodeStatus> seen) { statuses = std::move(seen); },
                         h.now());
  ASSERT_EQ(statuses.size(), 1U);
  EXPECT_EQ(statuses[0].server, "n0");
}

TEST(EngineWitnessesTest, SayWhatTheyKnowOnceTwoWereRead) {
  SeatHarness h(SeatOptions(Witnesses::kHere));
  h.Up(0);
  EXPECT_FALSE(h.engine().witnesses().tried);
  h.Up(1);
  EXPECT_TRUE(h.engine().witnesses().agreed);
}

TEST(EngineWitnessesTest, ThatAreDownHaveBeenTried) {
  SeatHarness h(SeatOptions(Witnesses::kHere));
  h.Up(0);
  h.Down(1);
  EXPECT_FALSE(h.engine().witnesses().tried);
  h.Down(2);
  EXPECT_TRUE(h.engine().witnesses().tried);
  EXPECT_FALSE(h.engine().witnesses().agreed);
}

TEST(EngineWitnessesTest, OtherGroupsAreToldWhatTheySay) {
  SeatHarness h(SeatOptions(Witnesses::kElsewhere));
  for (const int node : {0, 1, 2}) h.Connect(node);
  h.Acquire();
  EXPECT_EQ(h.Waiting(1), "");
  h.engine().SetWitnesses({.tried = true, .agreed = true}, h.now());
  EXPECT_FALSE(h.done());
  for (const int node : {0, 1, 2}) h.Admit(node);
  EXPECT_EQ(h.Waiting(1), "acquire");
}

TEST(EngineWitnessesTest, OtherGroupsDoNotWaitForThoseThatAreDown) {
  SeatHarness h(SeatOptions(Witnesses::kElsewhere));
  for (const int node : {0, 1, 2}) h.Connect(node);
  h.Acquire();
  h.engine().SetWitnesses({.tried = true}, h.now());
  ASSERT_TRUE(h.done());
  EXPECT_TRUE(IsNoQuorum(h.status())) << h.status();
  EXPECT_THAT(Message(h.status()), HasSubstr("{54h} quarantined: it waits for two of"));
}

TEST(EngineWitnessesTest, ThatRefuseMakeTheClientMisconfigured) {
  SeatHarness h(SeatOptions(Witnesses::kElsewhere));
  for (const int node : {0, 1, 2}) h.Connect(node);
  h.Acquire();
  h.engine().SetWitnesses({.tried = true, .refusal = "theirs"}, h.now());
  ASSERT_TRUE(h.done());
  EXPECT_TRUE(IsMisconfigured(h.status())) << h.status();
  EXPECT_THAT(Message(h.status()), HasSubstr("{54h} refused: by its witnesses, theirs"));
}

TEST(EngineWitnessesTest, ThatRefuseLaterEndExtensionsEverywhere) {
  SeatHarness h(SeatOptions(Witnesses::kElsewhere));
  h.engine().SetWitnesses({.tried = true, .agreed = true}, h.now());
  h.UpAll();
  const LeaseId id = h.Hold();
  h.engine().SetWitnesses({.tried = true, .refusal = "theirs"}, h.now());
  h.Extend(id, 10s);
  ASSERT_TRUE(h.extended());
  EXPECT_TRUE(IsMisconfigured(*h.extended())) << *h.extended();
  h.Release(id);
  EXPECT_EQ(h.Waiting(0), "release") << "what is there is taken away all the same";
}

TEST(EngineWitnessesTest, ReconfigureEndsWhereTheyRefuse) {
  SeatHarness h(SeatOptions(Witnesses::kElsewhere));
  h.engine().SetWitnesses({.tried = true, .agreed = true}, h.now());
  h.UpAll();
  h.engine().SetWitnesses({.tried = true, .refusal = "theirs"}, h.now());
  bool done = false;
  h.engine().Reconfigure([&](const std::vector<NodeStatus>&) { done = true; }, h.now());
  EXPECT_TRUE(done);
  EXPECT_EQ(h.Waiting(0), "");
}

TEST(EngineRedirectTest, SlotThatMovedIsAVoteInPlainWords) {
  SeatHarness h;
  h.UpAll();
  h.Acquire();
  h.Error(0, kMoved);
  h.Error(1, "CLUSTERDOWN Hash slot not served");
  ASSERT_TRUE(h.done());
  EXPECT_EQ(GetFailure(h.status())->votes.at(0).vote, Vote::kDown);
  EXPECT_EQ(GetFailure(h.status())->votes.at(1).vote, Vote::kError);
  EXPECT_THAT(Message(h.status()), HasSubstr("{54h} down: its slot moved to another server"));
  EXPECT_THAT(Message(h.status()), HasSubstr("its cluster is down, or does not serve its slot"));
  EXPECT_THAT(Message(h.status()), Not(HasSubstr("10.0.0.7")));
}

TEST(EngineRedirectTest, SlotThatIsBeingMovedIsAnError) {
  for (const char* answer :
       {"ASK 2730 10.0.0.7:7003", "TRYAGAIN Multiple keys request during rehashing of slot"}) {
    SeatHarness h;
    h.UpAll();
    h.Acquire();
    for (const int node : {0, 1}) {
      h.Error(node, answer);
      // It may have been another lock's key that was not there.
      ASSERT_EQ(h.Waiting(node), "acquire");
      EXPECT_TRUE(h.At(node).alone);
      h.Error(node, answer);
    }
    EXPECT_EQ(GetFailure(h.status())->votes.at(0).vote, Vote::kError);
    EXPECT_THAT(Message(h.status()), HasSubstr("its slot is being moved"));
  }
}

TEST(EngineRedirectTest, ReleaseThatWasRedirectedStaysOwed) {
  SeatHarness h;
  h.UpAll();
  const LeaseId id = h.Hold();
  h.Release(id);
  h.Error(0, kMoved);
  for (const int node : {1, 2}) h.Deleted(node);
  ASSERT_TRUE(h.released());
  h.Down(0);
  h.Connect(0);
  EXPECT_EQ(h.Waiting(0), "release admit");
  h.Deleted(0);
  h.Admit(0);
  h.Advance(1s);
  EXPECT_EQ(h.Waiting(0), "");
}

TEST(EngineRedirectTest, ExtensionThatWasRedirectedDeniesNothing) {
  SeatHarness h;
  h.UpAll();
  const LeaseId id = h.Hold();
  h.Extend(id, 10s);
  for (const int node : {0, 1}) h.Error(node, kMoved);
  ASSERT_TRUE(h.extended());
  EXPECT_TRUE(IsNoQuorum(*h.extended())) << *h.extended();
  EXPECT_EQ(h.losses(), 0) << "it still is what it was";
}

// Before that, the old server may grant what is prolonged on the new one.
TEST(EngineSeatsTest, SeatIsAskedForExtensionsOnceItsOldServerHasStopped) {
  SeatHarness h;
  h.UpAll();
  const LeaseId id = h.Hold({.ttl = 30s});
  h.Down(0);
  h.Connect(0);
  h.AnswerState(0, "", ":45000");
  h.Advance(14999ms);
  h.Extend(id, 30s);
  EXPECT_EQ(h.Waiting(0), "");
  EXPECT_EQ(h.Waiting(1), "extend");
  for (const int node : {1, 2}) h.Extended(node);
  h.Advance(1ms);
  h.Extend(id, 30s);
  EXPECT_EQ(h.Waiting(0), "extend");
}

// It may have been released since, and a node that lost its last writes still has it.
TEST(EngineSeatsTest, LockTakenOverByItsTokenIsNotExtendedWhereItsReleaseMayBeForgotten) {
  SeatHarness h;
  h.UpAll();
  h.Down(0);
  h.Connect(0);
  h.AnswerState(0, "", ":1000");
  const LeaseId id = h.Attach(std::string(32, 'a'));
  h.Extend(id, 30s);
  EXPECT_EQ(h.Waiting(0), "");
  for (const int node : {1, 2}) h.Extended(node);
  ASSERT_TRUE(h.extended());
  EXPECT_TRUE(h.extended()->ok()) << *h.extended();
  h.Extend(id, 30s);
  EXPECT_EQ(h.Waiting(0), "extend") << "it is held now: what is there cannot have been released";
}

// The server that is there now did not grant it.
TEST(EngineSeatsTest, TokenIsNotMadeFinalWhereTheSeatDoesNotVote) {
  SeatHarness h;
  h.UpAll();
  h.Acquire();
  h.Grant(0, ":5");
  h.Down(0);
  h.Connect(0);
  h.AnswerState(0, "", ":45000");
  h.Grant(1, ":9");
  ASSERT_TRUE(h.done());
  EXPECT_FALSE(h.acquired());
  EXPECT_EQ(h.Waiting(0), "release");
}

TEST(EngineSeatsTest, SeatThatTakesNothingMayBeSilent) {
  SeatHarness h;
  h.UpAll();
  h.FullUp(true);
  h.Acquire();
  ASSERT_TRUE(h.done());
  EXPECT_THAT(Message(h.status()), HasSubstr("or its server was silent for too long"));
}

}  // namespace
}  // namespace holdfast::core
