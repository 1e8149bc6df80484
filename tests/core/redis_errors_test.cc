// The errors of commands: what a server said, and whether the command may have been executed.
#include "core/redis_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "support/status_matchers.h"

namespace holdfast {
namespace {

using detail::ErrorReplyStatus;
using detail::MayBeExecuted;
using detail::NotSent;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::StatusIs;

std::string CodeOf(const char* reply) {
  return GetRedisError(ErrorReplyStatus(reply)).value_or(RedisError{.code = "none"}).code;
}

TEST(RedisErrorsTest, AServersErrorHasItsCodeAndItsMessage) {
  const absl::Status status = ErrorReplyStatus("WRONGTYPE Operation against a key");
  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kFailedPrecondition, "WRONGTYPE Operation against a key"));
  const auto error = GetRedisError(status);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, "WRONGTYPE");
  EXPECT_EQ(error->message, "Operation against a key");
}

TEST(RedisErrorsTest, WhatLooksLikeNoCodeIsNone) {
  EXPECT_EQ(CodeOf("Something went wrong"), "");
  EXPECT_EQ(CodeOf(""), "");
  EXPECT_EQ(CodeOf(" ERR"), "");
  EXPECT_EQ(CodeOf("A!B went wrong"), "");
  EXPECT_EQ(CodeOf("a1 went wrong"), "");
  EXPECT_EQ(CodeOf("NOSCRIPT"), "NOSCRIPT");
  EXPECT_EQ(CodeOf("MODULE_2 went wrong"), "MODULE_2");
  EXPECT_EQ(GetRedisError(ErrorReplyStatus("Something went wrong"))->message,
            "Something went wrong");
}

TEST(RedisErrorsTest, CodesFollowFromTheServersCode) {
  using absl::StatusCode;
  const std::pair<const char*, StatusCode> cases[] = {
      {"NOAUTH Authentication required.", StatusCode::kPermissionDenied},
      {"WRONGPASS invalid username-password pair", StatusCode::kPermissionDenied},
      {"NOPERM this user has no permissions", StatusCode::kPermissionDenied},
      {"ERR invalid password", StatusCode::kPermissionDenied},
      {"LOADING Redis is loading the dataset in memory", StatusCode::kUnavailable},
      {"BUSY Redis is busy running a script.", StatusCode::kUnavailable},
      {"CLUSTERDOWN Hash slot not served", StatusCode::kUnavailable},
      {"MASTERDOWN Link with MASTER is down", StatusCode::kUnavailable},
      {"TRYAGAIN Multiple keys request during rehashing of slot", StatusCode::kUnavailable},
      {"ERR max number of clients reached", StatusCode::kUnavailable},
      {"READONLY You can't write against a read only replica.", StatusCode::kFailedPrecondition},
      {"MOVED 3999 127.0.0.1:6381", StatusCode::kFailedPrecondition},
      {"OOM command not allowed when used memory > 'maxmemory'.", StatusCode::kResourceExhausted},
      {"NOSCRIPT No matching script.", StatusCode::kNotFound},
      {"BUSYGROUP Consumer Group name already exists", StatusCode::kAlreadyExists},
      {"EXECABORT Transaction discarded", StatusCode::kAborted},
      {"ERR unknown command 'FOO'", StatusCode::kUnimplemented},
      {"CROSSSLOT Keys in request don't hash to the same slot", StatusCode::kInvalidArgument},
      {"ERR syntax error", StatusCode::kInvalidArgument},
      {"ERR", StatusCode::kInvalidArgument},
      {"BUSYBODY is no code of Redis", StatusCode::kUnknown},
      {"", StatusCode::kUnknown},
  };
  for (const auto& [reply, code] : cases) {
    EXPECT_THAT(ErrorReplyStatus(reply), StatusIs(code)) << reply;
  }
}

TEST(RedisErrorsTest, QuotedArgumentsAreLeftOut) {
  for (const char* reply :
       {"ERR unknown command 'AUTH', with args beginning with: 'me' 'secret' ",
        "ERR unknown command `AUTH`, with args beginning with: `me`, `secret`, "}) {
    const absl::Status status = ErrorReplyStatus(reply);
    EXPECT_THAT(status.ToString(), Not(HasSubstr("secret")));
    EXPECT_THAT(GetRedisError(status)->message, Not(HasSubstr("secret")));
    EXPECT_THAT(GetRedisError(status)->message, ::testing::MatchesRegex("unknown command .AUTH."));
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnimplemented));
  }
}

TEST(RedisErrorsTest, MessagesArePrintableAndShort) {
  const absl::Status status = ErrorReplyStatus("ERR a\nb\x1b" + std::string(100'000, 'x'));
  EXPECT_THAT(std::string(status.message()), ::testing::StartsWith("ERR a\\x0ab\\x1bx"));
  EXPECT_LT(status.message().size(), 1000U);
  EXPECT_LT(GetRedisError(status)->message.size(), 1000U);
}

TEST(RedisErrorsTest, ACommandWithoutAnswerMayHaveBeenExecuted) {
  const absl::Status status = MayBeExecuted(absl::StatusCode::kUnavailable, "connection reset");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable,
                               "connection reset; the command may have been executed"));
  EXPECT_TRUE(MayHaveBeenExecuted(status));
  EXPECT_FALSE(WasNotSent(status));
  EXPECT_FALSE(GetRedisError(status));
}

TEST(RedisErrorsTest, ACommandThatWasNotSentWasNotExecuted) {
  const absl::Status status = NotSent(absl::StatusCode::kUnavailable, "connection refused");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable,
                               "connection refused; the command was not sent"));
  EXPECT_TRUE(WasNotSent(status));
  EXPECT_FALSE(MayHaveBeenExecuted(status));
  EXPECT_FALSE(GetRedisError(status));
}

TEST(RedisErrorsTest, AnAnswerIsNeitherNotSentNorUnknown) {
  for (const absl::Status& status :
       {ErrorReplyStatus("LOADING"), absl::OkStatus(), absl::UnavailableError("not ours")}) {
    EXPECT_FALSE(MayHaveBeenExecuted(status)) << status;
    EXPECT_FALSE(WasNotSent(status)) << status;
    EXPECT_FALSE(IsUnreachable(status)) << status;
  }
}

TEST(RedisErrorsTest, UnreachableIsWithoutAnAnswerAndNotByTheCallersWish) {
  EXPECT_TRUE(IsUnreachable(NotSent(absl::StatusCode::kUnavailable, "refused")));
  EXPECT_TRUE(IsUnreachable(NotSent(absl::StatusCode::kDeadlineExceeded, "time ran out")));
  EXPECT_TRUE(IsUnreachable(MayBeExecuted(absl::StatusCode::kDeadlineExceeded, "time ran out")));
  EXPECT_FALSE(IsUnreachable(NotSent(absl::StatusCode::kCancelled, "cancelled")));
  EXPECT_FALSE(IsUnreachable(NotSent(absl::StatusCode::kResourceExhausted, "the queue is full")));
}

TEST(RedisErrorsTest, ContextKeepsWhatTheErrorTells) {
  const absl::Status status = detail::WithContext("element [2]", ErrorReplyStatus("OOM no memory"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted, "element [2]: OOM no memory"));
  EXPECT_EQ(GetRedisError(status)->code, "OOM");
  EXPECT_EQ(GetRedisError(status)->message, "no memory");
}

}  // namespace
}  // namespace holdfast
