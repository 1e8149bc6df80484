// The command line itself: help, bad usage, missing configuration.
#include <string>

#include "cli/program.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const Words kNobody = {"--nodes", "redis://127.0.0.1:1"};

TEST(Usage, EachCommandHasHelp) {
  EXPECT_THAT(RunAlone({"--help"}).out, AllOf(HasSubstr("run"), HasSubstr("Exit codes")));
  for (const std::string command :
       {"run", "acquire", "extend", "release", "inspect", "doctor", "reconfigure", "nodes"}) {
    const Finished help = RunAlone({command, "--help"});
    EXPECT_EQ(help.exit_status, 0) << command;
    EXPECT_THAT(help.out, HasSubstr("--help")) << command;
    EXPECT_EQ(help.err, "") << command;
  }
  for (const std::string action : {"up", "down", "status"}) {
    const Finished help = RunAlone({"nodes", action, "--help"});
    EXPECT_EQ(help.exit_status, 0) << action;
    EXPECT_THAT(help.out, HasSubstr("--dir")) << action;
  }
}

TEST(Usage, VersionIsTold) {
  const Finished version = RunAlone({"--version"});
  EXPECT_EQ(version.exit_status, 0);
  EXPECT_THAT(version.out, HasSubstr("holdfast 0."));
}

TEST(Usage, WrongUsageIs64) {
  for (const Words& words : {Words{},
                             Words{"walk"},
                             Words{"run"},
                             Words{"run", "a"},
                             Words{"run", "a", "--"},
                             Words{"run", "a", "true"},
                             Words{"run", "--nonsense", "a", "--", "true"},
                             Words{"run", "-n", "-w", "1s", "a", "--", "true"},
                             Words{"run", "-w", "soon", "a", "--", "true"},
                             Words{"run", "-E", "256", "a", "--", "true"},
                             Words{"run", "--on-lost", "cry", "a", "--", "true"},
                             Words{"run", "--ttl", "0", "a", "--", "true"},
                             Words{"run", "a", "b"},
                             Words{"acquire"},
                             Words{"extend", "a"},
                             Words{"run", "--max-ttl", "1", "a", "--", "true"},
                             Words{"run", "--max-ttl", "9ms", "a", "--", "true"},
                             Words{"acquire", "--max-ttl", "25h", "a"},
                             Words{"acquire", "--membership", std::string(513, 'x'), "a"},
                             Words{"acquire", "--membership", "a\nb", "a"},
                             Words{"reconfigure", "a"},
                             Words{"inspect"},
                             Words{"nodes"}}) {
    const Finished end = RunAlone(words, {"HOLDFAST_NODES=redis://127.0.0.1:1"});
    EXPECT_EQ(end.exit_status, 64) << ::testing::PrintToString(words) << ": " << end;
    EXPECT_NE(end.err, "") << ::testing::PrintToString(words);
    EXPECT_EQ(end.out, "") << ::testing::PrintToString(words);
  }
}

TEST(Usage, MissingOrBadConfigurationIs78) {
  const Finished none = RunAlone({"run", "-n", "a", "--", "true"}, {"HOLDFAST_NODES="});
  EXPECT_EQ(none.exit_status, 78) << none;
  EXPECT_THAT(none.err, HasSubstr("HOLDFAST_NODES"));
  for (const std::string bad : {"http://h", "redis://u:s3cr3t@h:0", "redis://h:70000",
                                "redis://h/x", "redis://h,redis://h", "redis://h,"}) {
    const Finished end = RunAlone({"acquire", "-n", "a"}, {"HOLDFAST_NODES=" + bad});
    EXPECT_EQ(end.exit_status, 78) << bad << ": " << end;
    EXPECT_THAT(end.err, AllOf(HasSubstr("HOLDFAST_NODES"), Not(HasSubstr("s3cr3t")))) << bad;
  }
}

TEST(Usage, BadVariableIs78AndNamed) {
  for (const std::string bad :
       {"HOLDFAST_MAX_TTL=soon", "HOLDFAST_MAX_TTL=25h", "HOLDFAST_MEMBERSHIP=a\tb"}) {
    const Finished end = RunAlone({"acquire", "-n", "a", kNobody[0], kNobody[1]}, {bad});
    EXPECT_EQ(end.exit_status, 78) << bad << ": " << end;
    EXPECT_THAT(end.err, HasSubstr(bad.substr(0, bad.find('='))));
  }
}

TEST(Usage, BadNodesOnTheCommandLineAre64) {
  const Finished end = RunAlone({"acquire", "-n", "a", "--nodes", "redis://u:s3cr3t@h:0"});
  EXPECT_EQ(end.exit_status, 64) << end;
  EXPECT_THAT(end.err, AllOf(HasSubstr("port"), Not(HasSubstr("s3cr3t"))));
}

TEST(Usage, NobodyThereIs69) {
  const Finished end = RunAlone({"acquire", "-n", "a", kNobody[0], kNobody[1]});
  EXPECT_EQ(end.exit_status, 69) << end;
  EXPECT_THAT(end.err, AllOf(HasSubstr("127.0.0.1:1"), HasSubstr("refused")));
}

TEST(Usage, NodesOptionLeavesTheCommandAlone) {
  const RedisServer node;
  const Finished end = RunAlone({"run", "--nodes", node.url(), "a", "--", "echo", "-n", "--", "x"});
  EXPECT_EQ(end.exit_status, 0) << end;
  EXPECT_EQ(end.out, "-- x");
}

}  // namespace
}  // namespace holdfast::testing
