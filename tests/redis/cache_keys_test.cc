// Keys of the cache, whatever their values; hashes.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "cache_harness.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Optional;
using ::testing::Pair;
using namespace std::chrono_literals;
using std::chrono::system_clock;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

class CacheKeysTest : public CacheTest {};
class CacheHashesTest : public CacheTest {};

TEST_F(CacheKeysTest, RemoveSaysWhatWasThere) {
  EXPECT_THAT(cache_.SetMany({{"a", "1"}, {"b", "1"}, {"c", "1"}}), IsOk());
  Command({"SET", "a", "without the prefix"});
  EXPECT_EQ(Show(cache_.Remove("a")), "true");
  EXPECT_EQ(Show(cache_.Remove("a")), "false");
  EXPECT_EQ(Show(cache_.RemoveMany({"a", "b", "c", "b"})), "2");
  EXPECT_EQ(Show(cache_.RemoveMany({})), "0");
  EXPECT_EQ(Command({"DBSIZE"}), "1");
  EXPECT_EQ(Stored("a"), "without the prefix");
}

TEST_F(CacheKeysTest, ExistsIsToldForEach) {
  EXPECT_THAT(cache_.SetMany({{"a", ""}, {"c", "1"}}), IsOk());
  Command({"RPUSH", "p:list", "1"});
  EXPECT_EQ(Show(cache_.Exists("a")), "true");
  EXPECT_EQ(Show(cache_.Exists("b")), "false");
  EXPECT_THAT(cache_.ExistsMany({"a", "b", "list", "a"}),
              Yields(ElementsAre(true, false, true, true)));
  EXPECT_THAT(cache_.ExistsMany({}), Yields(IsEmpty()));
}

TEST_F(CacheKeysTest, TtlTellsNoKeyFromNoExpiry) {
  EXPECT_THAT(cache_.Ttl("a"), Yields(std::nullopt));
  Command({"SET", "p:a", "1"});
  EXPECT_THAT(cache_.Ttl("a"), Yields(Optional(kNoExpiry)));
  Command({"PEXPIRE", "p:a", std::to_string(kLong.count())});
  EXPECT_THAT(cache_.Ttl("a"), Yields(Optional(AllOf(Gt(kLong / 2), Le(kLong)))));
}

TEST_F(CacheKeysTest, ExpirySetLater) {
  EXPECT_EQ(Show(cache_.Expire("a", 1h)), "false");
  Command({"RPUSH", "p:a", "1"});
  EXPECT_EQ(Show(cache_.Expire("a", kLong)), "true");
  EXPECT_THAT(Pttl("p:a"), AllOf(Gt(kLong / 2), Le(kLong)));
  EXPECT_EQ(Show(cache_.ExpireAt("a", system_clock::now() + 10 * kLong)), "true");
  EXPECT_THAT(Pttl("p:a"), AllOf(Gt(5 * kLong), Le(10 * kLong)));
  EXPECT_EQ(Show(cache_.Persist("a")), "true");
  EXPECT_EQ(Pttl("p:a"), -1ms);
  EXPECT_EQ(Show(cache_.Persist("a")), "false");
  EXPECT_EQ(Show(cache_.Persist("b")), "false");
}

TEST_F(CacheKeysTest, ExpirySetInThePastRemoves) {
  for (const auto ttl : {0ms, -1ms, std::chrono::milliseconds::min()}) {
    Command({"SET", "p:a", "1"});
    EXPECT_EQ(Show(cache_.Expire("a", ttl)), "true");
    EXPECT_EQ(Stored("p:a"), "(nil)");
    EXPECT_EQ(Show(cache_.Expire("a", ttl)), "false");
  }
  for (const auto when : {system_clock::now() - 1h, system_clock::time_point::min()}) {
    Command({"SET", "p:a", "1"});
    EXPECT_EQ(Show(cache_.ExpireAt("a", when)), "true");
    EXPECT_EQ(Stored("p:a"), "(nil)");
  }
}

TEST_F(CacheKeysTest, ExpiryOutOfBoundsIsRefused) {
  EXPECT_THAT(cache_.Expire("a", kNoExpiry), StatusIs(kInvalid, HasSubstr("Persist")));
  EXPECT_THAT(cache_.Expire("a", kLongestTtl + 1ms), StatusIs(kInvalid, HasSubstr("ttl")));
  EXPECT_THAT(cache_.ExpireAt("a", system_clock::time_point::max()), StatusIs(kInvalid));
}

