// The way of one command through a cluster.
#include "core/cluster_route.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast::core {
namespace {

using Step = RouteAction::Step;

const NodeAddress kA = {"a", 1};
const NodeAddress kB = {"b", 2};
const TimePoint kNow{std::chrono::hours(1)};

std::string MessageOf(const RouteAction& action) {
  return {action.status.message().data(), action.status.message().size()};
}

class ClusterRouteTest : public testing::Test {
 protected:
  ClusterRouteTest() {
    topology_.Assign({0, 16383}, topology_.AddMaster(kA, ""));
    topology_.AddMaster(kB, "");
  }

  RouteAction Error(const std::string& text, TimePoint now = kNow) {
    return route_.OnError(text, kA, topology_, now);
  }
  RouteAction Refreshed(absl::Status result = absl::OkStatus()) {
    return route_.OnRefreshed(result, topology_, kNow);
  }

  Topology topology_;
  ClusterRoute route_{16, kNever};
};

TEST_F(ClusterRouteTest, AnyOtherErrorIsTheResult) {
  EXPECT_EQ(Error("WRONGTYPE x").step, Step::kDone);
  EXPECT_EQ(Error("CROSSSLOT x").step, Step::kDone);
  EXPECT_EQ(route_.redirections(), 0);
}

TEST_F(ClusterRouteTest, MovedIsFollowedAndRemembered) {
  const RouteAction action = Error("MOVED 5 b:2");
  EXPECT_EQ(action.step, Step::kSendTo);
  EXPECT_EQ(action.address, kB);
  EXPECT_FALSE(action.asking);
  EXPECT_EQ(action.moved_slot, 5);
  EXPECT_TRUE(action.refresh_behind);
}

TEST_F(ClusterRouteTest, AskIsFollowedOnceAndNotRemembered) {
  const RouteAction action = Error("ASK 5 b:2");
  EXPECT_EQ(action.step, Step::kSendTo);
  EXPECT_EQ(action.address, kB);
  EXPECT_TRUE(action.asking);
  EXPECT_EQ(action.moved_slot, std::nullopt);
  EXPECT_FALSE(action.refresh_behind);
}

TEST_F(ClusterRouteTest, ARedirectWithoutAHostIsToTheNodeThatAnswered) {
  topology_.AddMaster({"a", 9}, "");
  EXPECT_EQ(Error("MOVED 5 :9").address, (NodeAddress{"a", 9}));
}

TEST_F(ClusterRouteTest, AnUnknownHostIsLookedUp) {
  EXPECT_EQ(Error("MOVED 5 ?:9").step, Step::kRefresh);
  EXPECT_EQ(Refreshed().step, Step::kSendToOwner);
}

TEST_F(ClusterRouteTest, AnAddressOutsideTheTopologyIsLookedUpFirst) {
  for (const std::string code : {"MOVED", "ASK"}) {
    ClusterRoute route(16, kNever);
    Topology topology = topology_;
    const RouteAction refresh = route.OnError(code + " 5 new:3", kA, topology, kNow);
    EXPECT_EQ(refresh.step, Step::kRefresh);
    EXPECT_EQ(refresh.address, kA);  // Whoever sends there knows that node.
    topology.AddMaster({"new", 3}, "");
    const RouteAction follow = route.OnRefreshed(absl::OkStatus(), topology, kNow);
    EXPECT_EQ(follow.step, Step::kSendTo);
    EXPECT_EQ(follow.address, (NodeAddress{"new", 3}));
    EXPECT_EQ(follow.asking, code == "ASK");
  }
}

TEST_F(ClusterRouteTest, AnAddressThatStaysOutsideIsAViolationOfTheProtocol) {
  EXPECT_EQ(Error("ASK 5 evil:3").step, Step::kRefresh);
  const RouteAction action = Refreshed();
  EXPECT_EQ(action.step, Step::kGiveUp);
  EXPECT_EQ(action.status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(MessageOf(action),
            "protocol error from a:1: it redirects to evil:3, which is no node of the cluster");
}

TEST_F(ClusterRouteTest, AMalformedRedirectIsNeverFollowed) {
  for (const std::string text : {"MOVED 5 b:0", "MOVED 16384 b:2", "ASK 5 b", "ASK 5 \x1b:2"}) {
    const RouteAction action = Error(text);
    EXPECT_EQ(action.step, Step::kGiveUp) << text;
    EXPECT_EQ(action.status.code(), absl::StatusCode::kInternal) << text;
    EXPECT_EQ(MessageOf(action).find('\x1b'), std::string::npos);
  }
  EXPECT_EQ(MessageOf(Error("MOVED 5 b:0")),
            "protocol error from a:1: the redirection 'MOVED 5 b:0' is malformed");
}

TEST_F(ClusterRouteTest, WhatIsNotReadyIsTriedAgainAfterAPauseThatGrows) {
  const std::string errors[] = {"TRYAGAIN x", "CLUSTERDOWN x", "LOADING x", "MASTERDOWN x"};
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 8; ++i) {
    const RouteAction wait = Error(errors[i % 4]);
    ASSERT_EQ(wait.step, Step::kWait);
    EXPECT_EQ(wait.refresh_behind, i % 4 != 0);
    pauses.push_back(std::chrono::duration_cast<milliseconds>(wait.until - kNow).count());
    EXPECT_EQ(route_.OnWaited().step, Step::kSendToOwner);
  }
  EXPECT_EQ(pauses, (std::vector<std::int64_t>{10, 20, 40, 80, 160, 320, 500, 500}));
  EXPECT_EQ(route_.redirections(), 0);
}

TEST_F(ClusterRouteTest, AWriteThatCameToAReplicaGoesToItsMaster) {
  EXPECT_EQ(Error("READONLY x").step, Step::kRefresh);
  EXPECT_EQ(Refreshed().step, Step::kSendToOwner);
}

TEST_F(ClusterRouteTest, NewsThatDidNotHelpAreGivenTime) {
  for (const std::string text : {"READONLY x", "MOVED 5 ?:1"}) {
    EXPECT_EQ(Error(text).step, Step::kRefresh);
    Refreshed();
    EXPECT_EQ(Error(text).step, Step::kRefresh);
    EXPECT_EQ(Refreshed().step, Step::kWait);
  }
}

TEST_F(ClusterRouteTest, WhatWasNotWrittenIsSentAgain) {
  EXPECT_EQ(route_.OnNotWritten(absl::UnavailableError("a:1 is down"), kNow).step, Step::kRefresh);
  EXPECT_EQ(Refreshed().step, Step::kWait);
  EXPECT_EQ(route_.OnWaited().step, Step::kSendToOwner);
}

TEST_F(ClusterRouteTest, WhatMayHaveBeenExecutedIsNotSentAgain) {
  const absl::Status cause = absl::UnavailableError("the connection was lost");
  const RouteAction action = route_.OnLost(cause);
  EXPECT_EQ(action.step, Step::kGiveUp);
  EXPECT_EQ(action.status, cause);
}

TEST_F(ClusterRouteTest, ATopologyThatCannotBeReadIsTriedAgainLater) {
  EXPECT_EQ(Error("ASK 5 new:3").step, Step::kRefresh);
  EXPECT_EQ(Refreshed(absl::UnavailableError("nobody answers")).step, Step::kWait);
  EXPECT_EQ(route_.OnWaited().step, Step::kSendToOwner);
}

TEST_F(ClusterRouteTest, RedirectionsAreBounded) {
  for (int i = 0; i < 16; ++i) ASSERT_EQ(Error("MOVED 5 b:2").step, Step::kSendTo);
  const RouteAction action = Error("MOVED 5 b:2");
  EXPECT_EQ(action.step, Step::kGiveUp);
  EXPECT_EQ(action.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(MessageOf(action), "too many redirections (16), the last to b:2");
}

// A fail-over may take longer than any number of tries.
TEST_F(ClusterRouteTest, WhatIsNoRedirectionDoesNotCount) {
  ClusterRoute route(0, kNever);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(route.OnError("TRYAGAIN x", kA, topology_, kNow).step, Step::kWait);
    EXPECT_EQ(route.OnError("READONLY x", kA, topology_, kNow).step, Step::kRefresh);
    EXPECT_EQ(route.OnNotWritten(absl::UnavailableError("down"), kNow).step, Step::kRefresh);
  }
  EXPECT_EQ(route.redirections(), 0);
}

TEST_F(ClusterRouteTest, ARedirectionToAHostThatIsNotKnownCounts) {
  ClusterRoute route(1, kNever);
  EXPECT_EQ(route.OnError("MOVED 1 ?:1", kA, topology_, kNow).step, Step::kRefresh);
  EXPECT_EQ(MessageOf(route.OnError("MOVED 1 ?:1", kA, topology_, kNow)),
            "too many redirections (1), the last to ?:1");
}

TEST_F(ClusterRouteTest, NoneMayBeAllowed) {
  ClusterRoute route(0, kNever);
  EXPECT_EQ(MessageOf(route.OnError("MOVED 5 b:2", kA, topology_, kNow)),
            "too many redirections (0), the last to b:2");
}

TEST_F(ClusterRouteTest, NoWaitGoesBeyondTheDeadline) {
  ClusterRoute route(16, kNow + milliseconds(25));
  const RouteAction first = route.OnError("TRYAGAIN x", kA, topology_, kNow);
  EXPECT_EQ(first.until, kNow + milliseconds(10));
  const RouteAction second = route.OnError("TRYAGAIN x", kA, topology_, first.until);
  EXPECT_EQ(second.step, Step::kGiveUp);
  EXPECT_EQ(second.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(MessageOf(second),
            "no time is left to send the command again, because of a:1: TRYAGAIN x");
}

TEST_F(ClusterRouteTest, NothingIsFollowedPastTheDeadline) {
  ClusterRoute route(16, kNow);
  EXPECT_EQ(MessageOf(route.OnError("MOVED 5 b:2", kA, topology_, kNow)),
            "no time is left to send the command again, to b:2");
  EXPECT_EQ(route.OnNotWritten(absl::UnavailableError("down"), kNow).step, Step::kGiveUp);
}

}  // namespace
}  // namespace holdfast::core
