// What is said on a new connection.
#include "core/handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/scripts.h"
#include "replies.h"

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using State = Handshake::State;

const TimePoint kNow{1000s};

constexpr std::string_view kTime = "*2\r\n$10\r\n1700000000\r\n$6\r\n123456\r\n";
constexpr char kRunId[] = "0123456789abcdef0123456789abcdef01234567";
constexpr std::string_view kInfo =
    "# Server\r\nrun_id:0123456789abcdef0123456789abcdef01234567\r\nuptime_in_seconds:77\r\n"
    "# Persistence\r\naof_enabled:1\r\n# Replication\r\nrole:master\r\n";
constexpr std::string_view kStats = "# Commandstats\r\ncmdstat_get:calls=5,usec=9\r\n";
constexpr std::string_view kFsync =
    "*4\r\n$25\r\nno-appendfsync-on-rewrite\r\n$2\r\nno\r\n$11\r\nappendfsync\r\n$6\r\nalways\r\n";

Endpoint Login(std::string username, std::string password, int database = 0) {
  Endpoint endpoint;
  endpoint.username = std::move(username);
  endpoint.password = std::move(password);
  endpoint.database = database;
  return endpoint;
}

// A handshake on a pipeline, with a server that answers as the test says.
class HandshakeTest : public ::testing::Test, public Pipeline::Receiver {
 protected:
  void Start(Endpoint endpoint = {}) {
    handshake_.Start(endpoint, "", seat_, pipeline_, kNow, kNow + 5s);
  }

  // The commands sent so far, without those that ask after the server and load the scripts, which
  // are checked to be last.
  std::vector<std::string> Commands() {
    std::vector<std::string> commands = ReadPieces({pipeline_.StartWrite()}, {.bytes = 1 << 20});
    for (const Script* script : {&kInspectScript, &kExtendScript, &kReleaseScript, &kFinaliseScript,
                                 &kAcquireScript, &kOpenScript, &kAdmitScript}) {
      EXPECT_EQ(commands.back(), "['SCRIPT' 'LOAD' '" + std::string(script->text) + "']");
      commands.pop_back();
    }
    if (seat_) {
      EXPECT_EQ(commands.back(), "['CONFIG' 'GET' 'cluster-node-timeout']");
      commands.pop_back();
    }
    for (const char* question :
         {"['CONFIG' 'GET' '*appendfsync*']", "['INFO' 'commandstats']", "['INFO']"}) {
      EXPECT_EQ(commands.back(), question);
      commands.pop_back();
    }
    return commands;
  }

  State Receive(std::string_view bytes) {
    EXPECT_TRUE(pipeline_.Receive(bytes, *this));
    return handshake_.state();
  }
  // What INFO, INFO commandstats and CONFIG GET *appendfsync* say.
  void ReceiveInfo(std::string_view info = kInfo, std::string_view stats = kStats,
                   std::string_view fsync = kFsync) {
    Receive(Bulk(info));
    Receive(Bulk(stats));
    Receive(fsync);
  }
  State ReceiveHashes() {
    for (const Script* script : {&kAdmitScript, &kOpenScript, &kAcquireScript, &kFinaliseScript,
                                 &kReleaseScript, &kExtendScript, &kInspectScript}) {
      EXPECT_EQ(handshake_.state(), State::kUnderWay);
      Receive(Bulk(script->sha1));
    }
    return handshake_.state();
  }

  void OnReply(Tag tag, ReplyView reply) override { handshake_.OnReply(tag, reply); }
  void OnNoReply(Tag) override {}

  bool seat_ = false;
  Pipeline pipeline_;
  Handshake handshake_;
};

TEST_F(HandshakeTest, AsksForTheTimeAfterTheServerAndLoadsTheScripts) {
  Start();
  EXPECT_THAT(Commands(), ElementsAre("['TIME']"));
  EXPECT_EQ(pipeline_.deadline(), kNow + 5s);
  EXPECT_EQ(Receive(kTime), State::kUnderWay);
  ReceiveInfo();
  EXPECT_EQ(ReceiveHashes(), State::kDone);
  EXPECT_EQ(pipeline_.unanswered(), 0U);
}

TEST_F(HandshakeTest, LogsInWithThePasswordAlone) {
  Start(Login("", "s3cret"));
  EXPECT_THAT(Commands(), ElementsAre("['AUTH' 's3cret']", "['TIME']"));
  Receive("+OK\r\n");
  Receive(kTime);
  ReceiveInfo();
  EXPECT_EQ(ReceiveHashes(), State::kDone);
}

TEST_F(HandshakeTest, LogsInAsAUserAndSelectsTheDatabase) {
  Start(Login("u", "s3cret", 12));
  EXPECT_THAT(Commands(), ElementsAre("['AUTH' 'u' 's3cret']", "['SELECT' '12']", "['TIME']"));
  Receive("+OK\r\n+OK\r\n");
  Receive(kTime);
  ReceiveInfo();
  EXPECT_EQ(ReceiveHashes(), State::kDone);
}