TEST_F(CacheHashesTest, FieldsAreSetAndRead) {
  EXPECT_EQ(Show(cache_.SetFields("h", {{"a", "1"}, {"b", ""}})), "2");
  EXPECT_EQ(Show(cache_.SetFields("h", {{"a", "2"}, {"c", "3"}})), "1");
  EXPECT_EQ(Show(cache_.GetField("h", "a")), "'2'");
  EXPECT_EQ(Show(cache_.GetField("h", "b")), "''");
  EXPECT_EQ(Show(cache_.GetField("h", "x")), "absent");
  EXPECT_EQ(Show(cache_.GetField("x", "a")), "absent");
  EXPECT_THAT(cache_.GetAll("h"),
              Yields(ElementsAre(Pair("a", "2"), Pair("b", ""), Pair("c", "3"))));
  EXPECT_THAT(cache_.GetAll("x"), Yields(IsEmpty()));
  EXPECT_EQ(Show(cache_.RemoveFields("h", {"a", "x", "b"})), "2");
  EXPECT_EQ(Show(cache_.RemoveFields("h", {})), "0");
  EXPECT_EQ(Show(cache_.RemoveFields("h", "c")), "1");
  EXPECT_EQ(Show(cache_.Exists("h")), "false");
  EXPECT_EQ(Show(cache_.SetFields("h", {})), "0");
}

TEST_F(CacheHashesTest, FieldsMayBeAnyBytes) {
  const std::string field("f\0\r\n*", 5), value("\0", 1);
  EXPECT_EQ(Show(cache_.SetFields("h", {{field, value}}, {.ttl = kLong})), "1");
  EXPECT_THAT(cache_.GetAll("h"), Yields(ElementsAre(Pair(field, value))));
}

TEST_F(CacheHashesTest, TtlIsOfTheWholeHash) {
  EXPECT_EQ(Show(cache_.SetFields("h", {{"a", "1"}}, {.ttl = kLong})), "1");
  EXPECT_THAT(Pttl("p:h"), AllOf(Gt(kLong / 2), Le(kLong)));
  EXPECT_EQ(Show(cache_.SetFields("h", {{"b", "1"}})), "1");
  EXPECT_GT(Pttl("p:h"), kLong / 2);
  EXPECT_EQ(Show(cache_.SetFields("h", {{"b", "1"}}, {.ttl = kNoExpiry})), "0");
  EXPECT_EQ(Pttl("p:h"), -1ms);
  EXPECT_EQ(Show(cache_.SetFields("h", {{"b", "1"}}, {.ttl = 0ms})), "0");
  EXPECT_EQ(Show(cache_.Exists("h")), "false");
  const BlockingCache with_ttl = NewCache(server_, {.ttl = kLong});
  EXPECT_EQ(Show(with_ttl.SetFields("g", {{"a", "1"}})), "1");
  EXPECT_GT(Pttl("g"), kLong / 2);
}

TEST_F(CacheHashesTest, ManyFieldsAtOnce) {
  Entries fields;
  for (int i = 0; i < 20'000; ++i) fields.Add("f" + std::to_string(i), std::to_string(i));
  EXPECT_EQ(Show(cache_.SetFields("h", fields, {.ttl = kLong})), "20000");
  EXPECT_GT(Pttl("p:h"), 0ms);
  const auto all = cache_.GetAll("h");
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->size(), 20'000U);
  EXPECT_EQ(all->at("f19999"), "19999");
}

TEST_F(CacheHashesTest, KeyOfAnotherTypeIsAnErrorAndLeftAsItIs) {
  Command({"SET", "p:a", "1"});
  const auto wrong = StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("WRONGTYPE"));
  EXPECT_THAT(cache_.SetFields("a", {{"f", "1"}}), wrong);
  EXPECT_FALSE(cache_.SetFields("a", {{"f", "1"}}, {.ttl = kLong}).ok());
  EXPECT_EQ(Pttl("p:a"), -1ms);
  EXPECT_THAT(cache_.GetField("a", "f"), wrong);
  EXPECT_THAT(cache_.GetAll("a"), wrong);
  EXPECT_THAT(cache_.RemoveFields("a", "f"), wrong);
}

}  // namespace
}  // namespace holdfast::testing
