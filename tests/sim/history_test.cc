// That histories of a lock are told from those of none.
#include "history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::core {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.

TimePoint At(int second) { return TimePoint(std::chrono::seconds(second)); }

class HistoryTest : public ::testing::Test {
 protected:
  // Somebody asked at `asked`, got it at `got`, and let it go at `ended`.
  void Hold(int asked, int got, int ended, std::int64_t token = 0) {
    history_.End(history_.Begin(At(asked), At(got), token), At(ended));
  }

  History history_;
};

TEST_F(HistoryTest, OneAfterTheOtherIsALock) {
  Hold(1, 2, 3, 1);
  Hold(4, 5, 6, 2);
  Hold(5, 7, 8, 3);
  EXPECT_EQ(history_.Check(), "");
}

TEST_F(HistoryTest, WhoAskedBeforeMayGetItAsSoonAsItIsFree) {
  Hold(1, 2, 5, 1);
  Hold(1, 5, 6, 2);
  EXPECT_EQ(history_.Check(), "");
}

TEST_F(HistoryTest, TwoAtOnceAreNot) {
  Hold(1, 2, 5);
  Hold(1, 4, 6);
  EXPECT_THAT(history_.Check(), HasSubstr("no order of these 2 holds"));
}

TEST_F(HistoryTest, OneThatNeverEndsKeepsAllOthersOut) {
  history_.Begin(At(1), At(2), 1);
  Hold(3, 4, 5, 2);
  EXPECT_THAT(history_.Check(), HasSubstr("no order"));
}

TEST_F(HistoryTest, TokensMustGrowInSomeOrder) {
  Hold(1, 2, 3, 2);
  Hold(4, 5, 6, 1);
  EXPECT_THAT(history_.Check(), HasSubstr("no order"));
}

TEST_F(HistoryTest, ATokenIsGivenOutOnce) {
  Hold(1, 2, 3, 2);
  Hold(4, 5, 6, 2);
  EXPECT_THAT(history_.Check(), HasSubstr("no order"));
}

// The later answer may be that of the earlier lock.
TEST_F(HistoryTest, AnOrderIsFoundWhereTheTokensTellOfOne) {
  Hold(1, 9, 9, 1);
  Hold(1, 8, 8, 2);
  EXPECT_THAT(history_.Check(), HasSubstr("no order"));
  history_.Clear();
  Hold(1, 9, 9, 2);
  Hold(1, 8, 8, 1);
  EXPECT_EQ(history_.Check(), "");
}

TEST_F(HistoryTest, LongOnesAreNotSearched) {
  for (std::size_t i = 0; i <= History::kMostHolds; ++i) Hold(1, 2, 5);
  EXPECT_EQ(history_.Check(), "");
}

}  // namespace
}  // namespace holdfast::core