TEST_F(HandshakeTest, FirstErrorIsTheCause) {
  Start(Login("", "s3cret"));
  EXPECT_EQ(Receive("-WRONGPASS invalid username-password pair\r\n"), State::kFailed);
  EXPECT_EQ(Receive("-NOAUTH Authentication required.\r\n"), State::kFailed);
  EXPECT_EQ(handshake_.problem().vote, Vote::kDenied);
  EXPECT_THAT(handshake_.problem().reason, HasSubstr("WRONGPASS"));
}

TEST_F(HandshakeTest, MissingPasswordIsADenial) {
  Start();
  EXPECT_EQ(Receive("-NOAUTH Authentication required.\r\n"), State::kFailed);
  EXPECT_EQ(handshake_.problem().vote, Vote::kDenied);
}

TEST_F(HandshakeTest, UnknownDatabaseIsAnError) {
  Start(Login("", "", 99));
  EXPECT_EQ(Receive("-ERR DB index is out of range\r\n"), State::kFailed);
  EXPECT_EQ(handshake_.problem().vote, Vote::kError);
  EXPECT_EQ(handshake_.problem().reason, "ERR DB index is out of range");
}

TEST_F(HandshakeTest, LoadingServerIsAnError) {
  Start();
  EXPECT_EQ(Receive("-LOADING Redis is loading the dataset in memory\r\n"), State::kFailed);
  EXPECT_EQ(handshake_.problem().vote, Vote::kError);
}

TEST_F(HandshakeTest, ForbiddenScriptsAreADenial) {
  Start();
  Receive(kTime);
  ReceiveInfo();
  EXPECT_EQ(Receive("-NOPERM this user has no permissions to run 'script|load'\r\n"),
            State::kFailed);
  EXPECT_EQ(handshake_.problem().vote, Vote::kDenied);
}

TEST_F(HandshakeTest, PasswordThatAServerEchoesIsNotShown) {
  Start(Login("u", "s3cret"));
  Receive("-ERR unknown command `AUTH`, with args beginning with: `u`, `s3cret`, \r\n");
  EXPECT_EQ(handshake_.state(), State::kFailed);
  EXPECT_THAT(handshake_.problem().reason, HasSubstr("does not understand AUTH"));
  EXPECT_THAT(handshake_.problem().reason, Not(HasSubstr("s3cret")));
}

TEST_F(HandshakeTest, PasswordThatAServerEchoesInPartIsNotShown) {
  // Redis quotes 128 bytes of the arguments at the most, and replaces what would end the line.
  const std::string part = "s3cret" + std::string(100, 'x');
  Start(Login("", part + "the end"));
  Receive("-ERR unknown command `AUTH`, with args beginning with: `" + part + "\r\n");
  EXPECT_THAT(handshake_.problem().reason, Not(HasSubstr("s3cret")));
}

TEST_F(HandshakeTest, ServerWithOtherScriptsIsNoRedis) {
  Start();
  Receive(kTime);
  ReceiveInfo();
  EXPECT_EQ(Receive(Bulk(std::string(40, 'a'))), State::kFailed);
  EXPECT_EQ(handshake_.problem().vote, Vote::kError);
  EXPECT_THAT(handshake_.problem().reason, HasSubstr("SHA-1"));
}

TEST_F(HandshakeTest, OffsetIsAtMostTooLargeByTheWayThere) {
  Start();
  Receive(kTime);
  ReceiveInfo();
  ReceiveHashes();
  EXPECT_EQ(handshake_.greeting().clock_offset_ms, 1'700'000'000'123 + 1 - 1'000'000);
}

TEST_F(HandshakeTest, AnswerThatIsNoTimeIsAnError) {
  for (const std::string answer :
       {"+OK\r\n", "*0\r\n", "*1\r\n$1\r\n5\r\n", "*2\r\n$1\r\nx\r\n$1\r\n0\r\n", "$-1\r\n"}) {
    Pipeline pipeline;
    Handshake handshake;
    handshake.Start({}, "", false, pipeline, kNow, kNow);
    ReplyReader reader;
    reader.Feed(answer);
    ASSERT_EQ(reader.Next(), ReplyReader::Result::kReply);
    EXPECT_EQ(handshake.OnReply(2, reader.reply().root()), State::kFailed) << answer;
    EXPECT_THAT(handshake.problem().reason, HasSubstr("TIME"));
  }
}

TEST_F(HandshakeTest, TimeThatCannotBeIsAnError) {
  Start();
  Receive("*2\r\n" + Bulk("9223372036854775807") + Bulk("0"));
  EXPECT_EQ(handshake_.state(), State::kFailed);
}

