// The model of Redis against a real server, and its clock.
#include "redis_model.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/replies.h"
#include "core/seed.h"
#include "random_words.h"
#include "twins.h"

namespace holdfast::core {
namespace {

// Ttls are so long that nothing expires while the test runs, and so different that none is taken
// for another.
const Texts kKeys = {"k", "l", "m"};
const Texts kFields = {"f", "g", ""};
const Texts kValues = {"", "17", "x\r\ny", std::string("1\0002", 3)};
const Texts kTtls = {"100000", "200000", "400000", "600000"};
const Texts kBadTtls = {"0",
                        "-1",
                        "abc",
                        "07",
                        "",
                        "+5",
                        " 5",
                        "1.5",
                        "9223372036854775807",
                        "9223372036854775808",
                        "-9223372036854775808"};

// Each word of a command is drawn from one of these.
const std::vector<std::vector<Texts>> kCommands = {
    {{"GET", "get"}, kKeys},
    {{"MGET", "mget"}, kKeys},
    {{"MGET"}, kKeys, kKeys, {"absent"}, kKeys},
    {{"SET"}, kKeys, kValues},
    {{"SET"}, kKeys, kValues, {"NX", "nx"}},
    {{"SET"}, kKeys, kValues, {"PX", "px"}, kTtls},
    {{"SET"}, kKeys, kValues, {"PX"}, kBadTtls},
    {{"SET"}, kKeys, kValues, {"NX"}, {"PX"}, kTtls},
    {{"SET"}, kKeys, kValues, {"PX"}, kTtls, {"NX"}},
    {{"SET"}, kKeys, kValues, {"PX"}, kTtls, {"PX"}, kTtls},
    {{"SET"}, kKeys, kValues, {"PX"}},
    {{"DEL"}, kKeys},
    {{"DEL"}, kKeys, kKeys, kKeys},
    {{"PTTL"}, kKeys},
    {{"PEXPIRE"}, kKeys, kTtls},
    {{"PEXPIRE"}, kKeys, kBadTtls},
    {{"TYPE"}, kKeys},
    {{"EXISTS"}, kKeys, kKeys, kKeys},
    {{"HGET"}, kKeys, kFields},
    {{"HMGET"}, kKeys, kFields, kFields, {"absent"}},
    {{"HSET"}, kKeys, kFields, kValues},
    {{"HSET"}, kKeys, kFields, kValues, kFields, kValues, kFields, kValues}};

const std::vector<Texts> kWrongCounts = {
    {"GET"},        {"GET", "k", "l"}, {"MGET"}, {"SET", "k"},       {"TIME", "k"},
    {"DEL"},        {"PTTL"},          {"TYPE"}, {"EXISTS"},         {"HGET", "k"},
    {"HMGET", "k"}, {"PEXPIRE", "k"},  {"HSET"}, {"HSET", "k", "f"}, {"HSET", "k", "f", "v", "g"}};

Texts RandomCommand(RandomWords& random) {
  if (random.OneIn(20)) return random.Of(kWrongCounts);
  Texts argv;
  for (const Texts& words : random.Of(kCommands)) argv.push_back(random.Of(words));
  return argv;
}

TEST(RedisModelTest, AnswersCommandsAsRedisDoes) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(SeedText(seed));
  RandomWords random(seed);
  Twins twins;
  for (int i = 0; i < 100 && !HasFailure(); ++i) {
    twins.Reset();
    for (int j = 0; j < 100; ++j) twins.Command(RandomCommand(random));
    twins.Compare();
  }
}

TEST(AreAlikeTest, OnlyTimesMayDiffer) {
  const auto alike = [](std::string_view a, std::string_view b) {
    Reply x;
    Reply y;
    x.AddText(x.AddArray(Reply::kNone), ReplyType::kString, a);
    y.AddText(y.AddArray(Reply::kNone), ReplyType::kString, b);
    return AreAlike(x.root(), y.root(), 1'795'169'722'000'000);
  };
  EXPECT_TRUE(alike("a", "a"));
  EXPECT_FALSE(alike("a", "b"));
  EXPECT_FALSE(alike("3", "4"));
  EXPECT_TRUE(alike("100000", "99000"));
  EXPECT_FALSE(alike("100000", "200000"));
  EXPECT_TRUE(alike("1795169722000", "1795169723000"));
  EXPECT_FALSE(alike("1795169722000", "1795169822000"));
  EXPECT_TRUE(alike("1795169722000000", "1795169723000000"));
  EXPECT_FALSE(alike("1795169722000000", "1795169822000000"));
  EXPECT_FALSE(alike("1700000000000000", "1700000000000001"));
  EXPECT_FALSE(alike("9007199254740990", "9007199254740991"));
}

// --- Time and restarts, without a server --------------------------------------------------------

class RedisModelTimeTest : public ::testing::Test {
 protected:
  std::string Ask(const Texts& argv, std::int64_t now_ms) {
    const std::vector<std::string_view> words(argv.begin(), argv.end());
    model_.Execute(words, now_ms * 1000, reply_);
    return Show(reply_.root());
  }

  RedisModel model_{7};
  Reply reply_;
};

TEST_F(RedisModelTimeTest, KeysExpireByTheClockThatIsPassedIn) {
  Ask({"SET", "k", "v", "PX", "100"}, 1000);
  EXPECT_EQ(Ask({"PTTL", "k"}, 1040), ":60");
  EXPECT_EQ(Ask({"GET", "k"}, 1100), "'v'");
  EXPECT_EQ(model_.Live(1100 * 1000).size(), 1U);
  EXPECT_EQ(Ask({"GET", "k"}, 1101), "nil");
  Ask({"SET", "k", "v", "PX", "100"}, 2000);
  EXPECT_TRUE(model_.Live(2101 * 1000).empty());
}

TEST_F(RedisModelTimeTest, TellsTheTimeThatIsPassedIn) {
  EXPECT_EQ(Ask({"TIME"}, 1'700'000'000'123), "['1700000000' '123000']");
}

TEST_F(RedisModelTimeTest, RunIdChangesWithEachStart) {
  const std::string first = model_.run_id();
  Ask({"SET", "k", "v"}, 1000);
  model_.Restart();
  EXPECT_NE(model_.run_id(), first);
  EXPECT_EQ(Ask({"GET", "k"}, 1000), "'v'");
  const std::string second = model_.run_id();
  model_.RestartEmpty();
  EXPECT_NE(model_.run_id(), second);
  EXPECT_EQ(Ask({"GET", "k"}, 1000), "nil");
  EXPECT_NE(RedisModel(8).run_id(), RedisModel(7).run_id());
  EXPECT_EQ(first.size(), 40U);
}

}  // namespace
}  // namespace holdfast::core
