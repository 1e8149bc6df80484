// `holdfast run` while all is well, and when it cannot start.
#include <signal.h>

#include <cstdint>
#include <string>

#include "cli/program.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class RunTest : public ProgramTest {
 protected:
  int StatusOf(const Words& arguments) { return Run(arguments).exit_status; }
};

TEST_F(RunTest, PassesTheCommandsStatusOn) {
  EXPECT_EQ(StatusOf({"run", "a", "--", "true"}), 0);
  EXPECT_EQ(StatusOf({"run", "a", "--", "sh", "-c", "exit 7"}), 7);
  EXPECT_EQ(StatusOf({"run", "a", "--", "sh", "-c", "kill -TERM $$"}), 128 + SIGTERM);
  EXPECT_EQ(StatusOf({"run", "a", "--", "sh", "-c", "kill -KILL $$"}), 128 + SIGKILL);
  EXPECT_TRUE(Freed("a"));
}

TEST_F(RunTest, CommandSeesItsLockAndStdin) {
  const Finished end = Run({"run", "a b", "--", "sh", "-c",
                            "echo \"$HOLDFAST_NAME/$HOLDFAST_TOKEN/$HOLDFAST_FENCE\"; cat; "
                            "echo oops >&2"},
                           "input\n");
  EXPECT_EQ(end.exit_status, 0) << end;
  EXPECT_THAT(end.out, MatchesRegex("a b/[0-9a-f]{32}/[1-9][0-9]*\ninput\n"));
  EXPECT_THAT(end.err, HasSubstr("oops"));
}

TEST_F(RunTest, HoldsTheLockWhileTheCommandRuns) {
  const auto held = Start({"run", "a", "--owner", "alice", "--", "sh", "-c", "echo up; sleep 60"});
  ASSERT_TRUE(held->WaitForOutput("up"));
  EXPECT_GE(nodes_.CountWith("lock:a"), 2);
  const Finished refused = Run({"run", "-n", "a", "--", "true"});
  EXPECT_EQ(refused.exit_status, 75) << refused;
  EXPECT_THAT(refused.err, HasSubstr("alice")) << "who holds it";
}

TEST_F(RunTest, KeepsTheLockBeyondItsTtl) {
  const Finished end = Run({"run", "--ttl", "1s", "a", "--", "sh", "-c", "sleep 3; echo done"});
  EXPECT_EQ(end.exit_status, 0) << end;
  EXPECT_EQ(end.out, "done\n");
  EXPECT_TRUE(Freed("a"));
}

TEST_F(RunTest, FencesGrowFromHolderToHolder) {
  std::uint64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    const Finished end = Run({"run", "a", "--", "sh", "-c", "echo $HOLDFAST_FENCE"});
    ASSERT_THAT(end.out, MatchesRegex("[1-9][0-9]*\n"));
    EXPECT_GT(std::stoull(end.out), last);
    last = std::stoull(end.out);
  }
}

TEST_F(RunTest, CommandSeesEachOfSeveralNames) {
  const Finished end = Run({"run", "to", "from", "--", "sh", "-c",
                            "echo \"$HOLDFAST_NAME\"; echo \"$HOLDFAST_FENCES\"; "
                            "echo \"$HOLDFAST_FENCE\""});
  EXPECT_EQ(end.exit_status, 0) << end;
  EXPECT_THAT(end.out, MatchesRegex("from\nto\n([0-9]+)\n([0-9]+)\n([0-9]+)\n"));
}

TEST_F(RunTest, HoldsAllOfSeveralNames) {
  const auto held = Start({"run", "a", "b", "--", "sh", "-c", "echo up; sleep 60"});
  ASSERT_TRUE(held->WaitForOutput("up"));
  for (const std::string name : {"a", "b"}) {
    EXPECT_EQ(StatusOf({"run", "-n", "c", name, "--", "true"}), 75) << name;
  }
  EXPECT_TRUE(Freed("c"));
}

// While nobody says who holds it, a wait for several names looks like a hang.
TEST_F(RunTest, WaitForSeveralNamesSaysWhichIsHeld) {
  ASSERT_EQ(StatusOf({"acquire", "b", "--owner", "alice", "--ttl", "3s"}), 0);
  const Finished end = Run({"run", "a", "b", "--", "true"});
  EXPECT_EQ(end.exit_status, 0) << end;
  EXPECT_THAT(end.err, HasSubstr("waiting for b: held by alice"));
}

TEST_F(RunTest, MaxHoldEndsTheCommandWith74) {
  const auto run = Start({"run", "--ttl", "1s", "--max-hold", "2s", "a", "--", "sh", "-c",
                          "trap 'echo told; exit 5' TERM; echo up; while :; do sleep 0.05; done"});
  ASSERT_TRUE(run->WaitForOutput("up"));
  const Finished end = run->Wait();
  EXPECT_EQ(end.exit_status, 74) << end;
  EXPECT_EQ(end.out, "up\ntold\n") << "TERM comes before KILL";
  EXPECT_THAT(end.err, HasSubstr("--max-hold of 2 s is over"));
}

TEST_F(RunTest, MaxHoldIsNoReasonToEndEarlier) {
  const Finished end =
      Run({"run", "--ttl", "1s", "--max-hold", "60s", "a", "--", "sh", "-c", "sleep 3; exit 4"});
  EXPECT_EQ(end.exit_status, 4) << end;
  EXPECT_EQ(StatusOf({"run", "--ttl", "2s", "--max-hold", "1s", "a", "--", "true"}), 64)
      << "shorter than the ttl";
}

