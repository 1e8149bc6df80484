// What is wrong with a file is told with its line, and without a secret.
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "net/config_expect.h"
#include "support/status_matchers.h"
#include "support/temp_dir.h"

namespace holdfast {
namespace {

using ::testing::AllOf;
using testing::ErrorOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing::StatusIs;
using testing::TempDir;

TEST(ConfigErrorsTest, AnUnknownKeyIsToldWithTheOneThatWasMeant) {
  EXPECT_EQ(ErrorOf("nodes:\n  - host: a\n    prot: 6380\n"),
            "test.yaml:3: unknown key 'prot' (did you mean 'port'?)");
  EXPECT_EQ(ErrorOf("\n\nmax_ttl: 5s\n"),
            "test.yaml:3: unknown key 'max_ttl' (did you mean 'maxTtl'?)");
  EXPECT_EQ(ErrorOf("lock: {RetryDelay: 1}\n"),
            "test.yaml:1: unknown key 'RetryDelay' (did you mean 'retryDelay'?)");
  EXPECT_EQ(ErrorOf("{\"colour\": 1}"), "test.yaml:1: unknown key 'colour' in Holdfast's options");
}

TEST(ConfigErrorsTest, TheFirstOfSeveralIsTold) {
  EXPECT_THAT(ErrorOf("bad: 1\nmaxTtl: x\n"), StartsWith("test.yaml:1: "));
  EXPECT_THAT(ErrorOf("maxTtl: x\nbad: 1\n"), StartsWith("test.yaml:1: "));
}

TEST(ConfigErrorsTest, EachKindOfValueIsChecked) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"maxTtl: 9ms", "maxTtl: must be a duration from 10ms to 24h"},
      {"maxTtl: 25h", "maxTtl: must be a duration"},
      {"maxTtl: 5 s", "maxTtl: must be a duration"},
      {"maxTtl: -5", "maxTtl: must be a duration"},
      {"maxTtl: 99999999999999999999h", "maxTtl: must be a duration"},
      {"maxTtl: 9223372036854775807h", "maxTtl: must be a duration"},
      {"maxTtl: [5s]", "maxTtl: must be a duration"},
      {"maxTtl:", "maxTtl: must be a duration"},
      {"fencing: yes", "fencing: must be true or false"},
      {"fencing: 'true'", "fencing: must be true or false"},
      {"tolerateForgetful: 1.5", "tolerateForgetful: must be a whole number from 0 to 14"},
      {"tolerateForgetful: 15", "tolerateForgetful: must be a whole number from 0 to 14"},
      {"driftFactor: 0.6", "driftFactor: must be a number from 0 to 0.5"},
      {"driftFactor: .nan", "driftFactor: must be a number"},
      {"driftFactor: inf", "driftFactor: must be a number"},
      {"owner: [a]", "owner: must be a text"},
      {"owner:", "owner: has no value"},
      {"owner: \"a\\nb\"", "owner: must be a text of at most 256 bytes"},
      {"clientName: a b", "clientName: must be printable ASCII"},
      {"nodes: redis://a", "nodes: must be a list of 1 to 15 nodes"},
      {"nodes: []", "nodes: must be a list of 1 to 15 nodes"},
      {"nodes: [redis://a, redis://A]", "node a:6379 is given twice"},
      {"nodes: [{port: 0}]", "port: must be a whole number from 1 to 65535"},
      {"nodes: [{port: 65536}]", "port: must be a whole number from 1 to 65535"},
      {"nodes: [{host: 'a b'}]", "cannot be part of a host"},
      {"nodes: [{path: /s, host: a}]", "path: not together with host or port"},
      {"nodes: [http://a]", "it must start with redis://"},
      {"nodes: [5]", "it must start with redis://"},
      {"nodes: [[redis://a]]", "must be a map of keys and values"},
      {"tls: true", "tls: must be a map of keys and values"},
      {"lock: {maxHold: 1m}", "maxHold: bounds automatic extension"},
      {"lock: {autoExtend: true, maxHold: 1s}", "maxHold: shorter than the ttl"},
      {"atomize: {channel: ''}", "channel: the lock's name is empty"},
      {"cache: {url: 'redis://a', reconnect: never}", "reconnect: must be a duration"},
  };
  for (const auto& [text, error] : cases) {
    EXPECT_THAT(ErrorOf("\n# a comment\n" + text + "\n"), StartsWith("test.yaml:3: ")) << text;
    EXPECT_THAT(ErrorOf("\n# a comment\n" + text + "\n"), HasSubstr(error)) << text;
  }
}

TEST(ConfigErrorsTest, WhatSeveralKeysSayTogetherIsChecked) {
  EXPECT_EQ(ErrorOf("nodes: [redis://a]\ntolerateForgetful: 1\n"),
            "test.yaml: tolerate_forgetful of 1 is not possible with 1 nodes");
}

