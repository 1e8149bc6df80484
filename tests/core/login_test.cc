// What a client of commands says on a new connection.
#include "core/login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/auth.h"
#include "replies.h"

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using State = Login::State;

const TimePoint kDeadline{1000s};

Endpoint Account(std::string username, std::string password, int database = 0) {
  Endpoint endpoint;
  endpoint.username = std::move(username);
  endpoint.password = std::move(password);
  endpoint.database = database;
  return endpoint;
}

class LoginTest : public ::testing::Test, public Pipeline::Receiver {
 protected:
  std::vector<std::string> Start(const Endpoint& endpoint = {}, const LoginOptions& options = {}) {
    login_.Start(endpoint, options, pipeline_, kDeadline);
    std::vector<std::string> commands = ReadPieces({pipeline_.StartWrite()});
    pipeline_.FinishWrite();
    return commands;
  }
  State Receive(std::string_view bytes) {
    EXPECT_TRUE(pipeline_.Receive(bytes, *this));
    return state_;
  }
  void OnReply(Tag tag, ReplyView reply) override { state_ = login_.OnReply(tag, reply); }
  void OnNoReply(Tag) override {}

  Pipeline pipeline_;
  Login login_;
  State state_ = State::kUnderWay;
};

TEST_F(LoginTest, PingAloneWhereNothingElseIsAsked) {
  EXPECT_THAT(Start(), ElementsAre("['PING']"));
  EXPECT_EQ(Receive("+PONG\r\n"), State::kDone);
}

TEST_F(LoginTest, AllStepsInOnePiece) {
  EXPECT_THAT(Start(Account("ann", "pw", 3), {.client_name = "me", .replica_reads = true}),
              ElementsAre("['AUTH' 'ann' 'pw']", "['CLIENT' 'SETNAME' 'me']", "['SELECT' '3']",
                          "['READONLY']", "['PING']"));
  EXPECT_EQ(Receive("+OK\r\n+OK\r\n+OK\r\n+OK\r\n"), State::kUnderWay);
  EXPECT_EQ(Receive("+PONG\r\n"), State::kDone);
}

TEST_F(LoginTest, DefaultUserNeedsNoName) {
  EXPECT_THAT(Start(Account("", "pw")), ElementsAre("['AUTH' 'pw']", "['PING']"));
}

TEST_F(LoginTest, ServerThatDoesNotServeYetIsAskedAgain) {
  for (const std::string error : {"-LOADING x\r\n", "-BUSY x\r\n", "-MASTERDOWN x\r\n"}) {
    Start(Account("", "", 3));
    EXPECT_EQ(Receive(error), State::kUnderWay);
    EXPECT_EQ(Receive(error), State::kNotYet);
    EXPECT_EQ(login_.problem().vote, Vote::kDown);
  }
  EXPECT_THAT(Start(Account("", "", 3)), ElementsAre("['SELECT' '3']", "['PING']"));
  EXPECT_EQ(Receive("+OK\r\n+PONG\r\n"), State::kDone);
}

TEST_F(LoginTest, StepThatWasRefusedForNowIsSaidAgainThoughPingWasNot) {
  Start(Account("", "", 3));
  EXPECT_EQ(Receive("-BUSY x\r\n"), State::kUnderWay);
  EXPECT_EQ(Receive("+PONG\r\n"), State::kNotYet);
}

TEST_F(LoginTest, WrongPasswordIsADenialInOurOwnWords) {
  Start(Account("", "hunter2"));
  EXPECT_EQ(Receive("-WRONGPASS invalid hunter2\r\n"), State::kFailed);
  EXPECT_EQ(login_.problem().vote, Vote::kDenied);
  EXPECT_THAT(login_.problem().reason, Not(HasSubstr("hunter2")));
}

TEST_F(LoginTest, MissingPasswordIsADenial) {
  Start();
  EXPECT_EQ(Receive("-NOAUTH Authentication required.\r\n"), State::kFailed);
  EXPECT_EQ(login_.problem().vote, Vote::kDenied);
}

TEST_F(LoginTest, WhoMayNotPingMayDoOtherThings) {
  Start();
  EXPECT_EQ(Receive("-NOPERM no permissions to run the 'ping' command\r\n"), State::kDone);
}

TEST_F(LoginTest, WhoMayNotSelectIsDenied) {
  Start(Account("", "", 3));
  EXPECT_EQ(Receive("-NOPERM no permissions to run the 'select' command\r\n"), State::kFailed);
  EXPECT_EQ(login_.problem().vote, Vote::kDenied);
}

// Said before the first command was read, so that it is no answer to AUTH.
TEST_F(LoginTest, FullServerIsDown) {
  Start(Account("", "pw"));
  EXPECT_EQ(Receive("-ERR max number of clients reached\r\n"), State::kFailed);
  EXPECT_EQ(login_.problem().vote, Vote::kDown);
  EXPECT_THAT(login_.problem().reason, HasSubstr("max number of clients"));
}

TEST_F(LoginTest, ServerInProtectedModeDenies) {
  Start(Account("", "pw"));
  EXPECT_EQ(Receive("-DENIED Redis is running in protected mode\r\n"), State::kFailed);
  EXPECT_EQ(login_.problem().vote, Vote::kDenied);
  EXPECT_THAT(login_.problem().reason, HasSubstr("protected mode"));
}

TEST_F(LoginTest, WhoAnswersPingWithAnythingElseIsNoRedis) {
  Start();
  EXPECT_EQ(Receive("+hello\r\n"), State::kFailed);
  EXPECT_EQ(login_.problem().vote, Vote::kError);
  EXPECT_THAT(login_.problem().reason, HasSubstr("hello"));
}

TEST_F(LoginTest, PasswordThatTheServerDoesNotWantIsSaidToBeThat) {
  Start(Account("", "pw"));
  EXPECT_EQ(Receive("-ERR AUTH <password> called without any password configured for the default "
                    "user. Are you sure your configuration is correct?\r\n"),
            State::kFailed);
  EXPECT_EQ(login_.problem().vote, Vote::kError);
  EXPECT_EQ(login_.problem().reason, "a password was given, but the server has none configured");
}

TEST(StatusOfTest, NamesTheServerAndSaysWhetherTimeMayMendIt) {
  Endpoint server;
  server.host = "a";
  EXPECT_EQ(StatusOf(server, {Vote::kDown, "no"}), absl::UnavailableError("a:6379: no"));
  EXPECT_EQ(StatusOf(server, {Vote::kDenied, "no"}), absl::PermissionDeniedError("a:6379: no"));
  EXPECT_EQ(StatusOf(server, {Vote::kError, "no"}), absl::InternalError("a:6379: no"));
}

}  // namespace
}  // namespace holdfast::core
