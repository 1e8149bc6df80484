// Which calls go to a node as one, and how.
#include "core/joined_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "replies.h"

namespace holdfast::core {
namespace {

using Texts = std::vector<std::string_view>;

constexpr Script kScript = {"name", "0123456789012345678901234567890123456789", "return 1"};
// The same in all but being another one.
constexpr Script kOther = kScript;

// An argument that begins with '*' is the call's own, without that.
struct Told {
  Texts keys = {"guard", "k"};
  Texts arguments = {"*nonce", "a", "bc", "*5"};
  const Script* script = &kScript;
  bool with_text = false;
  bool alone = false;
};

class Call : public ScriptCall {
 public:
  explicit Call(const Told& told) : ScriptCall(*told.script, told.with_text) {
    for (const std::string_view key : told.keys) Key(key);
    for (const std::string_view text : told.arguments) {
      if (text.starts_with('*')) {
        OwnArgument(text.substr(1));
      } else {
        Argument(text);
      }
    }
    if (told.alone) StandAlone();
  }
};

std::string Command(const Texts& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) bytes += Bulk(word);
  return bytes;
}

class JoinedCallsTest : public ::testing::Test {
 protected:
  bool Join(const Told& told) { return calls_.Join(Call(told)); }

  // What it moves out, behind what is there.
  std::string Moved() {
    std::string out = "before ";
    calls_.MoveTo(out);
    EXPECT_TRUE(out.starts_with("before "));
    return out.substr(7);
  }

  // Not taken along with a call of the usual words, which stays as it was.
  void ExpectApart(const Told& told) {
    ASSERT_TRUE(Join({}));
    EXPECT_FALSE(Join(told));
    EXPECT_EQ(calls_.size(), 1U);
    EXPECT_EQ(Moved(), Alone({}));
  }

  static std::string Alone(const Told& told) {
    std::string bytes;
    Call(told).AppendTo(bytes);
    return bytes;
  }