TEST_F(HandshakeTest, TellsWhatTheServerIs) {
  Start();
  Receive(kTime);
  ReceiveInfo();
  ReceiveHashes();
  const ServerInfo& info = handshake_.greeting().info;
  EXPECT_EQ(info.run_id, kRunId);
  EXPECT_EQ(info.uptime_s, 77);
  EXPECT_FALSE(info.replica);
  EXPECT_FALSE(info.flushed);
  EXPECT_TRUE(handshake_.greeting().durable);
}

TEST_F(HandshakeTest, ServerThatWasToldToForgetSaysSo) {
  Start();
  Receive(kTime);
  ReceiveInfo(kInfo, "# Commandstats\r\ncmdstat_flushall:calls=1,usec=9\r\n");
  ReceiveHashes();
  EXPECT_TRUE(handshake_.greeting().info.flushed);
}

TEST_F(HandshakeTest, ServerIsDurableOnlyIfItShowsIt) {
  const std::string no_aof = "# Server\r\nrun_id:" + std::string(kRunId) + "\r\naof_enabled:0\r\n";
  const std::pair<std::string, std::string_view> answers[] = {
      {no_aof, kFsync},
      {std::string(kInfo), "*2\r\n$11\r\nappendfsync\r\n$8\r\neverysec\r\n"},
      {std::string(kInfo),
       "*4\r\n$25\r\nno-appendfsync-on-rewrite\r\n$3\r\nyes\r\n$11\r\nappendfsync\r\n$"
       "6\r\nalways\r\n"},
      {std::string(kInfo), "*2\r\n$11\r\nappendfsync\r\n$6\r\nalways\r\n"},
      {std::string(kInfo), "*0\r\n"},
      {std::string(kInfo), "-NOPERM this user has no permissions to run 'config|get'\r\n"}};
  for (const auto& [info, fsync] : answers) {
    handshake_ = Handshake();
    Start();
    Receive(kTime);
    ReceiveInfo(info, kStats, fsync);
    EXPECT_EQ(ReceiveHashes(), State::kDone) << fsync;
    EXPECT_FALSE(handshake_.greeting().durable) << info << fsync;
  }
}

TEST_F(HandshakeTest, ServerWithoutARunIdIsNoRedis) {
  Start();
  Receive(kTime);
  EXPECT_EQ(Receive(Bulk("# Server\r\nuptime_in_seconds:77\r\n")), State::kFailed);
  EXPECT_EQ(handshake_.problem().vote, Vote::kError);
  EXPECT_THAT(handshake_.problem().reason, HasSubstr("run_id"));
}

TEST(ProblemTest, ErrorReplyIsShownPrintable) {
  EXPECT_EQ(ProblemOf("NOPERM\x1b[2J").reason, "NOPERM\\x1b[2J");
  EXPECT_EQ(ProblemOf("ERR x").vote, Vote::kError);
}

std::string NodeTimeout(const std::string& value) {
  return "*2\r\n$20\r\ncluster-node-timeout\r\n" + Bulk(value);
}

TEST_F(HandshakeTest, AsksAServerOfAClusterForItsNodeTimeout) {
  seat_ = true;
  Start();
  EXPECT_THAT(Commands(), ElementsAre("['TIME']"));
  Receive(kTime);
  ReceiveInfo();
  Receive(NodeTimeout("5000"));
  EXPECT_EQ(ReceiveHashes(), State::kDone);
  EXPECT_EQ(handshake_.greeting().cluster_node_timeout, 5s);
}

TEST_F(HandshakeTest, NodeTimeoutThatIsNotToldIsNoFailure) {
  seat_ = true;
  for (const std::string& answer :
       {std::string("-NOPERM no permissions to run the 'config|get' command\r\n"),
        std::string("*0\r\n"), NodeTimeout("soon"), NodeTimeout("-5"), NodeTimeout("0")}) {
    handshake_ = Handshake();
    Start();
    Receive(kTime);
    ReceiveInfo();
    Receive(answer);
    EXPECT_EQ(ReceiveHashes(), State::kDone) << answer;
    EXPECT_EQ(handshake_.greeting().cluster_node_timeout, 0s) << answer;
  }
}

TEST_F(HandshakeTest, NodeTimeoutBeyondAllMeasureIsALongOne) {
  seat_ = true;
  Start();
  Receive(kTime);
  ReceiveInfo();
  Receive(NodeTimeout("9223372036854775807"));
  EXPECT_EQ(handshake_.greeting().cluster_node_timeout, 1'000'000s);
}

TEST_F(HandshakeTest, TimeBeforeTheEpochIsAnError) {
  Start();
  EXPECT_EQ(Receive("*2\r\n" + Bulk("-1") + Bulk("0")), State::kFailed);
  EXPECT_THAT(handshake_.problem().reason, HasSubstr("TIME"));
}

TEST_F(HandshakeTest, AnswerThatIsNoInfoIsAnError) {
  Start();
  Receive(kTime);
  EXPECT_EQ(Receive(Bulk("hello")), State::kFailed);
  EXPECT_THAT(handshake_.problem().reason, HasSubstr("not a Redis server"));
}

}  // namespace
}  // namespace holdfast::core
