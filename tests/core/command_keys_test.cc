// Which words of a command are keys.
#include "core/command_keys.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "seed.h"
#include "words.h"

namespace holdfast::core {
namespace {

using Routing = CommandKeys::Routing;

// The keys with a space between them, or how it is routed without one.
std::string Keys(std::string_view line) {
  const auto words = WordsOf(line);
  const CommandKeys keys = KeysOf(words);
  std::string text = keys.routing() == Routing::kUnknown ? "unknown:" : "";
  if (keys.routing() == Routing::kNoKey) return "none";
  for (std::size_t i = 0; i < keys.size(); ++i) {
    text.append(text.empty() ? "" : " ").append(words.at(keys[i]));
  }
  return text;
}

void ExpectKeys(const std::vector<std::pair<std::string, std::string>>& expected) {
  for (const auto& [line, keys] : expected) EXPECT_EQ(Keys(line), keys) << line;
}

TEST(CommandKeysTest, StandAtFixedPlaces) {
  ExpectKeys({{"GET a", "a"},
              {"get a", "a"},
              {"SeT a v PX 5", "a"},
              {"RENAME a b", "a b"},
              {"LCS a b LEN", "a b"},
              {"LMOVE a b LEFT RIGHT", "a b"},
              {"DEL a b c", "a b c"},
              {"MSET a 1 b 2", "a b"},
              {"MSETNX a 1", "a"},
              {"BLPOP a b 0", "a b"},
              {"BITOP AND d a b", "d a b"},
              {"GEOSEARCHSTORE d s FROMMEMBER m BYRADIUS 1 m", "d s"},
              {"GEORADIUS_RO a 1 2 3 km", "a"},
              {"XADD s * f v", "s"},
              {"SPUBLISH channel text", "channel"}});
}

TEST(CommandKeysTest, AreCountedByTheCommand) {
  ExpectKeys({{"EVAL script 2 a b x", "a b"},
              {"EVALSHA_RO sha 1 a x", "a"},
              {"FCALL f 0 x", "none"},
              {"FCALL_RO f 1 a", "a"},
              {"LMPOP 2 a b LEFT", "a b"},
              {"BLMPOP 0 1 a LEFT", "a"},
              {"ZMPOP 1 a MIN", "a"},
              {"BZMPOP 0 2 a b MAX", "a b"},
              {"SINTERCARD 2 a b LIMIT 3", "a b"},
              {"ZDIFF 1 a WITHSCORES", "a"},
              {"ZUNION 2 a b", "a b"},
              {"ZINTERSTORE d 2 a b WEIGHTS 1 2", "a b d"},
              {"ZDIFFSTORE d 1 a", "a d"}});
}

TEST(CommandKeysTest, AWrongCountLeavesNone) {
  for (const std::string line :
       {"EVAL", "EVAL script", "EVAL script x a", "EVAL script -1 a", "EVAL script 3 a b",
        "EVAL script 99999999999999999999 a", "EVAL script 18446744073709551615 a",
        "EVAL script  a", "LMPOP 0 a LEFT", "ZDIFF"}) {
    EXPECT_EQ(Keys(line), "none") << line;
  }
  EXPECT_EQ(Keys("ZUNIONSTORE d 5 a"), "d");
}

TEST(CommandKeysTest, OfStreamsStandBeforeTheirIds) {
  ExpectKeys({{"XREAD STREAMS s 0", "s"},
              {"XREAD COUNT 5 BLOCK 100 STREAMS s t 0 0", "s t"},
              {"xread count streams streams s 0", "s"},
              {"XREADGROUP GROUP streams c NOACK STREAMS s >", "s"},
              {"XREAD COUNT 5", "none"},
              {"XREAD STREAMS", "none"},
              {"XREAD COUNT", "none"},
              {"XREAD s STREAMS t 0", "none"}});
}

TEST(CommandKeysTest, MayStandBehindStore) {
  ExpectKeys({{"SORT a", "a"},
              {"SORT a BY store GET store LIMIT 0 5 STORE d", "a d"},
              {"SORT a STORE d store e", "a e"},
              {"SORT a STORE", "a"},
              {"SORT_RO a BY x", "a"},
              {"GEORADIUS a 1 2 3 km STORE d", "a d"},
              {"GEORADIUSBYMEMBER a m 3 km STOREDIST d", "a d"},
              {"GEORADIUS a 1 2 3 km STORE", "a"}});
}

TEST(CommandKeysTest, OfMigrateAreOneOrMany) {
  ExpectKeys({{"MIGRATE host 1 a 0 100", "a"},
              {"MIGRATE host 1 a 0 100 COPY KEYS b", "a"},
              {"MIGRATE host 1  0 100 COPY AUTH keys KEYS a b", "a b"},
              {"MIGRATE host 1  0 100 AUTH2 keys keys REPLACE keys a", "a"},
              {"MIGRATE host 1  0 100", "none"},
              {"MIGRATE host 1", "none"}});
}

TEST(CommandKeysTest, OfSubcommandsAreTheThirdWord) {
  ExpectKeys({{"OBJECT ENCODING a", "a"},
              {"object Freq a", "a"},
              {"MEMORY USAGE a SAMPLES 0", "a"},
              {"XINFO STREAM s FULL", "s"},
              {"XGROUP CREATE s g $", "s"},
              {"OBJECT HELP", "none"},
              {"MEMORY DOCTOR", "none"},
              {"OBJECT", "none"},
              {"OBJECT NEVER-HEARD a", "none"},
              {"CLIENT KILL x", "none"}});
}

TEST(CommandKeysTest, AreNotInCommandsOfTheWholeServer) {
  for (const std::string line : {"PING", "INFO x", "SCAN 0", "KEYS *", "FLUSHALL", "PUBLISH c t",
                                 "CONFIG GET x", "WAIT 1 0", "SCRIPT LOAD x", "TIME", "DBSIZE"}) {
    EXPECT_EQ(Keys(line), "none") << line;
  }
}

TEST(CommandKeysTest, OfAnUnknownCommandAreTakenToBeTheSecondWord) {
  ExpectKeys({{"JSON.GET a b", "unknown: a"},
              {"NEVER-HEARD", "unknown:"},
              {"GETX a", "unknown: a"},
              {"ZZZ a", "unknown: a"},
              {std::string(100, 'x') + " a", "unknown: a"}});
  EXPECT_EQ(KeysOf({}).routing(), Routing::kUnknown);
  EXPECT_TRUE(KeysOf({}).empty());
}

TEST(CommandKeysTest, OfACommandThatIsTooShortAreNone) {
  for (const std::string line : {"GET", "DEL", "MSET", "BLPOP", "BLPOP 0", "BITOP", "BITOP AND",
                                 "SORT", "MEMORY USAGE", "GEORADIUS", "XGROUP CREATE"}) {
    EXPECT_EQ(Keys(line), "none") << line;
  }
  EXPECT_EQ(Keys("RENAME a"), "a");
  EXPECT_EQ(Keys("MSET a"), "a");
}

TEST(CommandKeysTest, SurviveRandomWords) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(SeedText(seed));
  std::mt19937 random(seed);
  const std::string_view parts[] = {
      "XREAD", "STREAMS",    "SORT",  "STORE",      "MIGRATE",   "",       "KEYS", "EVAL",
      "2",     "a",          "BLPOP", "-1",         "COUNT",     "OBJECT", "FREQ", "BITOP",
      "AUTH2", "ZDIFFSTORE", "MSET",  "4294967297", "GEORADIUS", "LMPOP",  "x",    "GROUP"};
  for (int i = 0; i < 50'000; ++i) {
    std::vector<std::string_view> words;
    for (unsigned n = random() % 10; n > 0; --n)
      words.push_back(parts[random() % std::size(parts)]);
    const CommandKeys keys = KeysOf(words);
    for (std::size_t k = 0; k < keys.size(); ++k) {
      ASSERT_GT(keys[k], 0U);
      ASSERT_LT(keys[k], words.size());
    }
  }
}

}  // namespace
}  // namespace holdfast::core
