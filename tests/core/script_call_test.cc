// How a call of a script is written.
#include "core/script_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replies.h"

namespace holdfast::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Script kScript = {"name", "0123456789012345678901234567890123456789", "return 1"};

std::vector<std::string> Written(const ScriptCall& call) {
  std::string bytes;
  call.AppendTo(bytes);
  return ReadPieces({bytes}, {.bytes = 1 << 20});
}

TEST(ScriptCallTest, NamesTheScriptByItsHash) {
  ScriptCall call(kScript, false);
  call.Key("k1");
  call.Key("k2");
  call.Argument("text");
  call.Argument(-7);
  EXPECT_THAT(call.keys(), ElementsAre("k1", "k2"));
  EXPECT_THAT(call.arguments(), ElementsAre("text", "-7"));
  EXPECT_THAT(Written(call),
              ElementsAre("['EVALSHA' '0123456789012345678901234567890123456789' '2' 'k1' 'k2' "
                          "'text' '-7']"));
}

TEST(ScriptCallTest, CarriesTheTextForAServerThatForgotIt) {
  ScriptCall call(kScript, true);
  call.Key("k");
  EXPECT_THAT(Written(call), ElementsAre("['EVAL' 'return 1' '1' 'k']"));
}

// What each of several servers is told must be as if it were the only one.
TEST(ScriptCallTest, ReplacesArgumentsOfACallThatWasWritten) {
  ScriptCall call(kScript, false);
  call.Key("k");
  for (const char* text : {"a", "12", "middle", "", "end"}) call.Argument(text);
  call.Argument(1000);
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("'1' 'k' 'a' '12' 'middle' '' 'end' '1000']")));
  call.Replace(2, "centre");
  call.Replace(1, 34);
  call.Replace(5, 9999);
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("'1' 'k' 'a' '34' 'centre' '' 'end' '9999']")));
  call.Replace(3, "longer");
  call.Replace(5, "x");
  EXPECT_THAT(call.arguments(), ElementsAre("a", "34", "centre", "longer", "end", "x"));
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("'a' '34' 'centre' 'longer' 'end' 'x']")));
  call.Replace(0, "b");
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("'b' '34' 'centre' 'longer' 'end' 'x']")));
}

TEST(ScriptCallTest, IsWrittenAnewAfterItWasCleared) {
  ScriptCall call(kScript, false);
  call.Key("k");
  call.Argument(1);
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("'1' 'k' '1']")));
  call.Clear();
  call.Key("other");
  call.Key("more");
  call.Argument(2);
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("'2' 'other' 'more' '2']")));
}

TEST(ScriptCallTest, IsNotKeptWhereItIsLong) {
  ScriptCall call(kScript, false);
  const std::string text(5000, 'x');
  call.Key(text);
  call.Argument("one");
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("x' 'one']")));
  call.Replace(0, "two");
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("x' 'two']")));
}

TEST(ScriptCallTest, HasRoomForAsManyNamesAsALockMayHave) {
  ScriptCall call(kScript, false);
  call.Key("guard");
  for (std::size_t i = 0; i < 2 * kMaxNames; ++i) call.Key("k");
  call.Argument("nonce");
  call.Argument(604'800'000);
  for (std::size_t i = 0; i < 2 * kMaxNames; ++i) {
    call.Argument(std::int64_t{9'007'199'254'740'991} - static_cast<std::int64_t>(i));
  }
  EXPECT_EQ(call.keys().size(), 33U);
  ASSERT_EQ(call.arguments().size(), 34U);
  EXPECT_EQ(call.arguments()[2], "9007199254740991");
  EXPECT_EQ(call.arguments()[33], "9007199254740960");
  EXPECT_EQ(Written(call).size(), 1U);
}

}  // namespace
}  // namespace holdfast::core
