// When a node lets itself be asked for locks: the guard of one real server.
#include <gmock/gmock.h>

#include <sstream>
#include <string>
#include <vector>

#include "script_node.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Gt;
using ::testing::Le;

constexpr char kMinute[] = "60000";  // The max_ttl.

struct AdmitCall {
  std::string run_id = "r1";
  std::string fingerprint = "f1";
  std::string max_ttl = kMinute;
  std::string uptime = "1000";
  std::string trust = "0";
  std::string fresh = "0";
  std::string wiped = "0";
  std::string force = "0";
};

struct State {
  std::string kind, pass;
  std::int64_t left = 0, hwm = 0;
  std::string young;
  std::int64_t now = 0;
  std::string config, till;
};

State Parse(const std::string& answer) {
  std::istringstream lines(answer);
  std::vector<std::string> words(8);
  for (std::string& word : words) std::getline(lines, word);
  return {words[0],
          words[1],
          std::atoll(words[2].c_str()),
          std::atoll(words[3].c_str()),
          words[4],
          std::atoll(words[5].c_str()),
          words[6],
          words[7]};
}

class AdmissionScriptsTest : public ::testing::Test {
 protected:
  std::string Ask(const AdmitCall& call) {
    return node_.Run(core::kAdmitScript, {kGuard},
                     {call.run_id, call.fingerprint, call.max_ttl, call.uptime, call.trust,
                      call.fresh, call.wiped, call.force});
  }
  State Admit(const AdmitCall& call) { return Parse(Ask(call)); }

  std::string AskToOpen(const std::string& floor = "0", const std::string& young = "0",
                        const std::string& run_id = "r1", const std::string& fingerprint = "f1") {
    return node_.Run(core::kOpenScript, {kGuard},
                     {run_id, fingerprint, node_.Guard("till"), floor, young});
  }
  State Open(const std::string& floor = "0", const std::string& young = "0") {
    return Parse(AskToOpen(floor, young));
  }

  // An old node that was opened long ago, and has this in its guard.
  State OpenedLongAgo() {
    Admit({.trust = "1"});
    node_.SetGuard("till", "1");
    node_.SetGuard("young", "1");
    node_.SetGuard("hwm", "70");
    node_.SetGuard("floor", "50");
    return Admit({});
  }

  // Its time of being shut is over; it only has to be opened.
  void ShutLongEnough() {
    Admit({});
    node_.SetGuard("till", "1");
  }

  ScriptNode node_;
};

class AdmitScriptTest : public AdmissionScriptsTest {};
class OpenScriptTest : public AdmissionScriptsTest {};

MATCHER(IsOpen, "") { return arg.kind == "STATE" && !arg.pass.empty() && arg.left == 0; }
MATCHER(IsShut, "") { return arg.kind == "STATE" && arg.pass.empty() && arg.young == "0"; }
// For about a minute from now; the test itself may take a while.
MATCHER(IsShutForAMinute, "") {
  return arg.kind == "STATE" && arg.pass.empty() && arg.left > 20'000 && arg.left <= 60'000;
}

TEST_F(AdmitScriptTest, ANewNodeIsShutUntilLeasesThatItMayHaveForgottenAreOver) {
  const State state = Admit({.uptime = "1000"});
  EXPECT_THAT(state, IsShutForAMinute()) << "how long it is empty does not follow from its uptime";
  EXPECT_EQ(state.young, "0");
  EXPECT_EQ(state.hwm, 0);
  EXPECT_EQ(node_.Acquire({.pass = state.pass}), "SHUT\n");
}

TEST_F(AdmitScriptTest, ANewNodeThatForgetsNothingIsOpenAtOnce) {
  const std::int64_t before = node_.NowUs();
  const State state = Admit({.trust = "1"});
  EXPECT_THAT(state, IsOpen());
  EXPECT_EQ(state.young, "1");
  EXPECT_THAT(std::stoll(state.pass), AllOf(Ge(before), Le(node_.NowUs())));
  EXPECT_THAT(state.now, AllOf(Ge(before / 1000), Le(node_.NowMs())));
  EXPECT_EQ(node_.Acquire({.pass = state.pass}), "OK\n1\n");
}

TEST_F(AdmitScriptTest, ANewNodeOfANewInstallationIsOpenAtOnce) {
  const State state = Admit({.fresh = "1"});
  EXPECT_THAT(state, IsOpen());
  EXPECT_EQ(state.young, "1");
}

TEST_F(AdmitScriptTest, ANodeThatLostItsDataIsShutWhateverIsSaidOfIt) {
  OpenedLongAgo();
  node_.Command({"FLUSHALL"});
  EXPECT_THAT(Admit({.trust = "1", .fresh = "1", .wiped = "1"}), IsShutForAMinute());
  EXPECT_EQ(node_.Guard("hwm"), "0");
  EXPECT_EQ(node_.Guard("floor"), "0");
}

