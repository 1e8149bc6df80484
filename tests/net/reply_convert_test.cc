// Replies as values of C++, and the errors of those that are none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "holdfast/redis_errors.h"
#include "holdfast/reply.h"
#include "net/parsed_reply.h"
#include "support/status_matchers.h"

namespace holdfast {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::Parsed;
using testing::StatusIs;

std::string Bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\n" + text + "\n";
}

template <class T>
void ExpectIs(const std::string& bytes, const T& expected) {
  const absl::StatusOr<T> value = Parsed(bytes).As<T>();
  ASSERT_THAT(value, IsOk()) << bytes;
  EXPECT_EQ(*value, expected) << bytes;
}

template <class T>
void ExpectMismatch(const std::string& bytes, const std::string& message) {
  EXPECT_THAT(Parsed(bytes).As<T>(), StatusIs(StatusCode::kInvalidArgument, message)) << bytes;
}

template <class T>
void ExpectOutOfRange(const std::string& bytes) {
  EXPECT_THAT(Parsed(bytes).As<T>(), StatusIs(StatusCode::kOutOfRange)) << bytes;
}

TEST(ReplyConvertTest, Strings) {
  ExpectIs<std::string>("$5\nhello\n", "hello");
  ExpectIs<std::string>("$0\n\n", "");
  ExpectIs<std::string>("+PONG\n", "PONG");
  ExpectMismatch<std::string>("$-1\n", "expected a string, got nil");
  ExpectMismatch<std::string>(":5\n", "expected a string, got the integer 5");
  ExpectMismatch<std::string>("*1\n:5\n", "expected a string, got an array of 1");
}

