// The fencing counters on one real server: they never go back, whatever happens
// to their keys.
#include <gmock/gmock.h>

#include <string>

#include "script_node.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::Gt;
using ::testing::Le;
using ::testing::StartsWith;

constexpr std::int64_t kDayUs = 86'400'000'000;

class FencingScriptsTest : public ::testing::Test {
 protected:
  FencingScriptsTest() { node_.SetGuard("pass", kPass); }

  // Granted, and given up again without a token.
  std::string Turn(const std::string& hint = "1", const std::string& name = "a") {
    std::string answer = node_.Acquire({.names = {name}, .hint = hint});
    node_.Release({name}, {"0"});
    return answer;
  }

  ScriptNode node_;
};

class CounterTest : public FencingScriptsTest {};
class FinaliseScriptTest : public FencingScriptsTest {};
class MergeTest : public FencingScriptsTest {};

TEST_F(CounterTest, GrowsWithEachGrant) {
  EXPECT_EQ(Turn(), "OK\n1\n");
  EXPECT_EQ(Turn(), "OK\n2\n");
  EXPECT_EQ(node_.Counter(), "2");
  EXPECT_EQ(node_.Guard("hwm"), "2");
}

TEST_F(CounterTest, IsKeptForItsRetention) {
  node_.Acquire({.retention = "604800000"});
  EXPECT_THAT(node_.Pttl("holdfast:fence:lock:a"), AllOf(Gt(604'700'000), Le(604'800'000)));
}

TEST_F(CounterTest, JumpsToTheHint) {
  const std::string hint = std::to_string(node_.NowUs());
  EXPECT_EQ(Turn(hint), "OK\n" + hint + "\n");
  EXPECT_EQ(node_.Counter(), hint) << "a counter must be written with all its digits";
  EXPECT_EQ(node_.Guard("hwm"), hint);
}

TEST_F(CounterTest, PassesAHintThatIsBehind) {
  Turn("100");
  EXPECT_EQ(Turn("50"), "OK\n101\n");
  EXPECT_EQ(Turn("102"), "OK\n102\n");
}

TEST_F(CounterTest, IgnoresAHintBeyondADay) {
  EXPECT_EQ(Turn(std::to_string(node_.NowUs() + kDayUs + 600'000'000)), "OK\n1\n");
  const std::string near = std::to_string(node_.NowUs() + kDayUs - 600'000'000);
  EXPECT_EQ(Turn(near), "OK\n" + near + "\n");
}

TEST_F(CounterTest, ExpiresOntoTheHighWaterMark) {
  Turn("70");
  Turn("90", "b");
  node_.Command({"DEL", "holdfast:fence:lock:a"});
  EXPECT_EQ(Turn(), "OK\n91\n");
  EXPECT_EQ(node_.Guard("hwm"), "91");
}

TEST_F(CounterTest, OfOneLockDoesNotMoveAnothers) {
  Turn("70");
  Turn("90", "b");
  EXPECT_EQ(Turn(), "OK\n71\n");
  EXPECT_EQ(node_.Guard("hwm"), "90");
}

TEST_F(CounterTest, IsLiftedOverTheFloor) {
  Turn("70");
  node_.SetGuard("floor", "500");
  node_.SetGuard("hwm", "500");
  EXPECT_EQ(Turn(), "OK\n501\n");
  EXPECT_EQ(Turn("1", "new"), "OK\n502\n");
}

TEST_F(CounterTest, RubbishInItsPlaceCostsNeitherTheLockNorTheOrder) {
  Turn("70");
  std::int64_t last = 70;
  const auto next = [&] { return "OK\n" + std::to_string(++last) + "\n"; };
  for (const std::string rubbish : {"", "x", "-1", "1.5", "1e3", " 1", "0x10", "nan",
                                    "9007199254740992", "99999999999999999999"}) {
    node_.Command({"SET", "holdfast:fence:lock:a", rubbish});
    EXPECT_EQ(Turn(), next()) << rubbish;
    EXPECT_EQ(node_.Counter(), std::to_string(last)) << rubbish;
  }
  node_.Command({"DEL", "holdfast:fence:lock:a"});
  node_.Command({"RPUSH", "holdfast:fence:lock:a", "1"});
  EXPECT_EQ(Turn(), next());
  EXPECT_EQ(node_.Counter(), std::to_string(last));
}

