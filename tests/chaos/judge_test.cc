// The judge of chaos runs finds what is wrong with a history, and nothing in a good one.
#include "chaos/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kName = kWorkers;

class JudgeTest : public ::testing::Test {
 protected:
  void Held(std::uint64_t fence, std::int64_t from, std::int64_t until) {
    Asked(from - 1, fence, from, until);
  }
  void Asked(std::int64_t asked, std::uint64_t fence, std::int64_t from, std::int64_t until) {
    ledger_.Add(Hold{kName, 1, fence, asked, from, until});
  }
  void Wrote(bool accepted, std::uint64_t fence, std::uint64_t before, std::uint64_t newest) {
    ledger_.Add(Write{
        .name = kName, .accepted = accepted, .fence = fence, .before = before, .newest = newest});
    ledger_.stored(kName).found = ledger_.stored(kName).newest;
  }
  std::vector<std::string> Found(Promise promise = Promise::kExclusive) {
    return Violations(ledger_, promise);
  }

  Ledger ledger_{100};
};

TEST_F(JudgeTest, AGoodHistoryHasNoViolations) {
  Held(1, 100, 200);
  Held(2, 201, 300);
  Asked(90, 7, 400, 401);  // Had waited since before the first one.
  ledger_.Add(Hold{kName + 1, 2, 1, 120, 130, 500});
  Wrote(true, 1, 0, 1);
  Wrote(true, 2, 1, 2);
  Wrote(false, 1, 2, 2);
  ledger_.counter(kName).Raise(0);
  EXPECT_THAT(Found(), IsEmpty());
  EXPECT_THAT(Found(Promise::kTokens), IsEmpty());
}

TEST_F(JudgeTest, TwoHoldersAtOnceAreFound) {
  Held(1, 100, 200);
  Held(2, 200, 300);
  EXPECT_THAT(Found(), ElementsAre(HasSubstr("two holders at once")));
  EXPECT_THAT(Found(Promise::kTokens), IsEmpty());
}

TEST_F(JudgeTest, TwoHoldersAreFoundBehindAShorterThird) {
  Held(1, 100, 500);
  Held(2, 200, 201);
  Held(3, 300, 400);
  EXPECT_EQ(Found().size(), 2);
}

TEST_F(JudgeTest, ARepeatedTokenIsFound) {
  Held(5, 100, 200);
  Held(5, 300, 400);
  EXPECT_THAT(Found(), ElementsAre(HasSubstr("one token for two")));
  EXPECT_THAT(Found(Promise::kTokens), ElementsAre(HasSubstr("one token for two")));
}

TEST_F(JudgeTest, AFallingTokenIsFound) {
  Held(5, 100, 200);
  Held(4, 300, 400);
  EXPECT_THAT(Found(), Contains(HasSubstr("a token that is not larger")));
  EXPECT_THAT(Found(Promise::kTokens), ElementsAre(HasSubstr("a token that is not larger")));
}

TEST_F(JudgeTest, AFallingTokenIsFoundThoughALargerOneLiesBetween) {
  Held(5, 100, 110);
  Asked(90, 9, 120, 130);
  Held(6, 300, 400);
  EXPECT_THAT(Found(Promise::kTokens), ElementsAre(HasSubstr("a token that is not larger")));
}

TEST_F(JudgeTest, AFallingTokenOfOneWhoAskedLongBeforeIsFoundIfLocksAreExclusive) {
  Held(5, 100, 200);
  Asked(50, 4, 300, 400);
  EXPECT_THAT(Found(), ElementsAre(HasSubstr("a token that is not larger")));
  EXPECT_THAT(Found(Promise::kTokens), IsEmpty());
}

TEST_F(JudgeTest, ALostUpdateIsFound) {
  ledger_.counter(kName).Raise(0);
  ledger_.counter(kName).Raise(0);
  EXPECT_THAT(Found(), ElementsAre(HasSubstr("its counter is 1 after 2 increments")));
}

TEST_F(JudgeTest, AnUpdateOfOneWhoWasKilledInItMayBeThereOrNot) {
  Counter& counter = ledger_.counter(kName);
  counter.Raise(0);
  ++counter.begun;
  EXPECT_THAT(Found(), IsEmpty());
  counter.value = 2;
  EXPECT_THAT(Found(), IsEmpty());
  counter.value = 3;
  EXPECT_THAT(Found(), ElementsAre(HasSubstr("its counter is 3")));
}

TEST_F(JudgeTest, AHoldThatWasNotNotedToItsEndCountsForNothing) {
  Held(5, 100, 200);
  Held(0, 0, 1000);
  EXPECT_THAT(Found(), IsEmpty());
}

TEST_F(JudgeTest, AStoreThatGoesBackIsFound) {
  Wrote(true, 7, 0, 7);
  Wrote(true, 6, 7, 6);
  EXPECT_THAT(Found(), ElementsAre(HasSubstr("the store went back: token 6, before it 7")));
  EXPECT_THAT(Found(Promise::kTokens), ElementsAre(HasSubstr("the store went back")));
}

TEST_F(JudgeTest, AStoreThatLostTheNewestValueIsFound) {
  Wrote(true, 7, 0, 7);
  ledger_.stored(kName).found = 6;
  EXPECT_THAT(Found(), ElementsAre(HasSubstr("written with token 6 after 7")));
}

TEST_F(JudgeTest, AStoreThatRefusesTheNewestIsFound) {
  Wrote(false, 7, 0, 6);
  EXPECT_THAT(Found(), ElementsAre(HasSubstr("the store refused the newest")));
}

TEST_F(JudgeTest, AHolderWhoseWriteIsStaleIsFound) {
  ledger_.Add(Write{.name = kName, .held = true, .fence = 3, .newest = 4});
  EXPECT_THAT(Found(), ElementsAre(HasSubstr("the store refused the holder")));
  EXPECT_THAT(Found(Promise::kTokens), IsEmpty());
}

TEST(LeftBehindTest, AKeyOfALockIsFound) {
  EXPECT_THAT(LeftBehind({"holdfast:guard", "lock:a", "holdfast:fence:lock:a"}),
              ElementsAre("lock:a"));
  EXPECT_THAT(LeftBehind({"holdfast:wait:lock:a"}), ElementsAre("holdfast:wait:lock:a"));
}

}  // namespace
}  // namespace holdfast::testing
