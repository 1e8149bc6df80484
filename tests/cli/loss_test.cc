// `holdfast run` when the lock cannot be kept, or when it dies itself: the command ends in time.
#include <signal.h>

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include "cli/program.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kTtl = 4s;

// A command that says its process ids (the shell's and a grandchild's), and ignores TERM.
constexpr char kStubborn[] =
    "trap '' TERM; sleep 300 & echo \"pids $$ $! up\"; wait; wait; sleep 300";
// One that says when it was told to end.
constexpr char kObedient[] = "trap 'echo told; exit 5' TERM; echo up; while :; do sleep 0.05; done";

class RunLossTest : public ProgramTest {
 protected:
  std::unique_ptr<Process> StartRun(const std::string& script, const Words& options = {}) {
    Words arguments = {"run", "--ttl", "4s"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    for (const std::string& word : Words{"a", "--", "sh", "-c", script}) arguments.push_back(word);
    auto run = Start(arguments);
    EXPECT_TRUE(run->WaitForOutput("up"));
    return run;
  }

  static std::vector<pid_t> PidsIn(const std::string& output) {
    std::istringstream words(output);
    std::string pids;
    pid_t shell = 0, grandchild = 0;
    words >> pids >> shell >> grandchild;
    return {shell, grandchild};
  }

  static bool Dead(const std::vector<pid_t>& pids) {
    for (const pid_t pid : pids) {
      if (Running(pid)) return false;
    }
    return true;
  }

  // All of `pids` die within `limit`.
  static void ExpectDeadWithin(const std::vector<pid_t>& pids, std::chrono::milliseconds limit) {
    for (const pid_t pid : pids) ASSERT_TRUE(Running(pid));
    EXPECT_LT(TimeOf([&] { EXPECT_TRUE(Eventually([&] { return Dead(pids); })); }), limit);
  }

  void DeleteTheKey() {
    for (const auto& node : nodes_) node->Command({"DEL", "lock:a"});
  }
};

// Others let two commands run after a loss, and exit 0.
TEST_F(RunLossTest, OfTheKeyEndsTheCommandWith74) {
  const auto run = StartRun(kObedient);
  DeleteTheKey();
  const Finished end = run->Wait();
  EXPECT_EQ(end.exit_status, 74) << end;
  EXPECT_THAT(end.out, HasSubstr("told")) << "TERM comes before KILL";
}

TEST_F(RunLossTest, OfTheKeyKillsTheCommandAfterTheGrace) {
  const auto run = StartRun(kStubborn, {"--grace", "300ms"});
  const auto pids = PidsIn(run->out());
  DeleteTheKey();
  EXPECT_EQ(run->Wait().exit_status, 74);
  EXPECT_TRUE(Eventually([&] { return Dead(pids); }));
}

TEST_F(RunLossTest, KillsAtOnceIfAsked) {
  const auto run = StartRun(kObedient, {"--on-lost", "kill"});
  DeleteTheKey();
  const Finished end = run->Wait();
  EXPECT_EQ(end.exit_status, 74) << end;
  EXPECT_THAT(end.out, ::testing::Not(HasSubstr("told")));
}

TEST_F(RunLossTest, IsIgnoredIfAsked) {
  const auto run = StartRun("echo up; sleep 3; echo done; exit 6", {"--on-lost", "ignore"});
  DeleteTheKey();
  const Finished end = run->Wait();
  EXPECT_EQ(end.exit_status, 6) << end;
  EXPECT_THAT(end.out, HasSubstr("done"));
  EXPECT_THAT(end.err, HasSubstr("lost")) << "it is said all the same";
}

// What the stopped nodes confirmed last, they confirmed before they were stopped: no key of theirs
// lasts longer than a ttl from then.
TEST_F(RunLossTest, OfAMajorityEndsTheCommandBeforeTheKeyCanExpire) {
  const auto run = StartRun(kStubborn);
  const auto pids = PidsIn(run->out());
  for (int i = 0; i < 2; ++i) nodes_[i].Stop();
  ExpectDeadWithin(pids, kTtl);
  const Finished end = run->Wait();
  EXPECT_EQ(end.exit_status, 74) << end;
  EXPECT_THAT(end.err, HasSubstr(nodes_[0].address()));
}

TEST_F(RunLossTest, OfAMajorityForAMomentIsSurvived) {
  const auto run = StartRun("echo up; sleep 5; echo done");
  for (int i = 0; i < 2; ++i) nodes_[i].Kill();
  for (int i = 0; i < 2; ++i) nodes_[i].Restart();
  const Finished end = run->Wait();
  EXPECT_EQ(end.exit_status, 0) << end;
  EXPECT_THAT(end.out, HasSubstr("done"));
}

// `flock` killed leaves its child running.
TEST_F(RunLossTest, KilledWrapperTakesTheCommandWithIt) {
  const auto run = StartRun(kStubborn);
  const auto pids = PidsIn(run->out());
  for (const pid_t pid : pids) ASSERT_TRUE(Running(pid));
  run->Signal(SIGKILL);
  EXPECT_EQ(run->Wait().signal, SIGKILL);
  EXPECT_TRUE(Eventually([&] { return Dead(pids); }, 5s));
}

TEST_F(RunLossTest, StoppedWrappersCommandEndsBeforeTheKeyCanExpire) {
  const auto run = StartRun(kStubborn);
  const auto pids = PidsIn(run->out());
  run->Signal(SIGSTOP);
  ExpectDeadWithin(pids, kTtl);
  run->Signal(SIGCONT);
  const Finished end = run->Wait();
  EXPECT_EQ(end.exit_status, 74) << end;
}

// The guardian goes by the deadline of the last extension, not of the first lease, nor for ever.
TEST_F(RunLossTest, StoppedWrappersCommandEndsInTimeAlsoAfterExtensions) {
  const auto run = StartRun(kStubborn);
  const auto pids = PidsIn(run->out());
  const auto extended = [this] { return nodes_[0].CallsOf("pexpire") >= 4; };
  ASSERT_TRUE(Eventually(extended)) << run->Wait(0ms);
  for (const pid_t pid : pids) EXPECT_TRUE(Running(pid)) << "past the first lease";
  run->Signal(SIGSTOP);
  ExpectDeadWithin(pids, kTtl);
  run->Signal(SIGCONT);
  EXPECT_EQ(run->Wait().exit_status, 74);
}

TEST_F(RunLossTest, GraceMustFitIntoTheTtl) {
  const Finished end = Run({"run", "--ttl", "1s", "--grace", "2s", "a", "--", "true"});
  EXPECT_EQ(end.exit_status, 64) << end;
  EXPECT_THAT(end.err, HasSubstr("grace"));
}

}  // namespace
}  // namespace holdfast::testing
