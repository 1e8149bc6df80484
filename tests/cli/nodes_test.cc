// `holdfast nodes`: private servers that come up, are seen, and go.
#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/program.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class NodesTest : public ::testing::Test {
 protected:
  // Ends what the tested command may have left.
  void TearDown() override {
    Nodes({"down"});
    for (const pid_t pid : pids_) {
      if (Running(pid)) kill(pid, SIGKILL);
    }
  }

  Finished Nodes(Words arguments) {
    arguments.insert(arguments.begin(), "nodes");
    arguments.insert(arguments.end(), {"--dir", folder_});
    return RunAlone(arguments);
  }

  Json NodesJson(Words arguments, int status = 0) {
    arguments.push_back("--json");
    const Finished end = Nodes(arguments);
    EXPECT_EQ(end.exit_status, status) << end;
    Json json = Json::parse(end.out);
    for (const Json& node : json["nodes"]) pids_.push_back(node["pid"].get<pid_t>());
    return json;
  }

  TempDir dir_;
  std::string folder_ = dir_.File("servers");
  std::vector<pid_t> pids_;  // All that were ever told of.
};

TEST_F(NodesTest, ComeUpWorkAndLeaveNothing) {
  const Json up = NodesJson({"up", "-N", "3"});
  ASSERT_EQ(up["nodes"].size(), 3U);
  for (const pid_t pid : pids_) EXPECT_TRUE(Running(pid));
  const std::string variable = "HOLDFAST_NODES=" + up["HOLDFAST_NODES"].get<std::string>();
  EXPECT_EQ(RunAlone({"run", "-n", "a", "--", "true"}, {variable}).exit_status, 0)
      << "they do not vote at once";

  EXPECT_EQ(Nodes({"down"}).exit_status, 0);
  for (const pid_t pid : pids_) EXPECT_FALSE(Running(pid));
  EXPECT_FALSE(std::filesystem::exists(folder_));
  EXPECT_EQ(RunAlone({"run", "-n", "a", "--", "true"}, {variable}).exit_status, 69);
}

TEST_F(NodesTest, UpTwiceKeepsTheSameServers) {
  const Json first = NodesJson({"up", "-N", "2"});
  const Json second = NodesJson({"up"});
  EXPECT_EQ(first["nodes"], second["nodes"]);
  EXPECT_EQ(Nodes({"up", "-N", "3"}).exit_status, 64) << "others than asked for are up";
}

TEST_F(NodesTest, StatusTellsOfADeadOneAndUpRevivesIt) {
  const Json up = NodesJson({"up", "-N", "2"});
  EXPECT_EQ(NodesJson({"status"})["nodes"][0]["state"], "running");
  kill(pids_[0], SIGKILL);
  ASSERT_TRUE(Eventually([this] { return !Running(pids_[0]); }));
  const Json status = NodesJson({"status"}, 69);
  EXPECT_NE(status["nodes"][0]["state"], "running");
  EXPECT_EQ(status["nodes"][1]["state"], "running");
  const Json revived = NodesJson({"up"});
  EXPECT_EQ(revived["HOLDFAST_NODES"], up["HOLDFAST_NODES"]) << "on the same ports";
  EXPECT_EQ(revived["nodes"][0]["state"], "running");
  const std::string variable = "HOLDFAST_NODES=" + up["HOLDFAST_NODES"].get<std::string>();
  EXPECT_EQ(RunAlone({"run", "-n", "a", "--", "true"}, {variable}).exit_status, 0)
      << "it forgot nothing, and votes at once";
}

TEST_F(NodesTest, UpPrintsWhatAShellCanTake) {
  const Finished up = Nodes({"up", "-N", "1"});
  EXPECT_EQ(up.exit_status, 0) << up;
  EXPECT_THAT(up.out, StartsWith("export HOLDFAST_NODES=redis://127.0.0.1:"));
  NodesJson({"status"});
}

TEST_F(NodesTest, KeepEveryWrite) {
  NodesJson({"up", "-N", "1"});
  const Json status = NodesJson({"status"});
  const std::string port = std::to_string(status["nodes"][0]["port"].get<int>());
  const auto setting = [&](const std::string& name) {
    return Process({"redis-cli", "-p", port, "CONFIG", "GET", name}).Wait().out;
  };
  EXPECT_EQ(setting("appendonly"), "appendonly\nyes\n");
  EXPECT_EQ(setting("appendfsync"), "appendfsync\nalways\n");
  EXPECT_THAT(setting("bind"), HasSubstr("127.0.0.1"));
}

TEST_F(NodesTest, DownWithoutNodesIsFine) {
  EXPECT_EQ(Nodes({"down"}).exit_status, 0);
  EXPECT_EQ(Nodes({"status"}).exit_status, 69);
}

TEST_F(NodesTest, ForeignFolderIsLeftAlone) {
  std::filesystem::create_directory(folder_);
  Process({"touch", folder_ + "/precious"}).Wait();
  EXPECT_EQ(Nodes({"up"}).exit_status, 78);
  EXPECT_EQ(Nodes({"down"}).exit_status, 78);
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/precious"));
}

TEST_F(NodesTest, BadCountIs64) {
  for (const std::string count : {"0", "16", "x", "-1"}) {
    EXPECT_EQ(Nodes({"up", "-N", count}).exit_status, 64) << count;
  }
}

}  // namespace
}  // namespace holdfast::testing
