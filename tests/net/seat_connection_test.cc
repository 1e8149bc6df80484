// The connection of a cluster's seat follows it from server to server.
#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "net/seat_harness.h"
#include "support/fake_node.h"
#include "support/socket.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

constexpr char kMoved[] = "-MOVED 3999 127.0.0.1:7001\r\n";
constexpr char kFree[] = "*2\r\n$4\r\nFREE\r\n:1\r\n";

std::shared_ptr<ListedRoute> SeatAt(std::vector<net::Route::Place> places) {
  return std::make_shared<ListedRoute>(kGuardKey, std::move(places));
}

// Answers the inspections, in their order, as the list says, and those behind it as a node does.
Override AnswerInspections(std::vector<std::string> answers) {
  return [answers = std::move(answers),
          next = std::size_t{0}](const Received& received) mutable -> std::optional<Answer> {
    if (NameOf(received.argv) != "inspect" || next == answers.size()) return std::nullopt;
    return Answer{.bytes = answers[next++]};
  };
}

TEST(SeatConnection, RedirectionIsAnsweredThenLeadsToTheNextServer) {
  // The first two replies in one read; the third command gets none.
  FakePeer old(AnswerInspections({"", std::string(kMoved) + kFree, ""}));
  FakePeer next;
  const auto route = SeatAt({PlaceAt(old.url()), PlaceAt(next.url())});
  Listened seat(route);
  seat.on_ready = [&] {
    if (seat.CountOf("ready") == 1) {
      for (const core::Tag tag : {1, 2, 3}) EXPECT_TRUE(seat.Send(tag));
    }
  };
  seat.on_reply = [&] { EXPECT_FALSE(seat.Send(4, true)); };
  ASSERT_TRUE(seat.AwaitLine("ready", 2));
  const std::string down = "down " + old.peer().address() + ": MOVED 3999 127.0.0.1:7001";
  EXPECT_THAT(seat.heard,
              ElementsAre("ready " + old.peer().address(), "reply 1 MOVED 3999 127.0.0.1:7001",
                          "reply 2 FREE", down, "no reply 3", "ready " + next.peer().address()));
  EXPECT_EQ(route->found_at.size(), 2U);
}

TEST(SeatConnection, EachErrorThatLeadsElsewhereEndsTheConnection) {
  for (const std::string error :
       {"CLUSTERDOWN The cluster is down", "READONLY You can't write against a read only replica.",
        "LOADING Redis is loading the dataset in memory", "MASTERDOWN Link with MASTER is down",
        "MOVED nowhere"}) {
    FakePeer peer(AnswerInspections({"-" + error + "\r\n"}));
    Listened seat(SeatAt({PlaceAt(peer.url())}));
    ASSERT_TRUE(seat.AwaitLine("ready"));
    ASSERT_TRUE(seat.Send(1));
    ASSERT_TRUE(seat.AwaitLine("ready", 2)) << error;
    EXPECT_EQ(seat.heard[1], "reply 1 " + error);
    EXPECT_EQ(seat.heard[2], "down " + peer.peer().address() + ": " + error);
  }
}

TEST(SeatConnection, SlotThatIsOnItsWayIsStillThere) {
  FakePeer peer(AnswerInspections({"-ASK 3999 127.0.0.1:7001\r\n",
                                   "-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
                                   "-NOSCRIPT No matching script.\r\n", kFree}));
  Listened seat(SeatAt({PlaceAt(peer.url())}));
  ASSERT_TRUE(seat.AwaitLine("ready"));
  for (const core::Tag tag : {1, 2, 3, 4}) ASSERT_TRUE(seat.Send(tag));
  ASSERT_TRUE(seat.AwaitLine("reply 4 FREE"));
  EXPECT_EQ(seat.CountOf("down"), 0);
}

// At once the first time only: the random part of the pauses is none here.
TEST(SeatConnection, ServersThatSendOnAndOnAreAskedMoreAndMoreRarely) {
  FakePeer peer(AnswerTo("inspect", {.bytes = kMoved}));
  const auto route = SeatAt({PlaceAt(peer.url())});
  Listened seat(route);
  seat.on_ready = [&] { EXPECT_TRUE(seat.Send(1)); };
  ASSERT_TRUE(seat.RunUntil([&] { return route->found_at.size() == 4; }));
  EXPECT_GE(route->found_at[2] - route->found_at[1], 100ms);
  EXPECT_GE(route->found_at[3] - route->found_at[2], 200ms);
}

TEST(SeatConnection, ReplicaIsNeverReady) {
  const std::string info = "run_id:" + std::string(40, '7') + "\r\nrole:slave\r\n";
  FakePeer replica(
      AnswerTo("info", {.bytes = "$" + std::to_string(info.size()) + "\r\n" + info + "\r\n"}));
  FakePeer master;
  Listened seat(SeatAt({PlaceAt(replica.url()), PlaceAt(master.url())}));
  ASSERT_TRUE(seat.AwaitLine("ready"));
  EXPECT_THAT(seat.heard, ElementsAre("down " + replica.peer().address() + ": it is a replica",
                                      "ready " + master.peer().address()));
}

TEST(SeatConnection, ProblemOfTheConnectionNamesTheServer) {
  const Fd bound = BindLoopback(0);  // Nobody listens, and nobody else gets the port.
  const std::string address = "127.0.0.1:" + std::to_string(PortOf(bound));
  Listened seat(SeatAt({PlaceAt("redis://" + address)}));
  ASSERT_TRUE(seat.AwaitLine("down"));
  EXPECT_THAT(seat.heard[0], StartsWith("down " + address + ": "));
  EXPECT_THAT(seat.heard[0], HasSubstr("refused"));
}

TEST(SeatConnection, ProblemOfTheRouteIsToldAndTheRouteAskedAgain) {
  FakePeer peer;
  const auto route =
      SeatAt({{.problem = {Vote::kDown, "nobody owns its slot"}}, PlaceAt(peer.url())});
  Listened seat(route);
  ASSERT_TRUE(seat.AwaitLine("ready"));
  EXPECT_EQ(seat.heard[0], "down nobody owns its slot");
  EXPECT_GE(route->found_at[1] - route->found_at[0], 50ms);
}

// Answers when it is told to.
class LateRoute final : public net::Route {
 public:
  void Find(core::TimePoint, Found found) override { found_ = std::move(found); }
  Found found_;
};

TEST(SeatConnection, AnswerOfTheRouteBehindTheEndIsIgnored) {
  FakePeer peer;
  const auto route = std::make_shared<LateRoute>();
  Listened seat(route);
  seat.connection->Close();
  EXPECT_THAT(seat.heard, ElementsAre("down the client was closed"));
  route->found_(PlaceAt(peer.url()));
  seat.io.poll();
  EXPECT_EQ(peer.peer().connections(), 0);
  EXPECT_EQ(seat.heard.size(), 1U);
}

TEST(SeatConnection, IndependentNodeTakesARedirectionForAnyError) {
  FakePeer peer(AnswerInspections({kMoved, kFree}));
  Listened node(std::make_shared<net::FixedRoute>(*ParseUrl(peer.url())));
  ASSERT_TRUE(node.AwaitLine("ready"));
  ASSERT_TRUE(node.Send(1));
  ASSERT_TRUE(node.AwaitLine("reply 1 MOVED"));
  ASSERT_TRUE(node.Send(2));
  ASSERT_TRUE(node.AwaitLine("reply 2 FREE"));
  EXPECT_EQ(node.CountOf("down"), 0);
}

}  // namespace
}  // namespace holdfast::testing