TEST(ReplyConvertTest, Integers) {
  ExpectIs<std::int64_t>(":-9223372036854775808\n", INT64_MIN);
  ExpectIs<std::int64_t>(Bulk("9223372036854775807"), INT64_MAX);
  ExpectIs<std::uint64_t>(Bulk("18446744073709551615"), UINT64_MAX);
  ExpectIs<int>(Bulk("-12"), -12);
  ExpectIs<std::uint8_t>(":255\n", 255);
  ExpectIs<std::int8_t>(":-128\n", -128);
  ExpectMismatch<int>(Bulk("abc"), "expected an integer, got the string \"abc\"");
  ExpectMismatch<int>("+OK\n", "expected an integer, got the status OK");
  for (const char* text : {"", "-", "1 ", " 1", "+1", "1.0", "0x1", "1e3", "--1"}) {
    EXPECT_THAT(Parsed(Bulk(text)).As<int>(), StatusIs(StatusCode::kInvalidArgument)) << text;
    EXPECT_THAT(Parsed(Bulk(text)).As<unsigned>(), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
}

TEST(ReplyConvertTest, IntegersHaveARange) {
  ExpectOutOfRange<std::uint8_t>(":256\n");
  ExpectOutOfRange<std::uint8_t>(":-1\n");
  ExpectOutOfRange<std::int8_t>(Bulk("-129"));
  ExpectOutOfRange<std::int32_t>(":2147483648\n");
  ExpectOutOfRange<std::int64_t>(Bulk("9223372036854775808"));
  ExpectOutOfRange<std::uint64_t>(Bulk("18446744073709551616"));
  ExpectOutOfRange<std::uint64_t>(":-1\n");
  ExpectOutOfRange<std::uint64_t>(Bulk("-1"));
  EXPECT_THAT(
      Parsed(":300\n").As<std::uint8_t>(),
      StatusIs(StatusCode::kOutOfRange, "expected an integer from 0 to 255, got the integer 300"));
}

TEST(ReplyConvertTest, Doubles) {
  ExpectIs<double>(Bulk("0.1"), 0.1);
  ExpectIs<double>(Bulk("-1e300"), -1e300);
  ExpectIs<double>(Bulk("inf"), INFINITY);
  ExpectIs<double>(Bulk("-inf"), -INFINITY);
  ExpectIs<double>(":3\n", 3);
  EXPECT_TRUE(std::isnan(Parsed(Bulk("nan")).As<double>().value_or(0)));
  EXPECT_TRUE(std::isnan(Parsed(Bulk("-nan")).As<double>().value_or(0)));
  ExpectOutOfRange<double>(Bulk("1e999"));
  for (const char* text : {"", "abc", "1 ", "1,5", "1e999x"}) {
    EXPECT_THAT(Parsed(Bulk(text)).As<double>(), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
  ExpectMismatch<double>("$-1\n", "expected a number, got nil");
}

TEST(ReplyConvertTest, TruthValues) {
  ExpectIs<bool>(":1\n", true);
  ExpectIs<bool>(":0\n", false);
  ExpectIs<bool>("+OK\n", true);
  ExpectIs<bool>("$-1\n", false);
  ExpectMismatch<bool>(":2\n", "expected 1, 0, OK or nil, got the integer 2");
  ExpectMismatch<bool>("+QUEUED\n", "expected 1, 0, OK or nil, got the status QUEUED");
  ExpectMismatch<bool>(Bulk("1"), "expected 1, 0, OK or nil, got the string \"1\"");
}

TEST(ReplyConvertTest, NilIsNoOptional) {
  ExpectIs<std::optional<std::string>>("$-1\n", std::nullopt);
  ExpectIs<std::optional<std::string>>("$1\na\n", "a");
  ExpectIs<std::optional<std::vector<int>>>("*-1\n", std::nullopt);
  ExpectMismatch<std::optional<int>>("$1\na\n", "expected an integer, got the string \"a\"");
}

TEST(ReplyConvertTest, Vectors) {
  ExpectIs<std::vector<int>>("*3\n:1\n$1\n2\n:3\n", {1, 2, 3});
  ExpectIs<std::vector<int>>("*0\n", {});
  ExpectIs<std::vector<std::optional<std::string>>>("*2\n$1\na\n$-1\n", {"a", std::nullopt});
  ExpectIs<std::vector<std::vector<int>>>("*2\n*1\n:1\n*0\n", {{1}, {}});
  ExpectIs<std::vector<bool>>("*2\n:1\n:0\n", {true, false});
  ExpectMismatch<std::vector<int>>("$-1\n", "expected an array, got nil");
  ExpectMismatch<std::vector<int>>("*2\n:1\n$-1\n", "element [1]: expected an integer, got nil");
  ExpectMismatch<std::vector<std::vector<int>>>(
      "*1\n*1\n$1\na\n", "element [0]: element [0]: expected an integer, got the string \"a\"");
}

TEST(ReplyConvertTest, TuplesAndPairs) {
  using Scan = std::pair<std::uint64_t, std::vector<std::string>>;
  ExpectIs<Scan>("*2\n$2\n17\n*1\n$1\na\n", {17, {"a"}});
  using Three = std::tuple<int, std::string, std::optional<double>>;
  ExpectIs<Three>("*3\n:1\n$1\na\n$-1\n", {1, "a", std::nullopt});
  ExpectMismatch<Three>("*2\n:1\n:2\n", "expected an array of 3, got an array of 2");
  ExpectMismatch<Scan>(":1\n", "expected an array of 2, got the integer 1");
  ExpectMismatch<Three>("*3\n:1\n:2\n$1\nx\n", "element [1]: expected a string, got the integer 2");
}

TEST(ReplyConvertTest, KeysAndValuesByTurns) {
  const std::string bytes = "*4\n$1\nb\n:2\n$1\na\n$1\n1\n";
  ExpectIs<std::vector<std::pair<std::string, int>>>(bytes, {{"b", 2}, {"a", 1}});
  ExpectIs<std::map<std::string, int>>(bytes, {{"a", 1}, {"b", 2}});
  ExpectIs<std::map<std::string, int, std::greater<>>>(bytes, {{"a", 1}, {"b", 2}});
  ExpectIs<std::unordered_map<std::string, int>>(bytes, {{"a", 1}, {"b", 2}});
  ExpectIs<std::map<std::string, int>>("*0\n", {});
  ExpectIs<std::map<std::string, int>>("*4\n+a\n:1\n+a\n:2\n", {{"a", 2}});
  ExpectMismatch<std::map<std::string, int>>(
      "*1\n+a\n", "expected an array of keys and values, got an array of 1");
  ExpectMismatch<std::map<std::string, int>>("$-1\n",
                                             "expected an array of keys and values, got nil");
  ExpectMismatch<std::map<std::string, int>>("*2\n+a\n+x\n",
                                             "element [1]: expected an integer, got the status x");
}

TEST(ReplyConvertTest, KeysAndValuesInArraysOfTwo) {
  using Stream = std::vector<std::pair<std::string, std::map<std::string, std::string>>>;
  ExpectIs<Stream>("*1\n*2\n$3\n1-0\n*2\n$1\na\n$1\nb\n", {{"1-0", {{"a", "b"}}}});
  ExpectIs<std::map<std::string, int>>("*2\n*2\n+a\n:1\n*2\n+b\n:2\n", {{"a", 1}, {"b", 2}});
  ExpectMismatch<std::map<std::string, int>>(
      "*2\n*2\n+a\n:1\n+b\n", "element [1]: expected an array of 2, got the status b");
}

TEST(ReplyConvertTest, AReplyIsItselfEvenAsAnError) {
  const auto replies = Parsed("*2\n:1\n-ERR no\n").As<std::vector<Reply>>();
  ASSERT_THAT(replies, IsOk());
  EXPECT_EQ((*replies)[0].integer(), 1);
  EXPECT_TRUE((*replies)[1].is_error());
}

TEST(ReplyConvertTest, AnErrorReplyIsItsStatus) {
  const Reply reply = Parsed("-WRONGTYPE no list\n");
  const StatusCode code = StatusCode::kFailedPrecondition;
  EXPECT_THAT(reply.As<std::string>(), StatusIs(code, "WRONGTYPE no list"));
  EXPECT_THAT(reply.As<int>(), StatusIs(code, "WRONGTYPE no list"));
  EXPECT_THAT(reply.As<double>(), StatusIs(code, "WRONGTYPE no list"));
  EXPECT_THAT(reply.As<bool>(), StatusIs(code, "WRONGTYPE no list"));
  EXPECT_THAT(reply.As<std::optional<int>>(), StatusIs(code, "WRONGTYPE no list"));
  EXPECT_THAT(reply.As<std::vector<int>>(), StatusIs(code, "WRONGTYPE no list"));
  EXPECT_THAT((reply.As<std::pair<int, int>>()), StatusIs(code, "WRONGTYPE no list"));
  EXPECT_THAT((reply.As<std::map<int, int>>()), StatusIs(code, "WRONGTYPE no list"));
}

TEST(ReplyConvertTest, AnErrorInAnArrayKeepsWhatItTells) {
  const auto values = Parsed("*2\n:1\n-OOM no memory\n").As<std::vector<int>>();
  EXPECT_THAT(values, StatusIs(StatusCode::kResourceExhausted, "element [1]: OOM no memory"));
  ASSERT_TRUE(GetRedisError(values.status()));
  EXPECT_EQ(GetRedisError(values.status())->code, "OOM");
}

TEST(ReplyConvertTest, MessagesArePrintableAndShort) {
  const auto value = Parsed(Bulk("\x1b" + std::string(100'000, 'x'))).As<int>();
  EXPECT_THAT(value, StatusIs(StatusCode::kInvalidArgument, HasSubstr("\\x1bxxx")));
  EXPECT_LT(value.status().message().size(), 200U);
}

}  // namespace
}  // namespace holdfast
