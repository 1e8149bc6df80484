// Where a command may be sent: by its slot, to replicas, on a shared connection.
#include <gtest/gtest.h>

#include <string>

#include "core/command_keys.h"
#include "core/shared_connection.h"
#include "core/slots.h"
#include "words.h"

namespace holdfast::core {
namespace {

TEST(SlotOfCommandTest, IsThatOfItsKeys) {
  const auto slot = SlotOfCommand(WordsOf("GET foo"));
  ASSERT_TRUE(slot.ok());
  EXPECT_EQ(*slot, 12182);
  const auto tagged = SlotOfCommand(WordsOf("MSET {foo}a 1 {foo}b 2"));
  ASSERT_TRUE(tagged.ok());
  EXPECT_EQ(*tagged, 12182);
}

TEST(SlotOfCommandTest, IsNoneWithoutAKey) {
  for (const std::string line : {"PING", "GET", "EVAL script 0", "NEVER-HEARD"}) {
    const auto slot = SlotOfCommand(WordsOf(line));
    ASSERT_TRUE(slot.ok()) << line;
    EXPECT_EQ(*slot, std::nullopt) << line;
  }
  EXPECT_EQ(SlotOfCommand({}).value(), std::nullopt);
}

TEST(SlotOfCommandTest, KeysInDifferentSlotsAreAnErrorThatNamesThem) {
  const auto slot = SlotOfCommand(WordsOf("RENAME foo bar"));
  EXPECT_EQ(slot.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(slot.status().message(),
            "CROSSSLOT the keys of RENAME are not all in one slot: 'foo' is in slot 12182, "
            "'bar' is in slot 5061 (a hash tag, {...}, keeps keys together)");
}

TEST(SlotOfCommandTest, AKeyThatIsStoredToCountsToo) {
  EXPECT_FALSE(SlotOfCommand(WordsOf("SORT foo STORE bar")).ok());
  EXPECT_FALSE(SlotOfCommand(WordsOf("ZUNIONSTORE foo 1 bar")).ok());
  EXPECT_TRUE(SlotOfCommand(WordsOf("ZUNIONSTORE {a}1 2 {a}2 {a}3")).ok());
}

TEST(SlotOfCommandTest, AnErrorIsFitToBeShown) {
  const std::string binary = "\x1b[31m" + std::string(1, '\0') + std::string(100'000, 'x');
  const std::vector<std::string_view> words = {"DEL", "foo", binary};
  const auto slot = SlotOfCommand(words);
  ASSERT_FALSE(slot.ok());
  EXPECT_LT(slot.status().message().size(), 400U);
  EXPECT_EQ(slot.status().message().find('\x1b'), absl::string_view::npos);
}

TEST(ReadOnlyTest, IsWhatReplicasExecute) {
  for (const std::string line : {"GET a", "mget a b", "EXISTS a", "XREAD STREAMS s 0", "ZUNION 1 a",
                                 "EVAL_RO s 1 a", "OBJECT FREQ a", "SORT_RO a", "TOUCH a"}) {
    EXPECT_TRUE(IsReadOnly(WordsOf(line))) << line;
  }
  for (const std::string line : {"SET a v", "GETEX a", "GETDEL a", "SORT a", "EVAL s 1 a", "SPOP a",
                                 "XREADGROUP GROUP g c STREAMS s >", "XGROUP CREATE s g $", "PING",
                                 "OBJECT", "NEVER-HEARD a", "BITFIELD a GET u8 0"}) {
    EXPECT_FALSE(IsReadOnly(WordsOf(line))) << line;
  }
  EXPECT_FALSE(IsReadOnly({}));
}

TEST(SharedConnectionTest, RefusesWhatWouldChangeIt) {
  for (const std::string line : {"SUBSCRIBE c",
                                 "psubscribe c",
                                 "SSUBSCRIBE c",
                                 "UNSUBSCRIBE",
                                 "PUNSUBSCRIBE",
                                 "SUNSUBSCRIBE",
                                 "MULTI",
                                 "EXEC",
                                 "DISCARD",
                                 "WATCH a",
                                 "UNWATCH",
                                 "SELECT 1",
                                 "AUTH x",
                                 "HELLO 3",
                                 "RESET",
                                 "QUIT",
                                 "MONITOR",
                                 "CLIENT REPLY OFF",
                                 "client tracking on",
                                 "CLIENT CACHING YES",
                                 "CLIENT NO-TOUCH ON",
                                 "SYNC",
                                 "PSYNC ? -1",
                                 "REPLCONF x",
                                 "ASKING",
                                 "READONLY",
                                 "READWRITE",
                                 "SCRIPT DEBUG YES"}) {
    EXPECT_NE(RefusedOnSharedConnection(WordsOf(line)), "") << line;
  }
  EXPECT_NE(RefusedOnSharedConnection({}), "");
}

TEST(SharedConnectionTest, TakesTheRest) {
  for (const std::string line :
       {"GET a", "CLIENT", "CLIENT ID", "CLIENT LIST", "SCRIPT LOAD x", "PUBLISH c t",
        "SPUBLISH c t", "NEVER-HEARD", "REPLY", "BLPOP a 0"}) {
    EXPECT_EQ(RefusedOnSharedConnection(WordsOf(line)), "") << line;
  }
}

TEST(SharedConnectionTest, TellsWhatToUseInsteadAndNotWhatWasGiven) {
  EXPECT_EQ(RefusedOnSharedConnection(WordsOf("multi")),
            "MULTI cannot be sent on a shared connection: other commands would fall into the "
            "transaction: use Redis::Transaction");
  EXPECT_EQ(RefusedOnSharedConnection(WordsOf("Client Reply OFF")),
            "CLIENT REPLY cannot be sent on a shared connection: replies would be missing");
  EXPECT_EQ(RefusedOnSharedConnection(WordsOf("AUTH user secret")).find("secret"),
            std::string::npos);
}

}  // namespace
}  // namespace holdfast::core