// Beyond it two numbers could look the same: an error, and nothing changed.
TEST_F(CounterTest, StopsAtTheEndOfItsRange) {
  node_.Command({"SET", "holdfast:fence:lock:a", "9007199254740990"});
  EXPECT_EQ(Turn(), "OK\n9007199254740991\n");
  EXPECT_THAT(node_.Acquire({.names = {"b", "a"}}), StartsWith("-ERR a fencing counter"));
  EXPECT_EQ(node_.Command({"EXISTS", "lock:a", "lock:b"}), "0");
}

TEST_F(CounterTest, IsNotTouchedWithFencingOff) {
  EXPECT_EQ(node_.Acquire({.hint = "0"}), "OK\n0\n");
  EXPECT_EQ(node_.Lock(), kAlice + ":0:alice");
  EXPECT_EQ(node_.Acquire({.hint = "0"}), "OWN\n0\n");
  EXPECT_EQ(node_.Counter(), "(nil)");
  EXPECT_EQ(node_.Guard("hwm"), "(nil)");
  Turn("70", "b");
  EXPECT_EQ(Turn("0", "b"), "OK\n0\n");
  EXPECT_EQ(node_.Counter("b"), "70");
}

// What an uncontended lock costs a node.
TEST_F(CounterTest, CostsAKnownNumberOfCommands) {
  const auto calls = [this](const AcquireCall& call) {
    node_.Command({"CONFIG", "RESETSTAT"});
    EXPECT_THAT(node_.Acquire(call), StartsWith("OK"));
    int count = 0;
    for (const char* command :
         {"time", "get", "set", "hset", "hmget", "hget", "mget", "pttl", "type"}) {
      count += node_.server().CallsOf(command);
    }
    return count;
  };
  EXPECT_EQ(calls({.names = {"a"}}), 6);
  EXPECT_EQ(calls({.names = {"b"}, .hint = "0"}), 3);
}

TEST_F(FinaliseScriptTest, RaisesTheCounterUnderItsGrant) {
  node_.Acquire({});
  EXPECT_EQ(node_.Finalise({"a"}, {"1", "50"}), "FINAL");
  EXPECT_EQ(node_.Counter(), "50");
  EXPECT_THAT(node_.Pttl("holdfast:fence:lock:a"), Gt(604'700'000));
  EXPECT_EQ(node_.Guard("hwm"), "50");
  EXPECT_EQ(node_.Lock(), kAlice + ":1:alice") << "the grant itself stays what it was";
  node_.Release({"a"}, {"0"});
  EXPECT_EQ(Turn(), "OK\n51\n");
}

TEST_F(FinaliseScriptTest, NeverLowers) {
  node_.Acquire({.hint = "70"});
  EXPECT_EQ(node_.Finalise({"a"}, {"70", "50"}), "FINAL");
  EXPECT_EQ(node_.Counter(), "70");
  EXPECT_EQ(node_.Guard("hwm"), "70");
}