TEST(ConfigErrorsTest, WhatIsNoUsableYamlIsTold) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "test.yaml:1: the file is empty"},
      {"# nothing\n---\n", "test.yaml:1: the file is empty"},
      {"maxTtl: 1s\n--- \nowner: x\n", "test.yaml:2: a second document begins; there must be one"},
      {"just a text", "test.yaml:1: must be a map"},
      {"- a\n- b\n", "test.yaml:1: must be a map"},
      {"maxTtl: 1s\nowner: a\nmaxTtl: 1s\n",
       "test.yaml:3: key 'maxTtl' is given twice (also in line 1)"},
      {"owner: a\nlabel: [b\n", "not YAML: end of sequence flow not found"},
      {"owner: a\n\tlabel: b\n", "test.yaml:2: not YAML: "},
      {"owner: {a: 1}}\n", "not YAML: "},
      {"owner: a\n? [x, y]\n: b\n", "test.yaml:2: a key must be a text"},
      {"owner: a\n~: b\n", "test.yaml:2: a key must be a text"},
      {"owner: &x a\nlabel: *x\n", "test.yaml:2: aliases are not supported"},
      {"owner: !!binary aGk=\n", "test.yaml:1: tags, such as !!str, are not supported"},
      {"owner: a\nlabel: b\x04\nbad: 1\n", "test.yaml:2: control character \\x04"},
      {"owner: a\nlabel: \"\xff\"\n", "test.yaml:2: a character that is not UTF-8"},
  };
  for (const auto& [text, error] : cases) EXPECT_THAT(ErrorOf(text), HasSubstr(error)) << text;
}

TEST(ConfigErrorsTest, SizeAndDepthAreBounded) {
  EXPECT_EQ(ErrorOf(std::string((1 << 20) + 1, ' ')), "test.yaml: larger than 1 MiB");
  EXPECT_EQ(ErrorOf("owner: " + std::string(40, '[') + std::string(40, ']')),
            "test.yaml:1: nested more than 32 levels deep");
  EXPECT_THAT(ErrorOf(std::string(1 << 20, '[')), HasSubstr("test.yaml:1: "));
  EXPECT_THAT(ErrorOf(std::string(1 << 20, '{')), HasSubstr("test.yaml:1: "));
}

TEST(ConfigErrorsTest, AliasesDoNotMultiply) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_THAT(ErrorOf(bomb), StartsWith("test.yaml:2: aliases are not supported"));
}

TEST(ConfigErrorsTest, SecretsAreNotShown) {
  for (const std::string text : {
           "nodes: ['redis://:s3cr3t@a:0']",
           "nodes: [redis://a:s3cr3t]",
           "nodes: [{password: s3cr3t, host: 'a b'}]",
           "nodes: [{password: [s3cr3t]}]",
           "nodes: [{password:s3cr3t}]",
           "nodes: [{password: s3cr3t: x}]",
           "password: *s3cr3t",
           "password: !s3cr3t",
           "password: \"s3cr3t\\q\"",
           "nodes: [{username: u, password: s3cr3t, port: s3cr3t}]",
           "redis://u:s3cr3t@h: x",
           "cluster: ['redis://:s3cr3t@a/3']",
           "tls: {key: s3cr3t, caFile: [s3cr3t]}",
           "maxTtl: s3cr3t",
           "url: 'redis://s3cr3t'\nsocket: s3cr3t",
           "connector: redis\nurl: 'http://u:s3cr3t@h'",
           "connector: s3cr3t",
           "socket: {reconnectStrategy: s3cr3t}",
           "just s3cr3t",
       }) {
    EXPECT_THAT(ErrorOf(text), AllOf(StartsWith("test.yaml:"), Not(HasSubstr("s3cr3t")))) << text;
  }
}

TEST(ConfigErrorsTest, NoLetterOfASecretIsShown) {
  EXPECT_EQ(ErrorOf("password: \"a\\qb\"\n"), "test.yaml:1: not YAML: unknown escape character");
}

TEST(ConfigFileTest, AFileIsReadUnderItsName) {
  const TempDir dir;
  const std::string path = dir.File("holdfast.yaml");
  std::ofstream(path) << "nodes: [redis://a]\nowner: me\n";
  const auto config = ReadConfigFile(path);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->locks.owner, "me");
  std::ofstream(path) << "nodes: [redis://a]\nonwer: me\n";
  EXPECT_THAT(ReadConfigFile(path),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       path + ":2: unknown key 'onwer' (did you mean 'owner'?)"));
}

TEST(ConfigFileTest, WhatIsNoFileIsTold) {
  const TempDir dir;
  EXPECT_THAT(ReadConfigFile(dir.File("none.yaml")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(dir.File("none.yaml"))));
  EXPECT_THAT(ReadConfigFile(dir.path()),
              StatusIs(absl::StatusCode::kInvalidArgument, dir.path() + ": not a regular file"));
  const std::string pipe = dir.File("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(ReadConfigFile(pipe),
              StatusIs(absl::StatusCode::kInvalidArgument, pipe + ": not a regular file"));
}

TEST(ConfigFileTest, AHugeFileIsNotReadToItsEnd) {
  const TempDir dir;
  const std::string path = dir.File("huge.yaml");
  std::ofstream(path) << "";
  std::filesystem::resize_file(path, std::uintmax_t{1} << 40);
  EXPECT_THAT(ReadConfigFile(path),
              StatusIs(absl::StatusCode::kInvalidArgument, path + ": larger than 1 MiB"));
}

}  // namespace
}  // namespace holdfast
