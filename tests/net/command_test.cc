// Commands as they are made and as they are sent.
#include "holdfast/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/resp.h"

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using namespace std::string_literals;

std::string Sent(const Command& command) {
  std::string out;
  command.AppendTo(out);
  return out;
}

TEST(CommandTest, IsMadeWhereAFunctionTakesOne) {
  const std::string key = "order:42";
  const std::string_view value = "17";
  EXPECT_EQ(Sent({"SET", key, value, "PX", 1500}),
            "*5\r\n$3\r\nSET\r\n$8\r\norder:42\r\n$2\r\n17\r\n$2\r\nPX\r\n$4\r\n1500\r\n");
  EXPECT_EQ(Sent("PING"), "*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(Sent(Command({"GET", key})), Sent({"GET", key}));
}

TEST(CommandTest, IsSentAsTheCoreSendsIt) {
  const std::vector<std::string_view> words = {"EVAL", "", "a\r\nb", std::string_view("\0\xff", 2)};
  std::string expected = "before";
  core::AppendCommand(expected, words);
  std::string out = "before";
  const Command command{std::span<const std::string_view>(words)};
  command.AppendTo(out);
  EXPECT_EQ(out, expected);
  EXPECT_EQ(command.encoded_size(), expected.size() - std::string_view("before").size());
  EXPECT_EQ(command.words(), words);
}

TEST(CommandTest, WordsAreBytesOfAnyKind) {
  const std::string bytes = "$3\r\n\0*1\r\n"s;
  const std::string big(100'000, 'x');
  const Command command = {"SET", bytes, "", big};
  EXPECT_EQ(command.size(), 4U);
  EXPECT_EQ(command.word(0), "SET");
  EXPECT_EQ(command.word(1), bytes);
  EXPECT_EQ(command.word(2), "");
  EXPECT_EQ(command.word(3), big);
  EXPECT_EQ(command.word(4), "");
  EXPECT_THAT(command.words(), ElementsAre("SET", bytes, "", big));
}

TEST(CommandTest, NumbersAreDecimal) {
  const Command command = {std::numeric_limits<std::int64_t>::min(),
                           std::numeric_limits<std::uint64_t>::max(),
                           std::uint8_t{65},
                           short{-1},
                           0.1,
                           1e300,
                           -std::numeric_limits<double>::infinity(),
                           0.5F};
  EXPECT_THAT(command.words(), ElementsAre("-9223372036854775808", "18446744073709551615", "65",
                                           "-1", "0.1", "1e+300", "-inf", "0.5"));
}

TEST(CommandTest, TruthValuesCharactersAndNullAreNoArguments) {
  static_assert(!std::is_constructible_v<Command, const char*, bool>);
  static_assert(!std::is_constructible_v<Command, const char*, char>);
  static_assert(!std::is_constructible_v<Command, const char*, char32_t>);
  static_assert(!std::is_constructible_v<Command, const char*, std::nullptr_t>);
  static_assert(!std::is_constructible_v<Command, const char*, Command>);
  static_assert(!std::is_convertible_v<std::vector<std::string>, Command>);
}

TEST(CommandTest, IsMadeOfAListOfWords) {
  const std::vector<std::string> words = {"DEL", "a", "b"};
  EXPECT_EQ(Command(words), Command("DEL", "a", "b"));
  const std::array<std::string_view, 2> views = {"DEL", "a"};
  EXPECT_EQ(Command(std::span<const std::string_view>(views)), Command("DEL", "a"));
}

TEST(CommandTest, GrowsByOneArgumentOrMany) {
  Command command("ZADD", "board");
  command.Add(1.5, "ann").Add("2").Add("bob");
  EXPECT_EQ(command, Command("ZADD", "board", "1.5", "ann", "2", "bob"));
  const std::vector<std::string> keys = {"a", "b"};
  EXPECT_EQ(Command("MGET").AddAll(keys).Add("c"), Command("MGET", "a", "b", "c"));
  command.AddAll(std::vector<int>{3, 4});
  EXPECT_EQ(command.word(7), "4");
}

TEST(CommandTest, MayBeGivenItsOwnWords) {
  Command command("MGET", std::string(40, 'k'));
  for (int i = 0; i < 100; ++i) command.Add(command.word(1));
  for (const std::string_view word : command.words()) {
    EXPECT_TRUE(word == "MGET" || word == std::string(40, 'k')) << word;
  }
  EXPECT_EQ(command.size(), 102U);
}

TEST(CommandTest, WithoutWordsIsEmpty) {
  const Command command;
  EXPECT_TRUE(command.empty());
  EXPECT_EQ(command.size(), 0U);
  EXPECT_EQ(command.name(), "");
  EXPECT_EQ(command.word(0), "");
  EXPECT_TRUE(command.words().empty());
  EXPECT_EQ(Sent(command), "*0\r\n");
  EXPECT_EQ(command.Describe(), "an empty command");
}

TEST(CommandTest, IsEmptyAfterItWasMovedFrom) {
  Command from("SET", "key", std::string(100, 'v'));
  Command to = std::move(from);
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(from.word(0), "");
  EXPECT_EQ(to.size(), 3U);
  from = std::move(to);
  EXPECT_TRUE(to.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(from.word(1), "key");
}

TEST(CommandTest, NameIsInUpperCase) {
  EXPECT_EQ(Command("hGetAll", "key").name(), "HGETALL");
  EXPECT_EQ(Command("json.get").name(), "JSON.GET");
}

TEST(CommandTest, DescriptionHasNoArguments) {
  EXPECT_EQ(Command("auth", "user", "secret").Describe(), "AUTH with 2 arguments");
  EXPECT_EQ(Command("GET", "secret").Describe(), "GET with 1 argument");
  EXPECT_EQ(Command("PING").Describe(), "PING without arguments");
}

TEST(CommandTest, DescriptionOfALineGivenAsTheNameHasItsFirstWordOnly) {
  EXPECT_EQ(Command("AUTH secret").Describe(), "AUTH... without arguments");
  EXPECT_EQ(Command("\x01\x02", "x").Describe(), "... with 1 argument");
  EXPECT_EQ(Command(std::string(1000, 'x')).Describe(),
            std::string(40, 'X') + "... without arguments");
}

}  // namespace
}  // namespace holdfast
