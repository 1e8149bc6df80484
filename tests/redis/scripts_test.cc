// What the scripts answer and do about the locks themselves, on a real server.
#include <gmock/gmock.h>

#include <string>

#include "script_node.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Gt;
using ::testing::Le;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class ScriptsTest : public ::testing::Test {
 protected:
  ScriptsTest() {
    node_.SetGuard("pass", kPass);
    node_.SetGuard("config", kConfig);
  }

  ScriptNode node_;
};

class AcquireScriptTest : public ScriptsTest {};
class ExtendScriptTest : public ScriptsTest {};
class ReleaseScriptTest : public ScriptsTest {};
class InspectScriptTest : public ScriptsTest {};

TEST_F(AcquireScriptTest, GrantsAFreeLock) {
  EXPECT_EQ(node_.Acquire({.ttl = "20000"}), "OK\n1\n");
  EXPECT_EQ(node_.Lock(), kAlice + ":1:alice");
  EXPECT_THAT(node_.Pttl("lock:a"), AllOf(Gt(0), Le(20000)));
}

TEST_F(AcquireScriptTest, AnswersTheSameAttemptWithItsGrant) {
  node_.Acquire({.hint = "5"});
  const std::string before = node_.Everything();
  EXPECT_EQ(node_.Acquire({.hint = "9"}), "OWN\n5\n");
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(AcquireScriptTest, ToldOfTheHolderOfAHeldLock) {
  node_.Acquire({.hint = "5", .owner = "alice:with\nodd bytes"});
  const std::string before = node_.Everything();
  EXPECT_THAT(node_.Acquire({.nonce = kBob}),
              MatchesRegex("BUSY\n[0-9]+\nalice:with\nodd bytes\n5\n1\n"));
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(AcquireScriptTest, AnAnswerAboutAHolderStaysSmall) {
  node_.Command({"SET", "lock:a", kBob + ":3:" + std::string(100'000, 'x')});
  EXPECT_EQ(node_.Acquire({}), "BUSY\n-1\n" + std::string(256, 'x') + "\n3\n1\n");
}

TEST_F(AcquireScriptTest, CountsStringsOfOthersAsHeld) {
  for (const std::string& value :
       {std::string(), std::string("somebody"), kAlice, kAlice + "x:1:o", kBob + ":x:o",
        kBob + ":99999999999999999999:o", std::string("abc:1:o"), std::string(100'000, 'a')}) {
    node_.Command({"SET", "lock:a", value});
    EXPECT_EQ(node_.Acquire({}), "BUSY\n-1\n\n0\n1\n") << value.substr(0, 80);
    EXPECT_EQ(node_.Lock(), value);
  }
}

TEST_F(AcquireScriptTest, CountsKeysOfOtherTypesAsHeld) {
  node_.Command({"RPUSH", "lock:a", "x"});
  EXPECT_EQ(node_.Acquire({}), "BUSY\n-1\n\n0\n1\n");
  node_.Command({"PEXPIRE", "lock:a", "20000"});
  EXPECT_THAT(node_.Acquire({}), MatchesRegex("BUSY\n[0-9]+\n\n0\n1\n"));
}

TEST_F(AcquireScriptTest, DoesNothingPastItsDeadline) {
  const std::string before = node_.Everything();
  const std::int64_t now = node_.NowMs();
  const std::string answer = node_.Acquire({.deadline = std::to_string(now - 1)});
  ASSERT_THAT(answer, MatchesRegex("LATE\n[0-9]+\n"));
  EXPECT_THAT(std::stoll(answer.substr(5)), AllOf(Ge(now), Le(node_.NowMs())));
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(AcquireScriptTest, IsRefusedWithAnotherPass) {
  const std::string before = node_.Everything();
  for (const std::string pass : {"", "0", "17", "17000000000000000"}) {
    EXPECT_EQ(node_.Acquire({.pass = pass}), "SHUT\n") << pass;
  }
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(AcquireScriptTest, IsRefusedWhileTheNodeIsShut) {
  node_.SetGuard("pass", "");
  EXPECT_EQ(node_.Acquire({}), "SHUT\n");
  EXPECT_EQ(node_.Acquire({.pass = ""}), "SHUT\n");
}

TEST_F(AcquireScriptTest, IsRefusedByANodeThatLostItsGuard) {
  node_.Command({"FLUSHALL"});
  EXPECT_EQ(node_.Acquire({}), "SHUT\n");
  EXPECT_EQ(node_.Acquire({.pass = ""}), "SHUT\n");
  EXPECT_EQ(node_.Everything(), "");
}

TEST_F(AcquireScriptTest, DoesNotWriteOverAGuardThatIsNone) {
  node_.Command({"SET", kGuard, "data"});
  EXPECT_THAT(node_.Acquire({}), StartsWith("-WRONGTYPE"));
  EXPECT_EQ(node_.Lock(), "(nil)");
}

TEST_F(AcquireScriptTest, TakesSeveralLocksAtOnce) {
  node_.Command({"SET", "holdfast:fence:lock:b", "7"});
  EXPECT_EQ(node_.Acquire({.names = {"a", "b", "c"}}), "OK\n1\n8\n1\n");
  EXPECT_EQ(node_.Lock("a"), kAlice + ":1:alice");
  EXPECT_EQ(node_.Lock("b"), kAlice + ":8:alice");
  EXPECT_EQ(node_.Lock("c"), kAlice + ":1:alice");
  EXPECT_EQ(node_.Acquire({.names = {"a", "b", "c"}}), "OWN\n1\n8\n1\n");
}

TEST_F(AcquireScriptTest, TakesSixteenLocks) {
  Words names;
  std::string granted = "OK\n";
  for (int i = 0; i < 16; ++i) {
    names.push_back(std::to_string(i));
    granted += "1\n";
  }
  EXPECT_EQ(node_.Acquire({.names = names}), granted);
}

TEST_F(AcquireScriptTest, TakesNoneWhenOneIsHeld) {
  node_.Acquire({.names = {"b"}, .nonce = kBob, .hint = "4", .owner = "bob"});
  const std::string before = node_.Everything();
  EXPECT_THAT(node_.Acquire({.names = {"a", "b", "c"}}), MatchesRegex("BUSY\n[0-9]+\nbob\n4\n2\n"));
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(AcquireScriptTest, TakesNoneWhenOneIsHeldBehindItsOwn) {
  node_.Acquire({.names = {"a"}});
  node_.Command({"RPUSH", "lock:b", "x"});
  const std::string before = node_.Everything();
  EXPECT_EQ(node_.Acquire({.names = {"a", "b"}}), "BUSY\n-1\n\n0\n2\n");
  EXPECT_EQ(node_.Everything(), before);
}

// Who is refused learns by whom, also of a server that cannot write.
TEST_F(AcquireScriptTest, RefusesWithoutWriting) {
  node_.Acquire({.names = {"b"}, .nonce = kBob, .owner = "bob"});
  node_.Command({"CONFIG", "SET", "maxmemory", "1"});
  for (const std::string hint : {"0", "1"}) {
    EXPECT_THAT(node_.Acquire({.names = {"b"}, .hint = hint}), StartsWith("BUSY\n")) << hint;
    EXPECT_THAT(node_.Acquire({.names = {"a", "b"}, .hint = hint}),
                MatchesRegex("BUSY\n[0-9]+\nbob\n1\n2\n"))
        << hint;
    EXPECT_THAT(node_.Acquire({.names = {"a"}, .hint = hint}), StartsWith("-OOM")) << hint;
  }
  EXPECT_EQ(node_.Lock("a"), "(nil)");
}

// The answers of attempts that come together do not depend on each other.
TEST_F(AcquireScriptTest, AnswersEachOfSeveralAttempts) {
  node_.Acquire({.names = {"b"}, .nonce = kBob, .owner = "bob"});
  const Words keys = {kGuard,          LockKey("a"), CounterKey("a"), LockKey("b"),
                      CounterKey("b"), LockKey("a"), CounterKey("a")};
  const std::string other(32, 'c');
  const Words arguments = {
      kAlice, "20000", "99999999999999", kPass, "5", "604800000", "alice", kAlice, "6", other, "7"};
  const auto acquire = [&] { return node_.Run(core::kAcquireScript, keys, arguments); };
  EXPECT_THAT(acquire(), MatchesRegex("OK\n5\n\nBUSY\n[0-9]+\nbob\n1\n1\n\n"
                                      "BUSY\n[0-9]+\nalice\n5\n1\n\n"));
  node_.Command({"DEL", LockKey("a")});
  node_.Command({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_THAT(acquire(), MatchesRegex("-OOM[^\n]*\nBUSY\n[0-9]+\nbob\n1\n1\n\n-OOM[^\n]*\n"));
}

// Somebody deleted one of them meanwhile.
TEST_F(AcquireScriptTest, KeepsWhatIsItsOwnAndTakesWhatIsGone) {
  node_.Acquire({.names = {"a", "b"}});
  node_.Command({"DEL", "lock:b"});
  EXPECT_EQ(node_.Acquire({.names = {"a", "b"}}), "OK\n1\n2\n");
  EXPECT_EQ(node_.Lock("a"), kAlice + ":1:alice");
  EXPECT_EQ(node_.Lock("b"), kAlice + ":2:alice");
}

TEST_F(ExtendScriptTest, ProlongsItsOwn) {
  node_.Acquire({.names = {"a", "b"}, .ttl = "20000"});
  EXPECT_EQ(node_.Extend({"a", "b"}, "90000"), "EXTENDED");
  EXPECT_THAT(node_.Pttl("lock:a"), Gt(20000));
  EXPECT_THAT(node_.Pttl("lock:b"), Gt(20000));
}

TEST_F(ExtendScriptTest, NeverShortens) {
  node_.Acquire({.ttl = "90000"});
  EXPECT_EQ(node_.Extend({"a"}, "1000"), "EXTENDED");
  EXPECT_THAT(node_.Pttl("lock:a"), Gt(1000));
}

TEST_F(ExtendScriptTest, ProlongsAllOrNone) {
  node_.Acquire({.names = {"a", "c"}, .ttl = "20000"});
  EXPECT_EQ(node_.Extend({"a", "b", "c"}, "90000"), "ABSENT");
  node_.Acquire({.names = {"b"}, .nonce = kBob});
  EXPECT_EQ(node_.Extend({"a", "b", "c"}, "90000"), "FOREIGN");
  EXPECT_THAT(node_.Pttl("lock:a"), Le(20000));
  EXPECT_THAT(node_.Pttl("lock:c"), Le(20000));
}

TEST_F(ExtendScriptTest, TellsOfTheFirstThatIsNotItsOwn) {
  node_.Command({"RPUSH", "lock:b", "x"});
  EXPECT_EQ(node_.Extend({"a", "b"}), "ABSENT");
  EXPECT_EQ(node_.Extend({"b", "a"}), "FOREIGN");
  node_.Command({"SET", "lock:a", kAlice});  // Not even with this nonce for its whole value.
  EXPECT_EQ(node_.Extend({"a"}), "FOREIGN");
}

TEST_F(ExtendScriptTest, DoesNothingPastItsDeadline) {
  node_.Acquire({.ttl = "20000"});
  EXPECT_THAT(node_.Extend({"a"}, "90000", std::to_string(node_.NowMs() - 1)),
              MatchesRegex("LATE\n[0-9]+\n"));
  EXPECT_THAT(node_.Pttl("lock:a"), Le(20000));
}

TEST_F(ReleaseScriptTest, DeletesItsOwn) {
  node_.Acquire({.names = {"a", "b"}});
  EXPECT_EQ(node_.Release({"a", "b"}, {"0", "0"}), "DELETED");
  EXPECT_EQ(node_.Command({"EXISTS", "lock:a", "lock:b"}), "0");
  EXPECT_EQ(node_.Release({"a", "b"}, {"0", "0"}), "ABSENT");
}

TEST_F(ReleaseScriptTest, LeavesTheLocksOfOthers) {
  node_.Acquire({.names = {"a"}, .nonce = kBob, .owner = "bob"});
  node_.Command({"RPUSH", "lock:b", "x"});
  node_.Command({"SET", "lock:c", kAlice});
  const std::string before = node_.Everything();
  for (const std::string name : {"a", "b", "c"}) {
    EXPECT_EQ(node_.Release({name}, {"0"}), "FOREIGN") << name;
  }
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(ReleaseScriptTest, DeletesItsOwnAmongOthersAndTellsOfTheFirst) {
  node_.Acquire({.names = {"a", "d"}});
  node_.Acquire({.names = {"c"}, .nonce = kBob});
  EXPECT_EQ(node_.Release({"a", "b", "c", "d"}, {"0", "0", "0", "0"}), "ABSENT");
  EXPECT_EQ(node_.Command({"EXISTS", "lock:a", "lock:d"}), "0");
  EXPECT_EQ(node_.Release({"c", "b"}, {"0", "0"}), "FOREIGN");
  EXPECT_THAT(node_.Lock("c"), StartsWith(kBob));
}

TEST_F(InspectScriptTest, TellsOfAFreeLock) {
  EXPECT_EQ(node_.Inspect(), "FREE\n0\n");
  node_.Command({"SET", "holdfast:fence:lock:a", "42"});
  EXPECT_EQ(node_.Inspect(), "FREE\n42\n");
}

TEST_F(InspectScriptTest, TellsOfAHeldLock) {
  node_.Acquire({.hint = "42"});
  const std::string before = node_.Everything();
  EXPECT_THAT(node_.Inspect(), MatchesRegex("HELD\n[0-9]+\nalice\n42\n"));
  EXPECT_EQ(node_.Everything(), before);
}

TEST_F(InspectScriptTest, TellsOfKeysOfOthers) {
  node_.Command({"SET", "lock:a", "data"});
  EXPECT_EQ(node_.Inspect(), "FOREIGN\n-1\na string of another program\n0\n");
  node_.Command({"DEL", "lock:a"});
  node_.Command({"HSET", "lock:a", "f", "v"});
  EXPECT_EQ(node_.Inspect(), "FOREIGN\n-1\na hash\n0\n");
}

TEST_F(InspectScriptTest, ACounterThatIsNoneIsShownAsNone) {
  for (const std::string rubbish : {"", "x", "-1", "1.5", "9007199254740992"}) {
    node_.Command({"SET", "holdfast:fence:lock:a", rubbish});
    EXPECT_EQ(node_.Inspect(), "FREE\n0\n") << rubbish;
  }
  node_.Command({"DEL", "holdfast:fence:lock:a"});
  node_.Command({"RPUSH", "holdfast:fence:lock:a", "1"});
  EXPECT_EQ(node_.Inspect(), "FREE\n0\n");
}

}  // namespace
}  // namespace holdfast::testing