TEST_F(AdmitScriptTest, ACounterThatCameFirstDoesNotMakeItAKnownNode) {
  node_.Release({"a"}, {"90"});
  const State state = Admit({});
  EXPECT_THAT(state, IsShutForAMinute());
  EXPECT_EQ(state.hwm, 90);
}

TEST_F(AdmitScriptTest, AskedAgainNothingChanges) {
  const State first = Admit({.trust = "1"});
  const std::string before = node_.Everything();
  const int writes = node_.server().CallsOf("hset");
  const State second = Admit({.uptime = "1", .trust = "0", .fresh = "1", .wiped = "1"});
  EXPECT_EQ(second.pass, first.pass);
  EXPECT_EQ(second.left, 0);
  EXPECT_EQ(second.young, "1");
  EXPECT_EQ(node_.Everything(), before);
  EXPECT_EQ(node_.server().CallsOf("hset"), writes) << "each write may cost the disk a turn";
}

TEST_F(AdmitScriptTest, AskedAgainWhileItIsShutItGetsNoFurtherTime) {
  Admit({});
  const std::string before = node_.Everything();
  EXPECT_THAT(Admit({.trust = "1", .fresh = "1", .force = "1"}), IsShutForAMinute());
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(AdmitScriptTest, TellsTheHighWaterMark) {
  EXPECT_EQ(OpenedLongAgo().hwm, 70);
  node_.Release({"a"}, {"1700000000000001"});
  EXPECT_EQ(Admit({}).hwm, 1'700'000'000'000'001);
}

TEST_F(AdmitScriptTest, IsYoungOnlyForAWhile) {
  Admit({.trust = "1"});
  node_.SetGuard("young", std::to_string(node_.NowMs() - 1));
  EXPECT_EQ(Admit({}).young, "0");
}

TEST_F(AdmitScriptTest, ARestartedNodeIsShutUntilMaxTtlAfterItsStart) {
  const State old = OpenedLongAgo();
  const State state = Admit({.run_id = "r2", .uptime = "20"});
  EXPECT_THAT(state, IsShut());
  EXPECT_THAT(state.left, AllOf(Gt(0), Le(40'000)));
  EXPECT_EQ(node_.Acquire({.pass = old.pass}), "SHUT\n");
}

TEST_F(AdmitScriptTest, ARestartLongAgoLeavesNoTimeToWait) {
  OpenedLongAgo();
  const State state = Admit({.run_id = "r2", .uptime = "61"});
  EXPECT_THAT(state, IsShut()) << "its floor is still to be raised";
  EXPECT_EQ(state.left, 0);
}

TEST_F(AdmitScriptTest, ARestartDoesNotShortenTheTimeOfBeingShut) {
  Admit({});
  EXPECT_THAT(Admit({.run_id = "r2", .uptime = "59"}), IsShutForAMinute());
}

// Of a master that was a replica the id ends with an offset, until its backlog is given up.
TEST_F(AdmitScriptTest, AMasterThatForgotThatItWasAReplicaIsTheSame) {
  const State old = OpenedLongAgo();
  const State promoted = Admit({.run_id = "r2:65", .uptime = "61"});
  EXPECT_THAT(promoted, IsShut());
  const State opened = Parse(AskToOpen("0", "0", "r2"));
  EXPECT_THAT(opened, IsOpen());
  EXPECT_EQ(Admit({.run_id = "r2"}).pass, opened.pass);
  EXPECT_EQ(Admit({.run_id = "r2:65"}).pass, opened.pass) << "as a connection from before says";
  EXPECT_THAT(Admit({.run_id = "r2:90"}), IsShut()) << "a replica once more";
  EXPECT_THAT(Admit({.run_id = "r", .uptime = "0"}), IsShutForAMinute())
      << "only the whole id counts";
}

TEST_F(AdmitScriptTest, TimesOfAnotherServersClockAreNotBelieved) {
  OpenedLongAgo();
  node_.SetGuard("till", std::to_string(node_.NowMs() + 3'600'000));
  node_.SetGuard("young", std::to_string(node_.NowMs() + 3'600'000));
  const State moved = Admit({.run_id = "r2", .uptime = "0"});
  EXPECT_THAT(moved, IsShutForAMinute());
  EXPECT_LE(std::stoll(node_.Guard("young")), node_.NowMs() + 60'000);
  node_.SetGuard("till", std::to_string(node_.NowMs() + 3'600'000));
  EXPECT_THAT(Admit({.run_id = "r3", .uptime = "0"}), IsShutForAMinute());
}

TEST_F(AdmitScriptTest, ARestartedNodeThatForgetsNothingIsOpenWithAnotherPass) {
  const State old = OpenedLongAgo();
  const State state = Admit({.run_id = "r2", .uptime = "0", .trust = "1"});
  EXPECT_THAT(state, IsOpen());
  EXPECT_NE(state.pass, old.pass);
  EXPECT_EQ(state.young, "0");
  EXPECT_EQ(node_.Acquire({.pass = old.pass}), "SHUT\n");
  EXPECT_EQ(node_.Acquire({.pass = state.pass}), "OK\n71\n");
}

// It forgets nothing: not that it was shut either.
TEST_F(AdmitScriptTest, ARestartDoesNotOpenANodeThatWasShut) {
  Admit({});
  EXPECT_THAT(Admit({.run_id = "r2", .trust = "1"}), IsShutForAMinute());
}

TEST_F(AdmitScriptTest, ANewInstallationIsNoReasonToOpenARestartedNode) {
  OpenedLongAgo();
  EXPECT_THAT(Admit({.run_id = "r2", .uptime = "0", .fresh = "1"}), IsShutForAMinute());
}

TEST_F(AdmitScriptTest, ARestartKeepsTheCountersMarks) {
  OpenedLongAgo();
  for (const std::string trust : {"1", "0"}) {
    EXPECT_EQ(Admit({.run_id = "r" + trust, .trust = trust}).hwm, 70);
    EXPECT_EQ(node_.Guard("hwm"), "70");
    EXPECT_EQ(node_.Guard("floor"), "50");
  }
}

TEST_F(AdmitScriptTest, RefusesAnotherConfiguration) {
  OpenedLongAgo();
  const std::string before = node_.Everything();
  EXPECT_EQ(Ask({.fingerprint = "f2", .trust = "1", .fresh = "1"}), "MISMATCH\nf1\n");
  EXPECT_EQ(Ask({.run_id = "r2", .fingerprint = "f2"}), "MISMATCH\nf1\n");
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(AdmitScriptTest, ForcedItTakesTheConfigurationAndIsShut) {
  const State old = OpenedLongAgo();
  EXPECT_THAT(Admit({.fingerprint = "f2", .trust = "1", .fresh = "1", .force = "1"}),
              IsShutForAMinute());
  EXPECT_EQ(node_.Guard("fingerprint"), "f2");
  EXPECT_EQ(node_.Guard("hwm"), "70");
  EXPECT_EQ(node_.Acquire({.pass = old.pass}), "SHUT\n");
  EXPECT_EQ(Ask({.fingerprint = "f1"}), "MISMATCH\nf2\n");
}

TEST_F(AdmitScriptTest, ForcedItWaitsForTheLongerLeasesOfTheTwo) {
  OpenedLongAgo();
  Admit({.fingerprint = "f2", .max_ttl = "1000", .force = "1"});
  EXPECT_THAT(Admit({.fingerprint = "f2"}), IsShutForAMinute()) << "leases under f1";
  EXPECT_THAT(Admit({.fingerprint = "f3", .max_ttl = "1000", .force = "1"}), IsShutForAMinute())
      << "leases under f1, still";
  const State last = Admit({.fingerprint = "f4", .max_ttl = "600000", .force = "1"});
  EXPECT_THAT(last.left, AllOf(Gt(300'000), Le(600'000))) << "leases under f4";
  EXPECT_EQ(node_.Guard("max_ttl"), "600000");
}

TEST_F(AdmitScriptTest, ForcedWithTheSameConfigurationNothingChanges) {
  OpenedLongAgo();
  const std::string before = node_.Everything();
  EXPECT_THAT(Admit({.force = "1"}), IsOpen());
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(AdmitScriptTest, ForcedANewNodeIsTakenAsAnyNewOne) {
  EXPECT_THAT(Admit({.force = "1"}), IsShutForAMinute());
  EXPECT_EQ(node_.Guard("run_id"), "r1");
  EXPECT_EQ(node_.Guard("floor"), "0");
  node_.Command({"DEL", kGuard});
  EXPECT_THAT(Admit({.trust = "1", .force = "1"}), IsOpen());
}

TEST_F(AdmitScriptTest, NamesTheConfigurationUntilAnotherIsInstalled) {
  const State first = OpenedLongAgo();
  EXPECT_EQ(Admit({.run_id = "r2", .uptime = "0"}).config, first.config);
  const State second = Admit({.run_id = "r2", .fingerprint = "f2", .force = "1"});
  EXPECT_NE(second.config, first.config);
  EXPECT_EQ(node_.Extend({"a"}, "30000", "99999999999999", first.config), "SHUT\n");
  EXPECT_EQ(node_.Extend({"a"}, "30000", "99999999999999", second.config), "ABSENT");
}

// A restart right after it must not be a way around the wait.
TEST_F(AdmitScriptTest, ForcedAndRestartedItStaysShut) {
  OpenedLongAgo();
  Admit({.fingerprint = "f2", .force = "1"});
  EXPECT_THAT(Admit({.run_id = "r2", .fingerprint = "f2", .trust = "1"}), IsShutForAMinute());
}

TEST_F(OpenScriptTest, OpensANodeThatWasShutLongEnough) {
  ShutLongEnough();
  const std::int64_t before = node_.NowUs();
  const State state = Open();
  EXPECT_THAT(state, IsOpen());
  EXPECT_THAT(std::stoll(state.pass), AllOf(Ge(before), Le(node_.NowUs())));
  EXPECT_EQ(state.young, "0");
  EXPECT_EQ(Admit({}).pass, state.pass);
  EXPECT_EQ(node_.Acquire({.pass = state.pass}), "OK\n1\n");
}

TEST_F(OpenScriptTest, DoesNotOpenOneTooEarly) {
  Admit({});
  const std::string before = node_.Everything();
  EXPECT_THAT(Open("500"), IsShutForAMinute());
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(OpenScriptTest, ChangesNothingOnAnOpenNode) {
  const State old = OpenedLongAgo();
  const std::string before = node_.Everything();
  const State state = Open("500", kMinute);
  EXPECT_EQ(state.pass, old.pass);
  EXPECT_EQ(state.hwm, 70);
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(OpenScriptTest, RaisesTheFloorUnderAllCounters) {
  node_.Release({"old"}, {"70"});
  ShutLongEnough();
  const State state = Open("500");
  EXPECT_EQ(state.hwm, 500);
  EXPECT_EQ(node_.Acquire({.names = {"old"}, .pass = state.pass}), "OK\n501\n");
  EXPECT_EQ(node_.Acquire({.names = {"new"}, .pass = state.pass}), "OK\n502\n");
}

TEST_F(OpenScriptTest, NeverLowersTheFloorOrTheMark) {
  ShutLongEnough();
  node_.SetGuard("floor", "50");
  node_.SetGuard("hwm", "70");
  EXPECT_EQ(Open("20").hwm, 70);
  EXPECT_EQ(node_.Guard("floor"), "50");
}

TEST_F(OpenScriptTest, WritesMarksWithAllTheirDigits) {
  ShutLongEnough();
  EXPECT_EQ(Open("1700000000000001").hwm, 1'700'000'000'000'001);
  EXPECT_EQ(node_.Guard("floor"), "1700000000000001");
  EXPECT_EQ(node_.Guard("hwm"), "1700000000000001");
}

TEST_F(OpenScriptTest, ANodeMayCountAsYoung) {
  ShutLongEnough();
  EXPECT_EQ(Open("0", kMinute).young, "1");
  EXPECT_EQ(Admit({}).young, "1");
  node_.SetGuard("young", std::to_string(node_.NowMs() - 1));
  EXPECT_EQ(Admit({}).young, "0");
}

TEST_F(OpenScriptTest, RefusesAnotherConfiguration) {
  ShutLongEnough();
  const std::string before = node_.Everything();
  EXPECT_EQ(AskToOpen("0", "0", "r1", "f2"), "MISMATCH\nf1\n");
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(OpenScriptTest, DoesNotOpenANodeThatIsAnotherByNow) {
  ShutLongEnough();
  const std::string before = node_.Everything();
  EXPECT_EQ(AskToOpen("0", "0", "r2"), "SHUT\n");
  EXPECT_EQ(node_.Everything(), before);
  node_.Command({"FLUSHALL"});
  EXPECT_EQ(AskToOpen(), "SHUT\n");
  EXPECT_EQ(node_.Everything(), "");
}

// Its floor was read before: what was counted since is not in it.
TEST_F(OpenScriptTest, DoesNotOpenANodeThatWasShutAnew) {
  Admit({});
  node_.SetGuard("till", "1000");
  EXPECT_EQ(Parse(node_.Run(core::kOpenScript, {kGuard}, {"r1", "f1", "999", "500", "0"})).pass,
            "");
  EXPECT_THAT(Parse(node_.Run(core::kOpenScript, {kGuard}, {"r1", "f1", "1000", "500", "0"})),
              IsOpen());
}

TEST_F(OpenScriptTest, OnlyTheFirstOfTwoCounts) {
  ShutLongEnough();
  const State first = Open("500");
  const State second = Open("600");
  EXPECT_EQ(second.pass, first.pass);
  EXPECT_EQ(second.hwm, 500);
}

}  // namespace
}  // namespace holdfast::testing
