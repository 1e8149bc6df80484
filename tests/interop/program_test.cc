// The program beside other libraries.
#include <string>

#include "interop/interop.h"
#include "support/process.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;

class ProgramInteropTest : public NodesTest {
 protected:
  Process Start(const Words& arguments) const {
    std::string list;
    for (const std::string& url : nodes_.urls()) list += (list.empty() ? "" : ",") + url;
    Words argv = {HOLDFAST_PROGRAM, arguments.at(0), "--key-prefix", "", "--nodes", list};
    argv.insert(argv.end(), arguments.begin() + 1, arguments.end());
    return Process(argv);
  }
  Finished Run(const Words& arguments) const { return Start(arguments).Wait(); }

  Peer theirs_{TheirArgv(GetParam(), nodes_.urls())};
};
INSTANTIATE_TEST_SUITE_P(Libraries, ProgramInteropTest,
                         ::testing::Values(kRedlock4, kRedlock5, kSesamecare, kPython),
                         ::testing::PrintToStringParamName());

TEST_P(ProgramInteropTest, RunsNothingWhileTheyHoldTheLock) {
  ASSERT_THAT(theirs_.Acquire({"a"}), Succeeds());
  const Finished refused = Run({"run", "-n", "a", "--", "echo", "ran"});
  EXPECT_EQ(refused.exit_status, 75) << refused;
  EXPECT_EQ(refused.out, "");
  EXPECT_THAT(Run({"inspect", "a"}).out, HasSubstr("foreign"));
  EXPECT_THAT(theirs_.Release({"a"}), Succeeds());
  EXPECT_EQ(Run({"run", "-n", "a", "--", "echo", "ran"}).out, "ran\n");
}

TEST_P(ProgramInteropTest, KeepsThemOutWhileItsCommandRuns) {
  Process run = Start({"run", "a", "--", "sh", "-c", "echo up; sleep 60"});
  ASSERT_TRUE(run.WaitForOutput("up"));
  EXPECT_THAT(theirs_.Acquire({"a"}), IsRefused());
}

TEST_P(ProgramInteropTest, KeepsThemOutFromAcquireToRelease) {
  const Finished acquired = Run({"acquire", "--ttl", "20s", "a"});
  ASSERT_EQ(acquired.exit_status, 0) << acquired;
  EXPECT_THAT(theirs_.Acquire({"a"}), IsRefused());
  const std::string token = acquired.out.substr(0, 32);
  EXPECT_EQ(Run({"release", "a", token}).exit_status, 0);
  EXPECT_THAT(theirs_.Acquire({"a"}), Succeeds());
}

}  // namespace
}  // namespace holdfast::testing