  JoinedCalls calls_;
};

TEST_F(JoinedCallsTest, NoCallIsNoCommand) {
  EXPECT_EQ(calls_.size(), 0U);
  EXPECT_EQ(Moved(), "");
}

TEST_F(JoinedCallsTest, OneCallIsTheCommandThatItIsAlone) {
  for (const bool with_text : {false, true}) {
    const Told told = {.keys = {"guard", "k1", "k2"}, .with_text = with_text};
    EXPECT_TRUE(Join(told));
    EXPECT_EQ(calls_.size(), 1U);
    EXPECT_EQ(Moved(), Alone(told));
  }
}

TEST_F(JoinedCallsTest, TwoCallsAreOneCommand) {
  EXPECT_TRUE(Join({{"guard", "k1", "c1"}, {"*n1", "ttl", "*17", "owner"}}));
  EXPECT_TRUE(Join({{"guard", "k2", "c2"}, {"*n2", "ttl", "*4", "owner"}}));
  EXPECT_EQ(calls_.size(), 2U);
  EXPECT_EQ(Moved(), Command({"EVALSHA", kScript.sha1, "5", "guard", "k1", "c1", "k2", "c2", "n1",
                              "ttl", "17", "owner", "n2", "4"}));
}

TEST_F(JoinedCallsTest, ThreeCallsAreOneCommand) {
  for (const char* key : {"k1", "k2", "k3"}) {
    EXPECT_TRUE(Join({{"guard", key}, {"ttl", "*nonce"}, &kScript, true}));
  }
  EXPECT_EQ(calls_.size(), 3U);
  EXPECT_EQ(Moved(), Command({"EVAL", kScript.text, "4", "guard", "k1", "k2", "k3", "ttl", "nonce",
                              "nonce", "nonce"}));
}

// The lengths of what is own may differ, and nothing but the own ones has to be there.
TEST_F(JoinedCallsTest, OwnArgumentsMayBeAnything) {
  EXPECT_TRUE(Join({{"guard"}, {"*", "*a\r\nb"}}));
  EXPECT_TRUE(Join({{"guard"}, {"*longer", "*"}}));
  EXPECT_EQ(Moved(), Command({"EVALSHA", kScript.sha1, "1", "guard", "", "a\r\nb", "longer", ""}));
}

TEST_F(JoinedCallsTest, IsEmptyAgainAfterItWasMovedOut) {
  const Told first = {{"guard", "k1"}, {"*n1", "x"}};
  const Told next = {{"else", "l", "m"}, {"longer", "*n2", "*n3"}, &kOther, true};
  EXPECT_TRUE(Join(first));
  EXPECT_TRUE(Join(first));
  Moved();
  EXPECT_EQ(calls_.size(), 0U);
  EXPECT_EQ(Moved(), "");
  EXPECT_TRUE(Join(next)) << "it has to agree with nothing";
  EXPECT_TRUE(Join(next)) << "it has to agree with this one only";
  EXPECT_EQ(Moved(), Command({"EVAL", kOther.text, "5", "else", "l", "m", "l", "m", "longer", "n2",
                              "n3", "n2", "n3"}));
  EXPECT_TRUE(Join(first));
  EXPECT_FALSE(Join(next));
  EXPECT_TRUE(Join(first));
  EXPECT_EQ(Moved(), Command({"EVALSHA", kScript.sha1, "3", "guard", "k1", "k1", "n1", "x", "n1"}));
}

// --- What is not joined -------------------------------------------------------------------------

TEST_F(JoinedCallsTest, CallsOfAnotherScriptAreApart) { ExpectApart({.script = &kOther}); }

TEST_F(JoinedCallsTest, CallsWithTheTextAreApart) {
  ExpectApart({.with_text = true});
  ASSERT_TRUE(Join({.with_text = true}));
  EXPECT_FALSE(Join({}));
}

TEST_F(JoinedCallsTest, CallsWithAnotherGuardAreApart) {
  ExpectApart({.keys = {"other", "k"}});
  ExpectApart({.keys = {"guar", "k"}});
  ExpectApart({.keys = {"guardk", "k"}});
}

TEST_F(JoinedCallsTest, CallsWithAnotherNumberOfKeysAreApart) {
  ExpectApart({.keys = {"guard"}});
  ExpectApart({.keys = {"guard", "k", "l"}});
}

TEST_F(JoinedCallsTest, CallsWithAnotherNumberOfArgumentsAreApart) {
  ExpectApart({.arguments = {"*nonce", "a", "bc"}});
  ExpectApart({.arguments = {"*nonce", "a", "bc", "*5", "*6"}});
  ExpectApart({.arguments = {"*nonce", "a", "bc", "*5", "more"}});
}

TEST_F(JoinedCallsTest, CallsWithAnotherNumberOfOwnArgumentsAreApart) {
  ExpectApart({.arguments = {"*nonce", "a", "bc", "5"}});
  ExpectApart({.arguments = {"*nonce", "a", "*bc", "*5"}});
}

TEST_F(JoinedCallsTest, CallsThatDoNotAgreeOnAnArgumentAreApart) {
  ExpectApart({.arguments = {"*nonce", "x", "bc", "*5"}});
  ExpectApart({.arguments = {"*nonce", "a", "bx", "*5"}});
  ExpectApart({.arguments = {"*nonce", "", "bc", "*5"}});
  ExpectApart({.arguments = {"*nonce", "a", "bcd", "*5"}});
  ExpectApart({.arguments = {"*nonce", "a", "b", "*5"}});
}

// All of these are "abc" one behind the other.
TEST_F(JoinedCallsTest, CallsWhoseArgumentsEndElsewhereAreApart) {
  ExpectApart({.arguments = {"*nonce", "ab", "c", "*5"}});
  ExpectApart({.arguments = {"*nonce", "abc", "", "*5"}});
  ExpectApart({.arguments = {"*nonce", "", "abc", "*5"}});
}

TEST_F(JoinedCallsTest, CallsWithoutOwnArgumentsAreNotTaken) {
  const Told told = {.arguments = {"nonce", "a", "bc", "5"}};
  EXPECT_FALSE(Join(told));
  EXPECT_EQ(calls_.size(), 0U);
  EXPECT_EQ(Moved(), "");
  ExpectApart(told);
}

TEST_F(JoinedCallsTest, CallsThatStandAloneAreNotTaken) {
  EXPECT_FALSE(Join({.alone = true}));
  EXPECT_EQ(calls_.size(), 0U);
  ExpectApart({.alone = true});
}

TEST_F(JoinedCallsTest, LongCallsAreNotTaken) {
  const std::string text(5000, 'x');
  EXPECT_FALSE(Join({.keys = {"guard", text}}));
  EXPECT_EQ(calls_.size(), 0U);
  ExpectApart({.keys = {"guard", text}});
}

// Answers grow with the names.
TEST_F(JoinedCallsTest, TakesSoManyKeysAndNoMore) {
  Told told = {.keys = {"guard"}};
  for (int i = 0; i < 32; ++i) told.keys.push_back("k");
  for (std::size_t i = 0; i < JoinedCalls::kMostKeys / 32; ++i) ASSERT_TRUE(Join(told));
  EXPECT_FALSE(Join(told));
  Moved();
  EXPECT_TRUE(Join(told));
}

TEST_F(JoinedCallsTest, TakesSoManyAndNoMore) {
  for (std::size_t i = 0; i < JoinedCalls::kMost; ++i) ASSERT_TRUE(Join({}));
  EXPECT_FALSE(Join({}));
  EXPECT_EQ(calls_.size(), JoinedCalls::kMost);
  const std::vector<std::string> commands = ReadPieces({Moved()});
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_TRUE(commands[0].starts_with("['EVALSHA' '" + std::string(kScript.sha1) +
                                      "' '65' 'guard' 'k' 'k'"));
  EXPECT_TRUE(Join({}));
}

}  // namespace
}  // namespace holdfast::core