TEST_F(FinaliseScriptTest, AnotherHoldersLockIsGone) {
  node_.Acquire({.nonce = kBob});
  const std::string before = node_.Everything();
  EXPECT_EQ(node_.Finalise({"a"}, {"1", "50"}), "GONE");
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(FinaliseScriptTest, AnotherGrantToTheSameAttemptIsGone) {
  node_.Acquire({.hint = "12"});
  const std::string before = node_.Everything();
  for (const std::string c : {"1", "2", "11", "13", "120", ""}) {
    EXPECT_EQ(node_.Finalise({"a"}, {c, "50"}), "GONE") << c;
  }
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(FinaliseScriptTest, AVanishedOrForeignLockIsGone) {
  EXPECT_EQ(node_.Finalise({"a"}, {"1", "50"}), "GONE");
  node_.Command({"RPUSH", "lock:a", "x"});
  EXPECT_EQ(node_.Finalise({"a"}, {"1", "50"}), "GONE");
  EXPECT_EQ(node_.Counter(), "(nil)");
}

TEST_F(FinaliseScriptTest, RaisesAllOrNone) {
  node_.Acquire({.names = {"a", "b"}});
  EXPECT_EQ(node_.Finalise({"a", "b"}, {"1", "50", "9", "60"}), "GONE");
  EXPECT_EQ(node_.Counter("a"), "1");
  EXPECT_EQ(node_.Guard("hwm"), "1");
  EXPECT_EQ(node_.Finalise({"a", "b"}, {"1", "60", "1", "50"}), "FINAL");
  EXPECT_EQ(node_.Counter("a"), "60");
  EXPECT_EQ(node_.Counter("b"), "50");
  EXPECT_EQ(node_.Guard("hwm"), "60");
}

TEST_F(MergeTest, RaisesTheCounterWhenTheLockIsReleased) {
  node_.Acquire({});
  EXPECT_EQ(node_.Release({"a"}, {"50"}), "DELETED");
  EXPECT_EQ(node_.Counter(), "50");
  EXPECT_THAT(node_.Pttl("holdfast:fence:lock:a"), Gt(604'700'000));
  EXPECT_EQ(node_.Guard("hwm"), "50");
  EXPECT_EQ(Turn(), "OK\n51\n");
}

TEST_F(MergeTest, RaisesItAlsoWhereTheLockWasNotHeld) {
  EXPECT_EQ(node_.Release({"a"}, {"50"}), "ABSENT");
  EXPECT_EQ(node_.Counter(), "50");
  node_.Acquire({.names = {"b"}, .nonce = kBob});
  EXPECT_EQ(node_.Release({"b"}, {"60"}), "FOREIGN");
  EXPECT_EQ(node_.Counter("b"), "60");
  EXPECT_EQ(node_.Guard("hwm"), "60");
}

TEST_F(MergeTest, NeverLowers) {
  node_.Acquire({.hint = "70"});
  const std::string counter = node_.Command({"DUMP", "holdfast:fence:lock:a"});
  EXPECT_EQ(node_.Release({"a"}, {"50"}), "DELETED");
  EXPECT_EQ(node_.Command({"DUMP", "holdfast:fence:lock:a"}), counter);
  EXPECT_EQ(node_.Guard("hwm"), "70");
}

// A late release of an old holder, after the counter of all later ones has
// expired.
TEST_F(MergeTest, DoesNotLowerWhatAnAbsentCounterStandsFor) {
  Turn("70");
  node_.Command({"DEL", "holdfast:fence:lock:a"});
  EXPECT_EQ(node_.Release({"a"}, {"50"}), "ABSENT");
  EXPECT_EQ(Turn(), "OK\n71\n");
}

TEST_F(MergeTest, FinalisingDoesNotLowerItEither) {
  Turn("70");
  Turn("90", "b");
  node_.Acquire({});
  node_.Command({"DEL", "holdfast:fence:lock:a"});
  EXPECT_EQ(node_.Finalise({"a"}, {"71", "80"}), "FINAL");
  node_.Release({"a"}, {"0"});
  EXPECT_EQ(Turn(), "OK\n91\n");
}

TEST_F(MergeTest, TakesOneTokenForEachLock) {
  node_.Acquire({.names = {"a", "b", "c"}});
  EXPECT_EQ(node_.Release({"a", "b", "c"}, {"60", "0", "50"}), "DELETED");
  EXPECT_EQ(node_.Counter("a"), "60");
  EXPECT_EQ(node_.Counter("b"), "1");
  EXPECT_EQ(node_.Counter("c"), "50");
  EXPECT_EQ(node_.Guard("hwm"), "60");
}

TEST_F(MergeTest, AFullServerStillReleases) {
  node_.Acquire({});
  node_.Command({"CONFIG", "SET", "maxmemory", "1"});
  ASSERT_THAT(node_.Command({"SET", "x", "y"}), StartsWith("-OOM"));
  EXPECT_EQ(node_.Release({"b"}, {"60"}), "ABSENT");
  EXPECT_EQ(node_.Release({"a"}, {"50"}), "DELETED");
}

TEST_F(MergeTest, AGuardThatIsNoneDoesNotKeepALockAlive) {
  node_.Acquire({});
  node_.Command({"SET", kGuard, "data"});
  EXPECT_EQ(node_.Release({"a"}, {"50"}), "DELETED");
  EXPECT_EQ(node_.Get(kGuard), "data");
}

}  // namespace
}  // namespace holdfast::testing
