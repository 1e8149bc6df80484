// Whether the server of a cluster's seat was heard of lately.
#include "core/heartbeat.h"

#include <gtest/gtest.h>

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.

constexpr TimePoint kStart{1000s};

// A command that is answered at once.
void Exchange(Heartbeat& heartbeat, TimePoint sent) {
  heartbeat.OnSent(sent);
  heartbeat.OnReply();
}

TEST(HeartbeatTest, IsDueAQuarterOfTheNodeTimeoutAfterTheLatestCommand) {
  Heartbeat heartbeat(8s, kStart);
  EXPECT_EQ(heartbeat.due(), kStart + 2s);
  heartbeat.OnSent(kStart + 1500ms);
  EXPECT_EQ(heartbeat.due(), kStart + 3500ms);
}

TEST(HeartbeatTest, IsNeverTooOftenAndNeverTooRare) {
  EXPECT_EQ(Heartbeat(1ms, kStart).due(), kStart + 20ms);
  EXPECT_EQ(Heartbeat(10min, kStart).due(), kStart + 5s);
}

TEST(HeartbeatTest, ServerThatDoesNotTellItsTimeoutHasTheDefault) {
  Heartbeat heartbeat(0ms, kStart);
  EXPECT_EQ(heartbeat.due(), kStart + 3750ms);
  EXPECT_FALSE(heartbeat.IsStale(kStart + 7500ms));
  EXPECT_TRUE(heartbeat.IsStale(kStart + 7501ms));
}

TEST(HeartbeatTest, StaleAfterHalfTheNodeTimeoutWithoutAnAnswer) {
  Heartbeat heartbeat(8s, kStart);
  EXPECT_FALSE(heartbeat.IsStale(kStart + 4s));
  EXPECT_TRUE(heartbeat.IsStale(kStart + 4001ms));
  EXPECT_EQ(heartbeat.SilenceAt(kStart + 5s), 5s);
}

TEST(HeartbeatTest, AnAnswerCountsFromWhenItsCommandWasSent) {
  Heartbeat heartbeat(8s, kStart);
  heartbeat.OnSent(kStart + 2s);
  EXPECT_TRUE(heartbeat.IsStale(kStart + 5s));  // No answer so far.
  heartbeat.OnReply();
  EXPECT_FALSE(heartbeat.IsStale(kStart + 6s));
  EXPECT_TRUE(heartbeat.IsStale(kStart + 6001ms));
}

TEST(HeartbeatTest, AnswersAreMatchedToTheirOwnCommands) {
  Heartbeat heartbeat(8s, kStart);
  heartbeat.OnSent(kStart);  // Watched.
  heartbeat.OnSent(kStart + 1s);
  heartbeat.OnReply();
  heartbeat.OnSent(kStart + 3s);  // Watched: the second answer to come.
  heartbeat.OnReply();
  EXPECT_TRUE(heartbeat.IsStale(kStart + 4001ms));
  heartbeat.OnReply();
  EXPECT_FALSE(heartbeat.IsStale(kStart + 7s));
}

TEST(HeartbeatTest, StaysFreshAsLongAsItIsAnswered) {
  Heartbeat heartbeat(8s, kStart);
  TimePoint now = kStart;
  for (int i = 0; i < 100; ++i) {
    now = heartbeat.due();
    ASSERT_FALSE(heartbeat.IsStale(now));
    Exchange(heartbeat, now);
  }
  EXPECT_EQ(heartbeat.SilenceAt(now), 0s);
}

TEST(HeartbeatTest, StaleForGood) {
  Heartbeat heartbeat(8s, kStart);
  const TimePoint late = kStart + 5s;
  ASSERT_TRUE(heartbeat.IsStale(late));
  Exchange(heartbeat, late);
  Exchange(heartbeat, late + 1ms);
  EXPECT_TRUE(heartbeat.IsStale(late + 2ms));
}

// Whenever the server stops and commands are sent: after a whole node timeout it is not trusted,
// whatever it answers when it wakes.
TEST(HeartbeatTest, ServerThatSleptForTheNodeTimeoutIsStale) {
  for (nanoseconds stops = 0ms; stops < 5s; stops += 100ms) {
    for (nanoseconds gap = 10ms; gap <= 2s; gap += 90ms) {
      Heartbeat heartbeat(8s, kStart);
      TimePoint at = kStart;
      for (; at < kStart + stops; at += gap) Exchange(heartbeat, at);
      const TimePoint wakes = kStart + stops + 8s + 1ms;
      int unanswered = 0;
      for (; at < wakes; at += gap, ++unanswered) heartbeat.OnSent(at);
      for (; unanswered > 0; --unanswered) heartbeat.OnReply();
      ASSERT_TRUE(heartbeat.IsStale(wakes)) << stops.count() << " " << gap.count();
      Exchange(heartbeat, wakes);
      ASSERT_TRUE(heartbeat.IsStale(wakes + 1ms)) << stops.count() << " " << gap.count();
    }
  }
}

TEST(HeartbeatTest, BoundsWhatIsUnansweredToHalfTheNodeTimeout) {
  const Heartbeat heartbeat(8s, kStart);
  EXPECT_EQ(heartbeat.Bound(5s), 4s);
  EXPECT_EQ(heartbeat.Bound(300ms), 300ms);
  EXPECT_EQ(Heartbeat(10ms, kStart).Bound(5s), 50ms);
}

TEST(HeartbeatTest, AnswerToNothingIsIgnored) {
  Heartbeat heartbeat(8s, kStart);
  heartbeat.OnReply();
  Exchange(heartbeat, kStart + 3s);
  EXPECT_FALSE(heartbeat.IsStale(kStart + 7s));
}

}  // namespace
}  // namespace holdfast::core