TEST_F(RunTest, NotObtainedIs75OrWhatIsAskedFor) {
  for (const auto& node : nodes_) node->Command({"SET", "lock:a", "x"});
  EXPECT_EQ(StatusOf({"run", "-n", "a", "--", "true"}), 75);
  EXPECT_EQ(StatusOf({"run", "-w", "300ms", "a", "--", "true"}), 75);
  EXPECT_EQ(StatusOf({"run", "-n", "-E", "9", "a", "--", "true"}), 9);
  EXPECT_EQ(StatusOf({"run", "-n", "-E", "0", "a", "--", "false"}), 0);
}

TEST_F(RunTest, WaitsForTheLock) {
  for (const auto& node : nodes_) node->Command({"SET", "lock:a", "x", "PX", "700"});
  EXPECT_EQ(StatusOf({"run", "-w", "30s", "a", "--", "true"}), 0);
  for (const auto& node : nodes_) node->Command({"SET", "lock:a", "x", "PX", "700"});
  EXPECT_EQ(StatusOf({"run", "a", "--", "true"}), 0);
}

TEST_F(RunTest, SignalEndsTheWaitAndLeavesNothing) {
  for (int i = 0; i < 2; ++i) nodes_[i].Command({"SET", "lock:a", "x"});
  const auto run = Start({"run", "a", "--", "echo", "ran"});
  ASSERT_TRUE(Eventually([this] { return nodes_[0].CallsOf("evalsha") > 1; }));
  run->Signal(SIGTERM);
  const Finished end = run->Wait();
  EXPECT_TRUE(end.exit_status == 128 + SIGTERM || end.signal == SIGTERM) << end;
  EXPECT_EQ(end.out, "");
  EXPECT_TRUE(Eventually([this] { return nodes_.CountWith("lock:a") == 2; }));
}

TEST_F(RunTest, CommandThatCannotBeExecuted) {
  EXPECT_EQ(StatusOf({"run", "a", "--", "/no/such/program"}), 127);
  EXPECT_EQ(StatusOf({"run", "a", "--", "no-such-program"}), 127);
  EXPECT_EQ(StatusOf({"run", "a", "--", "/etc/passwd"}), 126);
  EXPECT_TRUE(Freed("a"));
}

TEST_F(RunTest, MajorityGoneIs69AndNamesTheNodes) {
  nodes_[0].Kill();
  nodes_[2].Kill();
  for (const Words& wait : {Words{"-n"}, Words{"-w", "500ms"}}) {
    Words arguments = {"run", "a", "--", "echo", "ran"};
    arguments.insert(arguments.begin() + 1, wait.begin(), wait.end());
    const Finished end = Run(arguments);
    EXPECT_EQ(end.exit_status, 69) << end;
    EXPECT_EQ(end.out, "");
    EXPECT_THAT(end.err, HasSubstr(nodes_[0].address()));
    EXPECT_THAT(end.err, HasSubstr(nodes_[2].address()));
  }
}

TEST_F(RunTest, MinorityGoneDoesNotMatter) {
  nodes_[1].Kill();
  EXPECT_EQ(StatusOf({"run", "a", "--", "true"}), 0);
}

TEST_F(RunTest, SignalsAreForwarded) {
  for (const auto& [signal, name] : {std::pair(SIGTERM, "TERM"), std::pair(SIGINT, "INT"),
                                     std::pair(SIGHUP, "HUP"), std::pair(SIGUSR1, "USR1")}) {
    const auto run = Start({"run", "a", "--", "sh", "-c",
                            "trap 'echo got; exit 3' " + std::string(name) +
                                "; echo up; while :; do sleep 0.05; done"});
    ASSERT_TRUE(run->WaitForOutput("up")) << name;
    run->Signal(signal);
    const Finished end = run->Wait();
    EXPECT_EQ(end.exit_status, 3) << name << ": " << end;
    EXPECT_EQ(end.out, "up\ngot\n") << name;
  }
  EXPECT_TRUE(Freed("a"));
}

// A failed release must not replace the command's own result.
TEST_F(RunTest, PassesTheStatusOnWhenTheReleaseFails) {
  const auto run = Start({"run", "a", "--", "sh", "-c", "echo up; sleep 1; exit 5"});
  ASSERT_TRUE(run->WaitForOutput("up"));
  nodes_[0].Kill();
  nodes_[1].Kill();
  const Finished end = run->Wait();
  EXPECT_EQ(end.exit_status, 5) << end;
  EXPECT_THAT(end.err, HasSubstr("release"));
}

TEST_F(RunTest, CommandInheritsNoConnection) {
  const Finished end = Run({"run", "a", "--", "sh", "-c", "echo /proc/$$/fd/*"});
  EXPECT_THAT(end.out, MatchesRegex("/proc/[0-9]+/fd/0 /proc/[0-9]+/fd/1 /proc/[0-9]+/fd/2"
                                    "( /proc/[0-9]+/fd/3)?\n"))
      << "3: the folder that is being read";
}

TEST_F(RunTest, OneAtATime) {
  const TempDir dir;
  const std::string raise = "n=$(cat count 2>/dev/null || echo 0); echo $((n + 1)) > count";
  std::vector<std::unique_ptr<Process>> runs;
  for (int i = 0; i < 6; ++i) {
    runs.push_back(Start({"run", "a", "--", "sh", "-c", "cd " + dir.path() + "; " + raise}));
  }
  for (const auto& run : runs) EXPECT_EQ(run->Wait().exit_status, 0);
  EXPECT_EQ(Process({"cat", dir.File("count")}).Wait().out, "6\n");
}

}  // namespace
}  // namespace holdfast::testing
