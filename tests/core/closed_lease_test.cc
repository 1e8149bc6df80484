// What is asked of a lock that was released before reaches neither the nodes nor another lock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

using ::testing::HasSubstr;

class ClosedLeaseTest : public ::testing::Test, public LeaseObserver {
 protected:
  // Asks everything of it that can be asked.
  void ExpectClosed(LeaseId id) {
    const std::size_t sent = h_.history().size();
    h_.Extend(id, 10s);
    EXPECT_TRUE(IsLost(h_.extended().value())) << *h_.extended();
    EXPECT_THAT(std::string(h_.extended()->message()), HasSubstr("it was released before"));
    absl::Status released;
    h_.engine().Release(
        id, [&](absl::Status status) { released = std::move(status); }, h_.now());
    EXPECT_TRUE(IsLost(released)) << released;
    h_.engine().Release(id, nullptr, h_.now());
    h_.engine().Observe(id, this);
    h_.engine().Forget(id);
    EXPECT_EQ(h_.history().size(), sent);
  }

  bool OnValidity(TimePoint, TimePoint) override {
    ADD_FAILURE() << "there is nothing to tell";
    return false;
  }
  void OnLost() override { ADD_FAILURE() << "there is nothing to lose"; }

  Connected h_{3};
};

TEST_F(ClosedLeaseTest, IsOneThatWasReleased) {
  const LeaseId id = h_.Hold();
  h_.Release(id);
  h_.AnswerAll("DELETED");
  ASSERT_TRUE(h_.released().value().ok());
  ExpectClosed(id);
}

TEST_F(ClosedLeaseTest, IsOneWhoseReleaseIsUnderWay) {
  const LeaseId id = h_.Hold();
  h_.Release(id);
  ExpectClosed(id);
  h_.AnswerAll("DELETED");
  EXPECT_TRUE(h_.released().value().ok()) << *h_.released();
  EXPECT_EQ(h_.engine().leases_in_use(), 0U);
}

TEST_F(ClosedLeaseTest, IsNotTheLockThatHasItsPlaceNow) {
  const LeaseId id = h_.Hold();
  h_.engine().Forget(id);
  const LeaseId next = h_.Hold({}, {"b"});
  ASSERT_EQ(next.slot, id.slot);
  ExpectClosed(id);
  h_.Extend(next, 10s);
  h_.AnswerAll("EXTENDED");
  EXPECT_TRUE(h_.extended().value().ok()) << *h_.extended();
}

}  // namespace
}  // namespace holdfast::core
