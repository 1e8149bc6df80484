// What observers and statistics hear of locks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_harness.h"
#include "event_log.h"

namespace holdfast::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EventsTest : public ::testing::Test {
 protected:
  EventsTest() : h_(Options(&log_)) { log_.Take(); }

  static EngineOptions Options(Observer* observer) {
    EngineOptions options = EngineHarness::OptionsFor(3);
    options.observer = observer;
    return options;
  }
  Stats stats() { return h_.engine().GetStats(); }

  EventLog log_;
  Connected h_;
};

TEST_F(EventsTest, AcquiredTellsTheTokenAndHowLongItTook) {
  h_.Acquire({}, {"a", "b"});
  EXPECT_EQ(stats().waiting, 1U);
  h_.Advance(30ms);
  for (const int node : {0, 1}) h_.Answer(node, {"OK", ":70", ":80"});
  EXPECT_THAT(log_.Take(), ElementsAre("acquired a, b/70: 30 ms, attempts 1"));
  EXPECT_EQ(stats().acquired, 1U);
  EXPECT_EQ(stats().held, 1U);
  EXPECT_EQ(stats().waiting, 0U);
  EXPECT_EQ(stats().acquire.count, 1U);
  EXPECT_EQ(stats().acquire.max, 30ms);
}

TEST_F(EventsTest, AttemptsAreCounted) {
  h_.Acquire({.wait = 10s});
  h_.Busy(0);
  h_.Busy(1);
  h_.Grant(2);
  EXPECT_THAT(log_.Take(), IsEmpty()) << "the call goes on";
  for (int node = 0; node < 3; ++node) h_.Deleted(node);
  h_.Advance(300ms);
  h_.Grant(0);
  h_.Grant(1);
  ASSERT_TRUE(h_.acquired());
  EXPECT_EQ(stats().attempts, 2U);
  EXPECT_EQ(stats().acquired, 1U);
  EXPECT_EQ(stats().refused_held, 0U);
  const std::vector<std::string> events = log_.Take();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_THAT(events[0], ::testing::EndsWith("attempts 2"));
}

TEST_F(EventsTest, EachWayToBeRefusedIsCountedOnItsOwn) {
  h_.Acquire();
  h_.Busy(0, "host:7");
  h_.Busy(1, "host:7");
  EXPECT_THAT(log_.Take(), ElementsAre("refused a/0: held by host:7"));
  EXPECT_EQ(stats().refused_held, 1U);

  h_.Acquire();
  h_.Cancel();
  EXPECT_THAT(log_.Take(), ElementsAre("refused a/0: cancelled"));
  EXPECT_EQ(stats().cancelled, 1U);

  h_.Down(0);
  h_.Acquire();
  h_.Advance(2s);
  EXPECT_EQ(stats().refused_no_quorum, 1U);
  h_.Down(1);
  h_.Acquire();
  EXPECT_EQ(stats().refused_no_quorum, 2U);
  EXPECT_EQ(stats().acquired, 0U);
}

TEST_F(EventsTest, UndecidedAndDeniedAreCounted) {
  h_.Acquire();
  h_.Grant(0);
  h_.Answer(1, {"LATE", ":1700001000000"});
  h_.Answer(2, {"LATE", ":1700001000000"});
  EXPECT_TRUE(IsUndecided(h_.status())) << h_.status();
  EXPECT_EQ(stats().refused_undecided, 1U);
  for (int node = 0; node < 3; ++node) h_.Deleted(node);
  h_.Acquire();
  h_.Error(0, "NOAUTH Authentication required.");
  h_.Error(1, "NOAUTH Authentication required.");
  EXPECT_EQ(stats().refused_other, 1U);
}

TEST_F(EventsTest, ExtensionsAndTheirFailuresAreTold) {
  const LeaseId id = h_.Hold({.ttl = 10s});
  log_.Take();
  h_.Extend(id, 10s);
  h_.Advance(20ms);
  h_.Extended(0);
  h_.Extended(1);
  EXPECT_THAT(log_.Take(), ElementsAre("extended a/1: 9878 ms"));
  EXPECT_EQ(stats().extended, 1U);
  EXPECT_EQ(stats().extend.count, 1U);
  h_.Extended(2);
  h_.Extend(id, 10s);
  h_.Error(0, "OOM");
  h_.Error(1, "OOM");
  EXPECT_THAT(log_.Take(), ElementsAre("extend failed a/1: no quorum: 2 of 3 nodes cannot vote, "
                                       "and 2 votes are needed"));
  EXPECT_EQ(stats().extend_failed, 1U);
  EXPECT_EQ(stats().auto_extended, 0U);
}

TEST_F(EventsTest, LossIsToldOnce) {
  h_.Hold({.ttl = 1s});
  log_.Take();
  h_.Advance(10s);
  EXPECT_THAT(log_.Take(), ElementsAre("lost a/1: it was not extended in time"));
  EXPECT_EQ(stats().lost, 1U);
  EXPECT_EQ(stats().held, 0U);
}

TEST_F(EventsTest, ReleaseIsTold) {
  const LeaseId id = h_.Hold();
  log_.Take();
  h_.Release(id);
  EXPECT_EQ(stats().held, 0U);
  h_.Advance(10ms);
  h_.Deleted(0);
  h_.Deleted(1);
  EXPECT_THAT(log_.Take(), ElementsAre("released a/1: ok"));
  EXPECT_EQ(stats().released, 1U);
  EXPECT_EQ(stats().release.count, 1U);
  EXPECT_EQ(stats().release.max, 10ms);
}

TEST_F(EventsTest, ReleaseInTheBackgroundIsToldAtOnce) {
  const LeaseId id = h_.Hold();
  log_.Take();
  h_.engine().Release(id, nullptr, h_.now());
  EXPECT_THAT(log_.Take(), ElementsAre("released a/1: ok"));
  for (int node = 0; node < 3; ++node) h_.Deleted(node);
  EXPECT_THAT(log_.Take(), IsEmpty());
  EXPECT_EQ(stats().released, 1U);
}

TEST_F(EventsTest, FailedReleaseIsTold) {
  const LeaseId id = h_.Hold();
  log_.Take();
  h_.Release(id);
  h_.Absent(0);
  h_.Absent(1);
  EXPECT_THAT(log_.Take(), ElementsAre("released a/1: lost: no longer held under this token on 2 "
                                       "of 3 nodes"));
  EXPECT_EQ(stats().release_failed, 1U);
}

TEST_F(EventsTest, UndoingAnAttemptIsNoRelease) {
  h_.Acquire();
  h_.Cancel();
  log_.Take();
  h_.Advance(100ms);
  EXPECT_THAT(log_.Take(), IsEmpty());
  EXPECT_EQ(stats().released + stats().release_failed, 0U);
}

TEST_F(EventsTest, ForgottenLockIsHeldNoLonger) {
  h_.engine().Forget(h_.Hold());
  EXPECT_EQ(stats().held, 0U);
  EXPECT_EQ(stats().released + stats().lost, 0U);
}

TEST(NoObserverTest, CountersWorkWithoutOne) {
  Connected h(3);
  h.Hold({.ttl = 1s});
  h.Advance(10s);
  h.Acquire();
  h.Cancel();
  h.Down(0);
  EXPECT_EQ(h.engine().GetStats().lost, 1U);
  EXPECT_EQ(h.engine().GetStats().cancelled, 1U);
  EXPECT_EQ(h.engine().GetStats().node_downs, 1U);
}

}  // namespace
}  // namespace holdfast::core
