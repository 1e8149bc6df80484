// That the checks of the random test can fail.
#include "beliefs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tokens.h"

namespace holdfast::core {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.

constexpr TimePoint t{100s};

TEST(BeliefsTest, SeeTwoHoldersAtOnce) {
  const int a = 0;
  const int b = 0;
  Beliefs beliefs;
  EXPECT_EQ(beliefs.Begin(&a, "x", t + 5s, t), "");
  EXPECT_EQ(beliefs.Begin(&b, "y", t + 5s, t), "");
  beliefs.End(&b);
  EXPECT_THAT(beliefs.Begin(&b, "x", t + 9s, t + 4s), HasSubstr("two hold x"));
  EXPECT_EQ(beliefs.Begin(&a, "x", t + 7s, t + 4s), "");
  EXPECT_THAT(beliefs.Begin(&b, "x", t + 9s, t + 6s), HasSubstr("two hold x"));
  beliefs.End(&a);
  EXPECT_EQ(beliefs.Begin(&b, "x", t + 9s, t + 6s), "");
}

TEST(BeliefsTest, SeeEachNameOfAHolder) {
  const int a = 0;
  const int b = 0;
  Beliefs beliefs;
  EXPECT_EQ(beliefs.Begin(&a, "x", t + 5s, t), "");
  EXPECT_EQ(beliefs.Begin(&a, "y", t + 5s, t), "");
  EXPECT_THAT(beliefs.Begin(&b, "y", t + 5s, t), HasSubstr("two hold y"));
  beliefs.End(&a);
  EXPECT_EQ(beliefs.Begin(&b, "y", t + 5s, t), "");
  EXPECT_EQ(beliefs.Begin(&b, "x", t + 5s, t), "");
}

TEST(BeliefsTest, SeeALockThatIsOver) {
  const int a = 0;
  Beliefs beliefs;
  EXPECT_THAT(beliefs.Begin(&a, "x", t, t), HasSubstr("over"));
  EXPECT_EQ(beliefs.Begin(&a, "x", t + 1s, t), "");
  EXPECT_THAT(beliefs.Begin(&a, "x", t + 3s, t + 1s), HasSubstr("came back"));
}

TEST(BeliefsTest, MayAllowTwoHolders) {
  const int a = 0;
  const int b = 0;
  Beliefs beliefs(false);
  EXPECT_EQ(beliefs.Begin(&a, "x", t + 5s, t), "");
  EXPECT_EQ(beliefs.Begin(&b, "x", t + 5s, t), "");
}

class TokensTest : public ::testing::Test {
 protected:
  TokensTest() {
    tokens_.Begin("1");
    EXPECT_EQ(tokens_.Finish("1", "x", 10), "");
  }

  Tokens tokens_;
};

TEST_F(TokensTest, SeeOneThatIsTooSmall) {
  tokens_.Begin("2");
  EXPECT_THAT(tokens_.Finish("2", "x", 9), HasSubstr("x got the token 9, after 10"));
  EXPECT_THAT(tokens_.Finish("2", "x", 10), HasSubstr("after 10"));
  EXPECT_EQ(tokens_.Finish("2", "y", 9), "");
  EXPECT_EQ(tokens_.Finish("2", "x", 11), "");
}

TEST_F(TokensTest, SeeOneThatWasGivenOutTwice) {
  tokens_.Begin("2");
  tokens_.Begin("3");
  EXPECT_EQ(tokens_.Finish("3", "x", 12), "");
  EXPECT_THAT(tokens_.Finish("2", "x", 12), HasSubstr("twice"));
  EXPECT_EQ(tokens_.Finish("2", "x", 11), "") << "they were under way at the same time";
}

TEST_F(TokensTest, SeeWhatIsNone) {
  tokens_.Begin("2");
  EXPECT_THAT(tokens_.Finish("2", "x", 0), HasSubstr("no token"));
  EXPECT_THAT(tokens_.Finish("3", "x", 11), HasSubstr("never asked for"));
}

TEST_F(TokensTest, DoNotCompareWithWhatNobodyKnows) {
  tokens_.Begin("2");
  EXPECT_THAT(tokens_.Finish("2", "x", 10, false), HasSubstr("after 10"));
  EXPECT_EQ(tokens_.Finish("2", "x", 15, false), "");
  tokens_.Begin("3");
  EXPECT_EQ(tokens_.Finish("3", "x", 12), "");
}

TEST_F(TokensTest, BeginAnewWhereAllIsForgotten) {
  tokens_.Begin("2");
  tokens_.Forget();
  EXPECT_EQ(tokens_.Finish("2", "x", 5), "");
  tokens_.Begin("3");
  EXPECT_EQ(tokens_.Finish("3", "x", 3), "");
  tokens_.Begin("4");
  EXPECT_THAT(tokens_.Finish("4", "x", 3), HasSubstr("after 3"));
}

}  // namespace
}  // namespace holdfast::core
