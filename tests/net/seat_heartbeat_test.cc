// The connection of a cluster's seat is used all the time, and given up when its server is silent.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "net/seat_harness.h"
#include "support/fake_node.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using namespace std::chrono_literals;

net::ConnectionOptions NodeTimeout(core::milliseconds timeout) {
  return {.cluster_node_timeout = timeout};
}

std::shared_ptr<ListedRoute> SeatAt(const FakePeer& peer) {
  return std::make_shared<ListedRoute>(kGuardKey, std::vector{PlaceAt(peer.url())});
}

const Answer kThere = {.bytes = ":1\r\n"};

TEST(SeatHeartbeat, IdleConnectionAsksForTheGuard) {
  FakePeer peer(AnswerTo("exists", kThere));
  Listened seat(SeatAt(peer), NodeTimeout(2s));
  ASSERT_TRUE(seat.RunUntil([&] { return peer.Commands("exists").size() >= 3; }));
  EXPECT_THAT(peer.Commands("exists")[0].argv, ElementsAre("EXISTS", kGuardKey));
  EXPECT_THAT(seat.heard, SizeIs(1)) << "the heartbeats are nobody else's";
}

TEST(SeatHeartbeat, WhatTheServerTellsOfItsTimeoutCounts) {
  FakePeer peer([exists = AnswerTo("exists", kThere)](
                    const Received& received) mutable -> std::optional<Answer> {
    if (received.argv == Argv{"CONFIG", "GET", "cluster-node-timeout"}) {
      return Answer{.bytes = "*2\r\n$20\r\ncluster-node-timeout\r\n$4\r\n2000\r\n"};
    }
    return exists(received);
  });
  Listened seat(SeatAt(peer), NodeTimeout(10min));
  const auto time =
      TimeOf([&] { ASSERT_TRUE(seat.RunUntil([&] { return !peer.Commands("exists").empty(); })); });
  EXPECT_LT(time, 5s);  // The heartbeat of the longest timeout.
}

TEST(SeatHeartbeat, BusyConnectionNeedsNone) {
  FakePeer peer;
  Listened seat(SeatAt(peer), NodeTimeout(4s));
  ASSERT_TRUE(seat.AwaitLine("ready"));
  const core::TimePoint end = net::Now() + 1500ms;
  core::nanoseconds longest{0};
  for (core::TimePoint sent = net::Now(), now = sent; now < end; sent = now) {
    ASSERT_TRUE(seat.Send(1));
    ASSERT_TRUE(seat.AwaitLine("reply", seat.CountOf("reply") + 1));
    now = net::Now();
    longest = std::max(longest, now - sent);
  }
  if (longest > 900ms) GTEST_SKIP() << "the machine is too busy";
  EXPECT_THAT(peer.Commands("exists"), IsEmpty());
}

TEST(SeatHeartbeat, RedirectionOfTheHeartbeatEndsTheConnection) {
  FakePeer peer(AnswerTo("exists", {.bytes = "-MOVED 3999 127.0.0.1:7001\r\n"}, 1));
  Listened seat(SeatAt(peer), NodeTimeout(400ms));
  ASSERT_TRUE(seat.AwaitLine("ready", 2));
  EXPECT_EQ(seat.heard[1], "down " + peer.peer().address() + ": MOVED 3999 127.0.0.1:7001");
}

TEST(SeatHeartbeat, SilentServerIsGivenUpLongBeforeTheCommandTimeout) {
  FakePeer peer(AnswerTo("exists", {}));
  net::ConnectionOptions options = NodeTimeout(400ms);
  options.link.command_timeout = 1h;
  Listened seat(SeatAt(peer), options);
  ASSERT_TRUE(seat.AwaitLine("ready"));
  ASSERT_TRUE(seat.AwaitLine("ready", 2));
}

// The loop does not run meanwhile, as that of a process that is stopped.
void StopFor(core::nanoseconds time) { std::this_thread::sleep_for(time); }

TEST(SeatHeartbeat, NothingIsAskedOfAServerThatWasNotHeardOfLately) {
  FakePeer peer(AnswerTo("exists", kThere));
  Listened seat(SeatAt(peer), NodeTimeout(4s));
  ASSERT_TRUE(seat.AwaitLine("ready"));
  StopFor(2001ms);
  EXPECT_TRUE(seat.Send(1, true)) << "a release may go";
  EXPECT_FALSE(seat.Send(2));
  EXPECT_FALSE(seat.Send(3, true)) << "it is as good as closed";
  EXPECT_THAT(seat.heard, SizeIs(1)) << "not inside the call";
  ASSERT_TRUE(seat.AwaitLine("ready", 2));
  EXPECT_THAT(seat.heard[1], StartsWith("down " + peer.peer().address() + ": silent for "));
  EXPECT_EQ(seat.CountOf("reply 1") + seat.CountOf("no reply 1"), 1);
  EXPECT_EQ(seat.CountOf("no reply 2"), 0);
  EXPECT_TRUE(seat.Send(4));
  ASSERT_TRUE(seat.AwaitLine("reply 4"));
}

// By then another server may have been in its place.
TEST(SeatHeartbeat, AnswerThatWasReadTooLateIsNone) {
  FakePeer peer(AnswerTo("exists", kThere));
  Listened seat(SeatAt(peer), NodeTimeout(4s));
  ASSERT_TRUE(seat.AwaitLine("ready"));
  seat.on_reply = [] { StopFor(2001ms); };
  ASSERT_TRUE(seat.Send(1));
  ASSERT_TRUE(seat.Send(2));
  ASSERT_TRUE(seat.AwaitLine("no reply 2"));
  EXPECT_EQ(seat.CountOf("reply 1"), 1);
  EXPECT_EQ(seat.CountOf("reply 2"), 0);
  ASSERT_TRUE(seat.AwaitLine("ready", 2));
}

// It must not be asked first whether it is there, and then be trusted.
TEST(SeatHeartbeat, ProcessThatWasStoppedGivesUpIdleConnectionsToo) {
  FakePeer peer(AnswerTo("exists", kThere));
  Listened seat(SeatAt(peer), NodeTimeout(2s));
  ASSERT_TRUE(seat.AwaitLine("ready"));
  StopFor(1001ms);
  ASSERT_TRUE(seat.AwaitLine("ready", 2));
  EXPECT_EQ(seat.CountOf("down"), 1);
}

TEST(SeatHeartbeat, IndependentNodeIsSentNothingMore) {
  FakePeer peer;
  Listened node(std::make_shared<net::FixedRoute>(*ParseUrl(peer.url())), NodeTimeout(40ms));
  ASSERT_TRUE(node.AwaitLine("ready"));
  StopFor(200ms);
  node.io.poll();
  ASSERT_TRUE(node.Send(1));
  ASSERT_TRUE(node.AwaitLine("reply 1"));
  EXPECT_THAT(peer.Commands("exists"), IsEmpty());
  for (const Received& config : peer.Commands("config")) {
    EXPECT_THAT(config.argv, ElementsAre("CONFIG", "GET", "*appendfsync*"));
  }
  EXPECT_EQ(node.CountOf("down"), 0);
}

}  // namespace
}  // namespace holdfast::testing
