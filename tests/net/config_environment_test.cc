// Options from variables, and which of them win.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>

#include "config/environment.h"
#include "net/config_expect.h"
#include "support/status_matchers.h"
#include "support/temp_dir.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using testing::DataOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::StatusIs;
using testing::TempDir;

using Variables = std::map<std::string, std::string>;

absl::StatusOr<Config> Read(Variables variables) {
  return detail::ReadEnvironment(
      [&](const char* variable) { return std::exchange(variables[variable], ""); });
}

Config MustRead(const Variables& variables) {
  auto config = Read(variables);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *std::move(config) : Config();
}

TEST(ConfigEnvironmentTest, WithoutVariablesAllIsByDefault) {
  const Config config = MustRead({});
  EXPECT_THAT(config.locks.nodes, IsEmpty());
  EXPECT_FALSE(config.locks.cache.has_value());
  EXPECT_EQ(config.locks.max_ttl, 30s);
}

TEST(ConfigEnvironmentTest, EachVariableIsRead) {
  const Config config = MustRead({{"HOLDFAST_NODES", "redis://a,redis://b:1"},
                                  {"HOLDFAST_CACHE", "redis://:p@c/2"},
                                  {"HOLDFAST_MAX_TTL", "4s"},
                                  {"HOLDFAST_MEMBERSHIP", "all"}});
  EXPECT_THAT(config.locks.nodes, ElementsAre("redis://a", "redis://b:1"));
  EXPECT_EQ(DataOf(config).server, (Endpoint{.host = "c", .password = "p", .database = 2}));
  EXPECT_EQ(config.locks.max_ttl, 4s);
  EXPECT_EQ(config.lock.ttl, 4s);
  EXPECT_EQ(config.locks.membership, "all");
}

TEST(ConfigEnvironmentTest, AClusterHasTheLoginOfItsFirstNode) {
  const RedisOptions redis =
      DataOf(MustRead({{"HOLDFAST_CLUSTER", "rediss://u:p@a:1,redis://b:2"}}));
  EXPECT_THAT(redis.cluster, ElementsAre("rediss://u:p@a:1", "redis://b:2"));
  EXPECT_EQ(redis.server.username, "u");
  EXPECT_EQ(redis.server.password, "p");
  EXPECT_TRUE(redis.server.tls);
}

TEST(ConfigEnvironmentTest, SingleVariablesWinOverTheFile) {
  const TempDir dir;
  const std::string path = dir.File("holdfast.yaml");
  std::ofstream(path) << "nodes: [redis://file]\nowner: me\nmaxTtl: 20s\nmembership: m\n"
                         "cache: {url: 'redis://:secret@file/7', commandTimeout: 1s}\n";
  const Config config = MustRead({{"HOLDFAST_CONFIG", path},
                                  {"HOLDFAST_NODES", "redis://variable"},
                                  {"HOLDFAST_CACHE", "redis://variable"},
                                  {"HOLDFAST_MAX_TTL", "5s"}});
  EXPECT_THAT(config.locks.nodes, ElementsAre("redis://variable"));
  EXPECT_EQ(config.locks.owner, "me");
  EXPECT_EQ(config.locks.max_ttl, 5s);
  EXPECT_EQ(config.locks.membership, "m");
  EXPECT_EQ(DataOf(config).server, (Endpoint{.host = "variable"})) << "no login of another server";
  EXPECT_EQ(DataOf(config).command_timeout, 1s);
  const Config clustered =
      MustRead({{"HOLDFAST_CONFIG", path}, {"HOLDFAST_CLUSTER", "redis://variable"}});
  EXPECT_EQ(DataOf(clustered).server, Endpoint()) << "no login of another server";
  EXPECT_THAT(MustRead({{"HOLDFAST_CONFIG", path}}).locks.nodes, ElementsAre("redis://file:6379"));
}

TEST(ConfigEnvironmentTest, WithoutNodesTheClusterIsForLocksToo) {
  const auto is_b = ElementsAre(ElementsAre("redis://b:6379"));
  EXPECT_THAT(MustRead({{"HOLDFAST_CLUSTER", "redis://b"}}).locks.clusters, is_b);
  const Config both =
      MustRead({{"HOLDFAST_NODES", "redis://a"}, {"HOLDFAST_CLUSTER", "redis://b"}});
  EXPECT_THAT(both.locks.nodes, ElementsAre("redis://a"));
  EXPECT_TRUE(both.locks.clusters.empty());
  const TempDir dir;
  const std::string path = dir.File("holdfast.yaml");
  std::ofstream(path) << "cluster: [redis://file]\nseats: 5\n";
  const Config replaced = MustRead({{"HOLDFAST_CONFIG", path}, {"HOLDFAST_CLUSTER", "redis://b"}});
  EXPECT_THAT(replaced.locks.clusters, is_b);
  EXPECT_EQ(replaced.locks.seats, 5) << "they are those of all of its clients";
  const Config nodes = MustRead({{"HOLDFAST_CONFIG", path}, {"HOLDFAST_NODES", "redis://a"}});
  EXPECT_TRUE(nodes.locks.clusters.empty());
  EXPECT_EQ(nodes.locks.seats, 3);
  std::ofstream(path) << "nodes: [redis://file]\n";
  const Config stays = MustRead({{"HOLDFAST_CONFIG", path}, {"HOLDFAST_CLUSTER", "redis://b"}});
  EXPECT_THAT(stays.locks.nodes, ElementsAre("redis://file:6379"));
  EXPECT_TRUE(stays.locks.clusters.empty());
}

TEST(ConfigEnvironmentTest, ErrorsNameTheVariableAndShowNoSecret) {
  const std::initializer_list<std::pair<std::string, std::string>> cases = {
      {"HOLDFAST_NODES", "redis://:s3cr3t@a:0"},
      {"HOLDFAST_NODES", "redis://a,"},
      {"HOLDFAST_NODES", "redis://a,redis://:s3cr3t@a"},
      {"HOLDFAST_CLUSTER", "redis://:s3cr3t@a/1"},
      {"HOLDFAST_CLUSTER", "unix:///s"},
      {"HOLDFAST_CACHE", "http://u:s3cr3t@a"},
      {"HOLDFAST_MAX_TTL", "5"},
      {"HOLDFAST_MAX_TTL", "25h"},
      {"HOLDFAST_MEMBERSHIP", "a\tb"},
      {"HOLDFAST_MEMBERSHIP", std::string(513, 'x')},
  };
  for (const auto& [variable, value] : cases) {
    EXPECT_THAT(Read({{variable, value}}),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(variable + ": "), Not(HasSubstr("s3cr3t")))))
        << value;
  }
  EXPECT_THAT(Read({{"HOLDFAST_CLUSTER", "redis://a"}, {"HOLDFAST_CACHE", "redis://b"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("HOLDFAST_CLUSTER")));
}

TEST(ConfigEnvironmentTest, AnErrorShowsOfAPathWhatCanBePrinted) {
  const std::string node = "unix:///a\xf7";
  const auto config = Read({{"HOLDFAST_NODES", node + "," + node}});
  ASSERT_FALSE(config.ok());
  EXPECT_NE(config.status().ToString().find("/a\\xf7 is given twice"), std::string::npos)
      << config.status();
}

TEST(ConfigEnvironmentTest, TheProcessHasAnEnvironment) {
  setenv("HOLDFAST_NODES", "redis://real", 1);
  const auto config = ConfigFromEnvironment();
  unsetenv("HOLDFAST_NODES");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->locks.nodes, ElementsAre("redis://real"));
}

}  // namespace
}  // namespace holdfast
