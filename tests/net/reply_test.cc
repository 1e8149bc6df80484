// Replies of the public API, asked for what they are and for what they are not.
#include "holdfast/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <utility>
#include <vector>

#include "net/parsed_reply.h"
#include "support/status_matchers.h"

namespace holdfast {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Parsed;

void ExpectNothing(const Reply& reply) {
  EXPECT_EQ(reply.text(), "");
  EXPECT_EQ(reply.integer(), 0);
  EXPECT_EQ(reply.size(), 0U);
  EXPECT_TRUE(reply.empty());
  EXPECT_TRUE(reply[0].is_nil());
  EXPECT_TRUE(reply[std::numeric_limits<std::size_t>::max()].is_nil());
  EXPECT_FALSE(reply.Find("field"));
  for (const Reply& element : reply) ADD_FAILURE() << element.ToString();
}

TEST(ReplyTest, NilHasNothing) {
  EXPECT_TRUE(Reply().is_nil());
  ExpectNothing(Reply());
  EXPECT_TRUE(Parsed("$-1\n").is_nil());
  EXPECT_TRUE(Parsed("*-1\n").is_nil());
  ExpectNothing(Parsed("$-1\n"));
}

TEST(ReplyTest, TextIsNoNumberAndNoArray) {
  for (const std::string text : {"", "12", "exactly sixteen!", "more than sixteen"}) {
    const Reply string = Parsed("$" + std::to_string(text.size()) + "\n" + text + "\n");
    const Reply status = Parsed("+" + text + "\n");
    const Reply error = Parsed("-" + text + "\n");
    EXPECT_TRUE(string.is_string() && status.is_status() && error.is_error());
    for (const Reply& reply : {string, status, error}) {
      EXPECT_EQ(reply.text(), text);
      EXPECT_EQ(reply.integer(), 0);
      EXPECT_EQ(reply.size(), 0U);
      EXPECT_TRUE(reply[0].is_nil());
    }
  }
}

TEST(ReplyTest, OkIsAStatus) {
  EXPECT_TRUE(Parsed("+OK\n").is_ok());
  EXPECT_FALSE(Parsed("+QUEUED\n").is_ok());
  EXPECT_FALSE(Parsed("$2\nOK\n").is_ok());
}

TEST(ReplyTest, IntegerIsNoText) {
  const Reply reply = Parsed(":-7\n");
  EXPECT_TRUE(reply.is_integer());
  EXPECT_EQ(reply.integer(), -7);
  EXPECT_EQ(reply.text(), "");
  EXPECT_EQ(reply.size(), 0U);
}

TEST(ReplyTest, ArrayIsReadByIndexAndInOrder) {
  const Reply reply = Parsed("*4\n:5\n$4\nfive\n*2\n+OK\n*1\n:1\n$-1\n");
  ASSERT_EQ(reply.size(), 4U);
  EXPECT_EQ(reply[0].integer(), 5);
  EXPECT_EQ(reply[1].text(), "five");
  EXPECT_TRUE(reply[2][0].is_ok());
  EXPECT_EQ(reply[2][1][0].integer(), 1);
  EXPECT_TRUE(reply[3].is_nil());
  EXPECT_TRUE(reply[4].is_nil());
  std::vector<Reply::Type> types;
  for (const Reply& element : reply) types.push_back(element.type());
  EXPECT_EQ(types, (std::vector{Reply::Type::kInteger, Reply::Type::kString, Reply::Type::kArray,
                                Reply::Type::kNil}));
}

TEST(ReplyTest, EmptyArrayHasNothing) {
  const Reply reply = Parsed("*0\n");
  EXPECT_TRUE(reply.is_array());
  ExpectNothing(reply);
  EXPECT_TRUE(Parsed("*1\n*0\n")[0].is_array());
}

TEST(ReplyTest, ArraysOfManyElementsTakeNoLongerForEach) {
  constexpr int kElements = 300'000;
  std::string bytes = "*" + std::to_string(kElements) + "\n";
  for (int i = 0; i < kElements; ++i) bytes += ":1\n";
  std::int64_t sum = 0;
  for (const Reply& element : Parsed(bytes)) sum += element.integer();
  EXPECT_EQ(sum, kElements);
}

TEST(ReplyTest, ElementsOutliveTheirArray) {
  Reply reply = Parsed("*2\n$5\nshort\n$30\nthis text is longer than small\n");
  const Reply first = reply[0];
  const Reply second = reply[1];
  reply = Reply();
  EXPECT_EQ(first.text(), "short");
  EXPECT_EQ(second.text(), "this text is longer than small");
}

TEST(ReplyTest, CopiesAreTheSameAndWhatIsMovedFromIsNil) {
  for (const char* bytes : {"$30\nthis text is longer than small\n", "+OK\n", ":3\n", "*1\n:1\n"}) {
    Reply reply = Parsed(bytes);
    const std::string text = reply.ToString();
    const Reply copy = reply;
    const Reply moved = std::move(reply);
    EXPECT_EQ(copy.ToString(), text);
    EXPECT_EQ(moved.ToString(), text);
    EXPECT_TRUE(reply.is_nil());  // NOLINT(bugprone-use-after-move)
    ExpectNothing(reply);
    reply = copy;
    EXPECT_EQ(reply.ToString(), text);
  }
}

TEST(ReplyTest, CopiesShareALongText) {
  const Reply reply = Parsed("$17\nmore than sixteen\n");
  const Reply copy = reply;
  EXPECT_EQ(copy.text().data(), reply.text().data());
}

TEST(ReplyTest, FindsTheValueOfAField) {
  const Reply reply = Parsed("*4\n$4\nname\n$3\nann\n$3\nann\n$4\nname\n");
  ASSERT_TRUE(reply.Find("name"));
  EXPECT_EQ(reply.Find("name")->text(), "ann");
  EXPECT_EQ(reply.Find("ann")->text(), "name");
  EXPECT_FALSE(reply.Find("other"));
  EXPECT_FALSE(Parsed("*1\n$4\nname\n").Find("name"));
}

TEST(ReplyTest, OnlyAnErrorHasAnErrorsStatus) {
  EXPECT_THAT(Parsed("-OOM no memory\n").status(),
              testing::StatusIs(absl::StatusCode::kResourceExhausted, "OOM no memory"));
  EXPECT_THAT(Parsed("+OK\n").status(), testing::IsOk());
  EXPECT_THAT(Parsed("*1\n-OOM no memory\n").status(), testing::IsOk());
}

TEST(ReplyTest, PrintsAsRedisCliDoes) {
  EXPECT_EQ(Parsed("$-1\n").ToString(), "(nil)");
  EXPECT_EQ(Parsed(":5\n").ToString(), "(integer) 5");
  EXPECT_EQ(Parsed("+OK\n").ToString(), "OK");
  EXPECT_EQ(Parsed("-ERR no\n").ToString(), "(error) ERR no");
  EXPECT_EQ(Parsed("*0\n").ToString(), "(empty array)");
  EXPECT_EQ(Parsed("$8\na\"b\\\t\n\x7f\n").ToString(), R"("a\"b\\\x09\r\n\x7f")");
  EXPECT_EQ(Parsed("*2\n*2\n$1\na\n:1\n$1\nb\n").ToString(),
            "1) 1) \"a\"\n"
            "   2) (integer) 1\n"
            "2) \"b\"");
}

TEST(ReplyTest, PrintsNumbersInAColumn) {
  std::string bytes = "*10\n";
  for (int i = 0; i < 10; ++i) bytes += ":0\n";
  EXPECT_THAT(Parsed(bytes).ToString(),
              EndsWith("\n 8) (integer) 0\n 9) (integer) 0\n10) (integer) 0"));
}

TEST(ReplyTest, PrintingHasABound) {
  std::string many = "*10000\n";
  for (int i = 0; i < 10'000; ++i) many += "*1\n:0\n";
  const std::string big = "$100000\n" + std::string(100'000, '\x01') + "\n";
  for (const std::string& bytes : {many, big, "*1\n" + big}) {
    const std::string text = Parsed(bytes).ToString();
    EXPECT_LT(text.size(), 4300U);
    EXPECT_GT(text.size(), 4000U);
    EXPECT_THAT(text, EndsWith("..."));
  }
}

TEST(ReplyTest, PrintingAnErrorLeavesOutQuotedArguments) {
  const Reply reply = Parsed("-ERR unknown command 'AUTH', with args beginning with: 'secret' \n");
  EXPECT_THAT(reply.ToString(), Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace holdfast
