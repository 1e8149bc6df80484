// That the store refuses who is too late, and that its check can fail.
#include "fenced_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::core {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

class FencedStoreTest : public ::testing::Test {
 protected:
  LuaRunner lua_;
  FencedStore store_{lua_};
};

TEST_F(FencedStoreTest, CountsWhatOneHolderAfterTheOtherWrites) {
  EXPECT_THAT(store_.Open(5), Optional(0));
  EXPECT_EQ(store_.Write(5, 0), "");
  EXPECT_THAT(store_.Open(6), Optional(1));
  EXPECT_EQ(store_.Write(6, 1), "");
  EXPECT_EQ(store_.writes(), 2);
}

TEST_F(FencedStoreTest, RefusesWhoWasOvertaken) {
  EXPECT_THAT(store_.Open(5), Optional(0));
  EXPECT_THAT(store_.Open(6), Optional(0));
  EXPECT_EQ(store_.Write(5, 0), "");
  EXPECT_EQ(store_.refused(), 1);
  EXPECT_EQ(store_.Open(5), std::nullopt);
  EXPECT_EQ(store_.Write(6, 0), "");
  EXPECT_EQ(store_.writes(), 1);
}

TEST_F(FencedStoreTest, SeesThatTwoHoldersWithOneTokenLoseAnUpdate) {
  EXPECT_THAT(store_.Open(5), Optional(0));
  EXPECT_THAT(store_.Open(5), Optional(0));
  EXPECT_EQ(store_.Write(5, 0), "");
  EXPECT_THAT(store_.Write(5, 0), HasSubstr("lost an update"));
}

TEST_F(FencedStoreTest, BeginsAnewWithTheTokens) {
  EXPECT_THAT(store_.Open(5), Optional(0));
  EXPECT_EQ(store_.Write(5, 0), "");
  store_.Forget();
  EXPECT_THAT(store_.Open(3), Optional(0));
  EXPECT_EQ(store_.Write(3, 0), "");
}

}  // namespace
}  // namespace holdfast::core
