// `--config FILE` and HOLDFAST_CONFIG: where the nodes come from, and what wins.
#include <fstream>
#include <string>

#include "cli/program.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ConfigFileTest : public ProgramTest {
 protected:
  // A file with the nodes, and `more` lines.
  std::string Write(const std::string& more = "") {
    std::string text = "nodes:\n";
    for (const std::string& url : nodes_.urls()) text += "  - " + url + "\n";
    return WriteText(text + more);
  }

  std::string WriteText(const std::string& text) {
    const std::string path = dir_.File("holdfast.yaml");
    std::ofstream(path) << text;
    return path;
  }

  Finished Acquire(const std::vector<std::string>& env, Words more = {}) {
    Words words = {"acquire", "-n", "a"};
    words.insert(words.end(), more.begin(), more.end());
    return RunAlone(words, env);
  }

  TempDir dir_;
};

constexpr char kNobody[] = "redis://127.0.0.1:1";

TEST_F(ConfigFileTest, NodesComeFromTheFile) {
  const std::string path = Write();
  EXPECT_EQ(Acquire({}, {"--config", path}).exit_status, 0);
  EXPECT_EQ(nodes_.CountWith("lock:a"), 3);
  EXPECT_EQ(Acquire({"HOLDFAST_CONFIG=" + path}).exit_status, 75) << "the same nodes";
}

TEST_F(ConfigFileTest, AFlagWinsOverAVariableAndThatOverTheFile) {
  const std::string nobody = WriteText(std::string("nodes: [") + kNobody + "]\n");
  EXPECT_EQ(Acquire(Env(), {"--config", nobody}).exit_status, 0) << "the variable";
  EXPECT_EQ(Acquire(Env(), {"--config", nobody, "--nodes", kNobody}).exit_status, 69) << "the flag";
  EXPECT_EQ(Acquire({"HOLDFAST_CONFIG=/nowhere"}, {"--config", Write()}).exit_status, 75)
      << "the flag of the file";
}

TEST_F(ConfigFileTest, TheOptionsOfTheFileHold) {
  const std::string path = Write("keyPrefix: 'mine:'\nowner: me\nmaxTtl: 5s\n");
  EXPECT_EQ(Acquire({}, {"--config", path, "--ttl", "6s"}).exit_status, 64) << "above maxTtl";
  EXPECT_EQ(Acquire({}, {"--config", path, "--ttl", "5s"}).exit_status, 0);
  EXPECT_EQ(nodes_.CountWith("mine:a"), 3);
  const Finished held = Acquire({}, {"--config", path, "--ttl", "5s"});
  EXPECT_THAT(held.err, HasSubstr("held by me"));
}

TEST_F(ConfigFileTest, FlagsWinOverTheOptionsOfTheFile) {
  const std::string path = Write("keyPrefix: 'mine:'\nmaxTtl: 20s\n");
  EXPECT_EQ(Acquire({}, {"--config", path, "--key-prefix", "", "--max-ttl", "30s"}).exit_status, 0);
  EXPECT_EQ(nodes_.CountWith("mine:a"), 0);
  EXPECT_EQ(nodes_.CountWith("a"), 3);
}

TEST_F(ConfigFileTest, ABadOrMissingFileIs78AndNamed) {
  const std::string path = Write("keyPerfix: x\n");
  const Finished bad = Acquire({}, {"--config", path});
  EXPECT_EQ(bad.exit_status, 78) << bad;
  EXPECT_THAT(bad.err, HasSubstr(path + ":5: unknown key 'keyPerfix' (did you mean 'keyPrefix'?)"));
  const Finished missing = Acquire({"HOLDFAST_CONFIG=" + dir_.File("none")});
  EXPECT_EQ(missing.exit_status, 78) << missing;
  EXPECT_THAT(missing.err, HasSubstr(dir_.File("none")));
}

TEST_F(ConfigFileTest, WhatTheFileNamesIsTheFilesFault) {
  const std::string path = Write("tls: {caFile: /nowhere/ca.pem}\n");
  const Finished end = Acquire({}, {"--config", path});
  EXPECT_EQ(end.exit_status, 78) << end;
  EXPECT_THAT(end.err, AllOf(HasSubstr(path), HasSubstr("/nowhere/ca.pem")));
}

TEST_F(ConfigFileTest, AFileWithoutNodesLeavesThemToOthers) {
  const std::string path = WriteText("owner: me\n");
  const Finished none = Acquire({}, {"--config", path});
  EXPECT_EQ(none.exit_status, 78) << none;
  EXPECT_THAT(none.err, HasSubstr("no nodes given"));
  EXPECT_EQ(Acquire(Env(), {"--config", path}).exit_status, 0);
}

TEST_F(ConfigFileTest, NoSecretIsShown) {
  for (const std::string text :
       {"nodes: ['redis://u:s3cr3t@h:0']", "nodes: [{password: s3cr3t, prot: 1}]",
        "nodes: [{password: *s3cr3t}]"}) {
    const Finished end = Acquire({}, {"--config", WriteText(text)});
    EXPECT_EQ(end.exit_status, 78) << end;
    EXPECT_THAT(end.err, Not(HasSubstr("s3cr3t")));
  }
}

}  // namespace
}  // namespace holdfast::testing
