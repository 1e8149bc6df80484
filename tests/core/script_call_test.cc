// How a call of a script is written.
#include "core/script_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replies.h"

namespace holdfast::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Longer than what a call keeps.
const std::string kLong(5000, 'x');

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
  call.Argument("a");
  call.Argument(12);
  for (const char* text : {"middle", "", "end"}) call.Argument(text);
  call.Argument(1000);
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("'1' 'k' 'a' '12' 'middle' '' 'end' '1000']")));
  call.Replace(2, "centre");
  call.Replace(1, 34);
  call.Replace(5, 9999);
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("'1' 'k' 'a' '34' 'centre' '' 'end' '9999']")));
  call.Replace(3, "longer");
  call.Replace(5, 8);
  EXPECT_THAT(call.arguments(), ElementsAre("a", "34", "centre", "longer", "end", "8"));
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("'a' '34' 'centre' 'longer' 'end' '8']")));
  call.Replace(0, "b");
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("'b' '34' 'centre' 'longer' 'end' '8']")));
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
  call.Key("guard");
  call.Key(kLong);
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

// --- Parts, of which joined calls are made ------------------------------------------------------

// As a test sees them: the keys, the own arguments. None: "none".
std::vector<std::string> PartsOf(const ScriptCall& call) {
  ScriptCall::Parts parts;
  if (!call.ToParts(parts)) return {"none"};
  return {std::string(parts.keys), std::string(parts.own)};
}

std::string Bulks(std::initializer_list<std::string_view> texts) {
  std::string bytes;
  for (const std::string_view text : texts) bytes += Bulk(text);
  return bytes;
}

TEST(ScriptCallTest, KnowsItsOwnArguments) {
  ScriptCall call(kScript, false);
  call.Key("guard");
  call.Key("k");
  call.OwnArgument("nonce");
  call.Argument("text");
  call.OwnArgument(std::int64_t{17});
  EXPECT_THAT(call.arguments(), ElementsAre("nonce", "text", "17"));
  EXPECT_EQ(call.own_arguments(), 2U);
  EXPECT_TRUE(call.IsOwn(0));
  EXPECT_FALSE(call.IsOwn(1));
  EXPECT_TRUE(call.IsOwn(2));
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("'2' 'guard' 'k' 'nonce' 'text' '17']")))
      << "alone it goes out like any other";
}

TEST(ScriptCallTest, PartsAreTheKeysButTheFirstAndTheOwnArguments) {
  ScriptCall call(kScript, false);
  for (const char* key : {"guard", "k1", "k2"}) call.Key(key);
  call.OwnArgument("nonce");
  call.Argument("");
  call.Argument("a\r\nb");
  call.OwnArgument(std::int64_t{-7});
  EXPECT_THAT(PartsOf(call), ElementsAre(Bulks({"k1", "k2"}), Bulks({"nonce", "-7"})));
}

TEST(ScriptCallTest, PartsMayBeWithoutKeys) {
  ScriptCall call(kScript, false);
  call.Key("guard");
  call.OwnArgument("nonce");
  EXPECT_THAT(PartsOf(call), ElementsAre("", Bulk("nonce")));
}

// Encoded once, for several servers.
TEST(ScriptCallTest, PartsAreTheSameWhateverIsReplaced) {
  ScriptCall call(kScript, false);
  call.Key("guard");
  call.Key("k");
  call.OwnArgument("nonce");
  call.Argument(12);
  call.Argument("middle");
  call.OwnArgument(std::int64_t{5});
  EXPECT_THAT(PartsOf(call), ElementsAre(Bulk("k"), Bulks({"nonce", "5"})));
  call.Replace(1, 345);
  call.Replace(2, "end");
  EXPECT_THAT(PartsOf(call), ElementsAre(Bulk("k"), Bulks({"nonce", "5"})));
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("'k' 'nonce' '345' 'end' '5']")));
}

TEST(ScriptCallTest, HasNoPartsWithoutArgumentsOfItsOwn) {
  ScriptCall call(kScript, false);
  call.Key("guard");
  call.Argument("text");
  EXPECT_THAT(PartsOf(call), ElementsAre("none"));
}

TEST(ScriptCallTest, HasNoPartsWhereItStandsAlone) {
  ScriptCall call(kScript, false);
  call.Key("guard");
  call.OwnArgument("nonce");
  EXPECT_THAT(PartsOf(call), ElementsAre("", Bulk("nonce")));
  call.StandAlone();
  EXPECT_THAT(PartsOf(call), ElementsAre("none"));
}

TEST(ScriptCallTest, HasNoPartsWhileTheyAreLong) {
  ScriptCall call(kScript, false);
  call.Key("guard");
  call.Key("k");
  call.OwnArgument(kLong);
  EXPECT_THAT(PartsOf(call), ElementsAre("none"));
  EXPECT_THAT(Written(call), ElementsAre(HasSubstr("'k' 'xxx")));
  call.Clear();
  call.Key("guard");
  call.Key("k");
  call.OwnArgument("short");
  call.Argument(kLong);
  EXPECT_THAT(PartsOf(call), ElementsAre(Bulk("k"), Bulk("short"))) << "what is shared may be long";
}

TEST(ScriptCallTest, PartsAreLongByTheirSumToo) {
  const std::string half(600, 'x');
  ScriptCall by_keys(kScript, false);
  for (const std::string_view key : {"guard", half.c_str(), half.c_str()}) by_keys.Key(key);
  by_keys.OwnArgument("nonce");
  EXPECT_THAT(PartsOf(by_keys), ElementsAre("none"));

  ScriptCall by_both(kScript, false);
  by_both.Key("guard");
  by_both.Key(half);
  by_both.OwnArgument(std::string_view(half));
  EXPECT_THAT(PartsOf(by_both), ElementsAre("none"));

  // The first key is in none of them.
  ScriptCall by_guard(kScript, false);
  by_guard.Key(kLong);
  by_guard.OwnArgument("nonce");
  EXPECT_THAT(PartsOf(by_guard), ElementsAre("", Bulk("nonce")));
}

TEST(ScriptCallTest, HasPartsOfWhatItIsAfterItWasCleared) {
  ScriptCall call(kScript, false);
  call.Key("guard");
  call.Key("k");
  call.OwnArgument("nonce");
  call.OwnArgument("more");
  EXPECT_THAT(PartsOf(call), ElementsAre(Bulk("k"), Bulks({"nonce", "more"})));
  call.Clear();
  call.Key("guard");
  call.Argument("nonce");
  EXPECT_THAT(PartsOf(call), ElementsAre("none")) << "none is its own any more";
  call.Clear();
  call.Key("guard");
  call.Key("l");
  call.Argument("x");
  call.OwnArgument("other");
  EXPECT_THAT(PartsOf(call), ElementsAre(Bulk("l"), Bulk("other")));
}

}  // namespace
}  // namespace holdfast::core
