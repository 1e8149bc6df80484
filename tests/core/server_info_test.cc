// Reading a server's INFO, also when it is none.
#include "core/server_info.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "seed.h"

namespace holdfast::core {
namespace {

const std::string kRunId = "0123456789abcdef0123456789abcdef01234567";

ServerInfo Read(const std::string& text) {
  ServerInfo info;
  ParseInfo(text, info);
  return info;
}

TEST(ServerInfoTest, ReadsWhatRedisAnswers) {
  ServerInfo info;
  ASSERT_TRUE(
      ParseInfo("# Server\r\nredis_version:7.0.15\r\nrun_id:" + kRunId +
                    "\r\nuptime_in_seconds:42\r\nexecutable:/usr/bin/redis: server\r\n\r\n"
                    "# Memory\r\nmaxmemory_policy:noeviction\r\n\r\n"
                    "# Persistence\r\naof_enabled:1\r\n\r\n# Replication\r\nrole:master\r\n",
                info));
  EXPECT_EQ(info.run_id, kRunId);
  EXPECT_EQ(info.uptime_s, 42);
  EXPECT_TRUE(info.aof);
  EXPECT_FALSE(info.replica);
  EXPECT_EQ(info.maxmemory_policy, "noeviction");
  EXPECT_FALSE(info.flushed);
}

TEST(ServerInfoTest, AddsOneAnswerToAnother) {
  ServerInfo info;
  ASSERT_TRUE(ParseInfo("# Server\r\nrun_id:" + kRunId + "\r\n", info));
  ASSERT_TRUE(ParseInfo("# Commandstats\r\ncmdstat_flushall:calls=1,usec=9\r\n", info));
  EXPECT_EQ(info.run_id, kRunId);
  EXPECT_TRUE(info.flushed);
}

TEST(ServerInfoTest, TakesASectionWithoutLines) {
  ServerInfo info;
  EXPECT_TRUE(ParseInfo("# Commandstats\r\n", info));
}

TEST(ServerInfoTest, LinesMayEndInAnyWay) {
  EXPECT_EQ(Read("uptime_in_seconds:7").uptime_s, 7);
  EXPECT_EQ(Read("uptime_in_seconds:7\n").uptime_s, 7);
  EXPECT_EQ(Read("a:1\nuptime_in_seconds:7\r\nb:2").uptime_s, 7);
}

TEST(ServerInfoTest, KnowsNodesOfACluster) {
  EXPECT_TRUE(Read("# Cluster\r\ncluster_enabled:1\r\n").cluster);
  EXPECT_FALSE(Read("# Cluster\r\ncluster_enabled:0\r\n").cluster);
  EXPECT_FALSE(Read("").cluster);
}

TEST(ServerInfoTest, KnowsReplicasByEitherName) {
  EXPECT_TRUE(Read("role:slave\r\n").replica);
  EXPECT_TRUE(Read("role:replica\r\n").replica);
  EXPECT_FALSE(Read("role:master\r\n").replica);
}

TEST(ServerInfoTest, SeesEachCommandThatForgets) {
  for (const std::string command : {"flushall", "flushdb", "swapdb"}) {
    const std::string line = "cmdstat_" + command + ":calls=";
    EXPECT_TRUE(Read(line + "12,usec=3,usec_per_call=0.25\r\n").flushed) << command;
    EXPECT_TRUE(Read(line + "99999999999999999999999\r\n").flushed) << command;
    EXPECT_FALSE(Read(line + "0,usec=0\r\n").flushed) << command;
    EXPECT_FALSE(Read(line + "0\r\n").flushed) << command;
  }
  EXPECT_FALSE(Read("cmdstat_get:calls=12,usec=3\r\n").flushed);
  EXPECT_FALSE(Read("cmdstat_flushall:usec=3\r\n").flushed);
}

TEST(ServerInfoTest, ARunIdOfAnotherFormCountsAsAbsent) {
  for (const std::string& bad :
       {std::string(), kRunId.substr(1), kRunId + "0", kRunId.substr(1) + "g",
        " " + kRunId.substr(1), kRunId.substr(1) + '\0', std::string(100'000, 'a')}) {
    EXPECT_EQ(Read("run_id:" + bad + "\r\n").run_id, "") << bad.substr(0, 50);
  }
}

TEST(ServerInfoTest, AnUptimeInDoubtCountsAsNone) {
  for (const std::string bad :
       {"", "-1", "+1", " 1", "1.5", "1e3", "x", "99999999999999999999", "9223372036854775807"}) {
    EXPECT_EQ(Read("uptime_in_seconds:" + bad + "\r\n").uptime_s, 0) << bad;
  }
}

TEST(ServerInfoTest, APolicyIsFitToBeShown) {
  const ServerInfo info = Read("maxmemory_policy:\x1b[31m" + std::string(100'000, 'x') + "\r\n");
  EXPECT_EQ(info.maxmemory_policy.find('\x1b'), std::string::npos);
  EXPECT_LT(info.maxmemory_policy.size(), 200U);
}

TEST(ServerInfoTest, RefusesWhatIsNoInfo) {
  for (const std::string text : {"", "PONG", "\r\n\r\n", ":", ":1", "<a href=\"http://x\">",
                                 "not found: sorry", "#", "{\"run_id\": 1}"}) {
    ServerInfo info;
    EXPECT_FALSE(ParseInfo(text, info)) << text;
    EXPECT_EQ(info.run_id, "");
  }
}

TEST(ServerInfoTest, KeysInsideOtherKeysAreNotMistaken) {
  const ServerInfo info = Read("xrun_id:" + kRunId + "\r\nmaster_role:slave\r\nx:role:slave\r\n");
  EXPECT_EQ(info.run_id, "");
  EXPECT_FALSE(info.replica);
}

// Whatever comes: nothing is shown that is longer or worse than it may be.
TEST(ServerInfoTest, SurvivesRandomText) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(SeedText(seed));
  std::mt19937 random(seed);
  const std::string parts[] = {"run_id",
                               ":",
                               "\r\n",
                               "\n",
                               "\r",
                               "role",
                               "slave",
                               "# ",
                               kRunId,
                               std::string(1, '\0'),
                               "calls=",
                               "\xff",
                               "99999999",
                               "-",
                               "maxmemory_policy",
                               "0,",
                               "cmdstat_flushall",
                               "uptime_in_seconds"};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (unsigned n = random() % 12; n > 0; --n) text += parts[random() % std::size(parts)];
    const ServerInfo info = Read(text);
    ASSERT_TRUE(info.run_id.empty() || info.run_id == kRunId) << text;
    ASSERT_GE(info.uptime_s, 0) << text;
    ASSERT_LT(info.maxmemory_policy.size(), 200U) << text;
  }
}

// Its data is another server's.
TEST(ServerInfoTest, KnowsAMasterThatWasAReplica) {
  EXPECT_EQ(Read("second_repl_offset:-1\r\n").promoted, "");
  EXPECT_EQ(Read("second_repl_offset:4711\r\n").promoted, "4711");
  const std::string promoted = Read("second_repl_offset:\x1b" + std::string(1000, '1')).promoted;
  EXPECT_EQ(promoted.find('\x1b'), std::string::npos);
  EXPECT_LT(promoted.size(), 100U);
}

TEST(ServerInfoTest, ReadsEachKindOfKeyAndEitherCaseOfTheRunId) {
  for (const std::string key :
       {"cmdstat_config|get", "errorstat_ERR", "module.part", "slave0", "rdb-ok"}) {
    ServerInfo info;
    EXPECT_TRUE(ParseInfo(key + ":calls=1\r\n", info)) << key;
  }
  const std::string upper(40, 'F');
  EXPECT_EQ(Read("run_id:" + upper + "\r\n").run_id, upper);
}

}  // namespace
}  // namespace holdfast::core
