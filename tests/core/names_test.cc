// Locks on several names at once: all or none of them.
#include "holdfast/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_harness.h"

namespace holdfast::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(NamesTest, AreSortedAndEachOnce) {
  EXPECT_THAT(Names("b", "a", "b").list(), ElementsAre("a", "b"));
  EXPECT_THAT(Names(std::vector<std::string>{"c", "a", "c", "c"}).list(), ElementsAre("a", "c"));
}

TEST(NamesTest, AreMadeFromWhateverIsAText) {
  const std::string text = "order";
  EXPECT_THAT(Names("order:42").list(), ElementsAre("order:42"));
  EXPECT_THAT(Names(text).list(), ElementsAre("order"));
  EXPECT_THAT(Names(std::string_view(text), "x").list(), ElementsAre("order", "x"));
  const auto taken = [](const Names& names) { return names.list().size(); };
  EXPECT_EQ(taken({"from", "to"}), 2U);
  EXPECT_EQ(taken("one"), 1U);
}

TEST(NamesTest, MayBeNone) { EXPECT_TRUE(Names(std::vector<std::string>()).list().empty()); }

TEST(SeveralNamesTest, GoToEachNodeInOneRequest) {
  Connected h(3);
  h.Acquire({}, {"a", "b"});
  ASSERT_EQ(h.sent().size(), 3U);
  EXPECT_THAT(h.At(2).keys, ElementsAre("holdfast:guard", "lock:a", "holdfast:fence:lock:a",
                                        "lock:b", "holdfast:fence:lock:b"));
}

TEST(SeveralNamesTest, HaveATokenEach) {
  Connected h(3);
  h.Acquire({}, {"a", "b"});
  h.Answer(0, {"OK", ":5", ":60"});
  h.Answer(1, {"OK", ":5", ":60"});
  ASSERT_TRUE(h.acquired());
  EXPECT_THAT(h.engine().fences(h.id()), ElementsAre(5, 60));
  h.Release(h.id());
  EXPECT_THAT(h.At(0).arguments, ElementsAre(h.At(0).nonce(), "604800000", "5", "60"));
}

TEST(SeveralNamesTest, TokensAreMadeFinalWhenAnyOfThemDiffers) {
  Connected h(3);
  h.Acquire({}, {"a", "b"});
  h.Answer(0, {"OK", ":5", ":70"});
  h.Answer(1, {"OK", ":6", ":60"});
  EXPECT_FALSE(h.done());
  const auto arguments = [&](int node) {
    return std::vector(h.At(node).arguments.begin() + 2, h.At(node).arguments.end());
  };
  ASSERT_EQ(h.Waiting(0) + h.Waiting(1), "finalisefinalise");
  EXPECT_THAT(arguments(0), ElementsAre("5", "6", "70", "70"));
  EXPECT_THAT(arguments(1), ElementsAre("6", "6", "60", "70"));
  h.Final(0);
  h.Final(1);
  EXPECT_THAT(h.engine().fences(h.id()), ElementsAre(6, 70));
}

TEST(SeveralNamesTest, NodeThatHasAllTokensAlreadyIsNotAsked) {
  Connected h(3);
  h.Acquire({}, {"a", "b"});
  h.Answer(0, {"OK", ":5", ":70"});
  h.Answer(1, {"OK", ":5", ":71"});
  EXPECT_EQ(h.Waiting(0), "finalise");
  EXPECT_EQ(h.Waiting(1), "");
}

TEST(SeveralNamesTest, RefusalNamesTheOneThatIsHeld) {
  Connected h(3);
  h.Acquire({}, {"a", "b"});
  for (const int node : {0, 1}) h.Answer(node, {"BUSY", ":5000", "host:7", ":3", ":2"});
  ASSERT_TRUE(IsHeld(h.status())) << h.status();
  EXPECT_EQ(GetFailure(h.status())->holder, "host:7");
  EXPECT_THAT(std::string(h.status().message()), HasSubstr("a, b: held by host:7"));
  EXPECT_THAT(std::string(h.status().message()), HasSubstr("n0 held: b by host:7, 5"));
}

TEST(SeveralNamesTest, RefusalWithAPlaceThatIsNoneNamesNothing) {
  for (const char* place : {":0", ":3", ":-1", ":9223372036854775807"}) {
    Connected h(1);
    h.Acquire({}, {"a", "b"});
    h.Answer(0, {"BUSY", ":5000", "host:7", ":3", place});
    EXPECT_THAT(std::string(h.status().message()), HasSubstr("n0 held: host:7, 5")) << place;
  }
}

TEST(SeveralNamesTest, AreExtendedTogether) {
  Connected h(1);
  h.Acquire({}, {"a", "b"});
  h.Answer(0, {"OK", ":5", ":70"});
  h.Extend(h.id(), 10s);
  EXPECT_THAT(h.At(0).keys, ElementsAre("holdfast:guard", "lock:a", "lock:b"));
  EXPECT_THAT(h.At(0).arguments.at(3), EngineHarness::kConfig);
}

}  // namespace
}  // namespace holdfast::core
