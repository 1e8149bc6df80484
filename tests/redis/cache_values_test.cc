// Values in the cache: stored, read, counted.
#include <gmock/gmock.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "cache_harness.h"
#include "holdfast/redis_errors.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Optional;
using namespace std::chrono_literals;
using std::chrono::system_clock;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

class CacheValuesTest : public CacheTest {};

// All bytes that there are, zero among them.
std::string AllBytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

TEST_F(CacheValuesTest, GetReturnsWhatWasSet) {
  EXPECT_EQ(Show(cache_.Set("a", "1")), "true");
  EXPECT_EQ(Show(cache_.Get("a")), "'1'");
  EXPECT_EQ(Stored("p:a"), "1");
  EXPECT_EQ(Pttl("p:a"), -1ms);
}

TEST_F(CacheValuesTest, AbsentIsNoError) { EXPECT_EQ(Show(cache_.Get("a")), "absent"); }

TEST_F(CacheValuesTest, EmptyValueIsNotAbsent) {
  EXPECT_EQ(Show(cache_.Set("a", "")), "true");
  EXPECT_EQ(Show(cache_.Get("a")), "''");
  EXPECT_EQ(Show(cache_.Set("", "of the empty key")), "true");
  EXPECT_EQ(Show(cache_.Get("")), "'of the empty key'");
}

TEST_F(CacheValuesTest, KeysAndValuesMayBeAnyBytes) {
  const std::string bytes = AllBytes();
  EXPECT_EQ(Show(cache_.Set(bytes, bytes + "!")), "true");
  EXPECT_EQ(Show(cache_.Get(bytes)), "'" + bytes + "!'");
  EXPECT_EQ(Show(cache_.Get(std::string_view(bytes.data(), 1))), "absent");
  EXPECT_THAT(cache_.SetMany({{bytes, bytes}, {std::string_view("\0x", 2), "2"}}), IsOk());
  EXPECT_THAT(cache_.GetMany({bytes, std::string_view("\0x", 2), std::string_view("\0", 1)}),
              Yields(ElementsAre(Optional(bytes), Optional(std::string("2")), std::nullopt)));
  EXPECT_THAT(cache_.Scan(), Yields(ElementsAre(bytes, std::string("\0x", 2))));
}

TEST_F(CacheValuesTest, KeyOfAnotherTypeIsAnError) {
  Command({"RPUSH", "p:list", "1"});
  const auto value = cache_.Get("list");
  EXPECT_THAT(value, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(GetRedisError(value.status())->code, "WRONGTYPE");
  EXPECT_THAT(cache_.GetMany({"list"}), Yields(ElementsAre(std::nullopt)));
  EXPECT_THAT(cache_.Increment("list", {.ttl = 1h}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(Pttl("p:list"), -1ms);
  EXPECT_EQ(Show(cache_.Set("list", "now a value")), "true");
}

TEST_F(CacheValuesTest, TtlIsRelativeAndKeptOnlyOnRequest) {
  EXPECT_EQ(Show(cache_.Set("a", "1", {.ttl = kLong})), "true");
  EXPECT_THAT(Pttl("p:a"), AllOf(Gt(kLong / 2), Le(kLong)));
  EXPECT_EQ(Show(cache_.Set("a", "2", {.keep_ttl = true})), "true");
  EXPECT_THAT(Pttl("p:a"), AllOf(Gt(kLong / 2), Le(kLong)));
  EXPECT_EQ(Show(cache_.Set("a", "3")), "true");
  EXPECT_EQ(Pttl("p:a"), -1ms);
  EXPECT_EQ(Stored("p:a"), "3");
}

TEST_F(CacheValuesTest, ValueIsGoneAfterItsTtl) {
  EXPECT_EQ(Show(cache_.Set("a", "1", {.ttl = 1ms})), "true");
  EXPECT_TRUE(Eventually([&] { return Show(cache_.Get("a")) == "absent"; }));
}

TEST_F(CacheValuesTest, ExpiryMayBeAbsolute) {
  EXPECT_EQ(Show(cache_.Set("a", "1", {.expires_at = system_clock::now() + kLong})), "true");
  EXPECT_THAT(Pttl("p:a"), AllOf(Gt(kLong / 2), Le(kLong)));
}

TEST_F(CacheValuesTest, ExpiryInThePastRemoves) {
  const SetOptions past[] = {{.ttl = 0ms},
                             {.ttl = -1h},
                             {.ttl = std::chrono::milliseconds::min()},
                             {.expires_at = system_clock::now() - 1ms},
                             {.expires_at = system_clock::time_point::min()},
                             {.ttl = 0ms, .only_if_present = true}};
  for (const SetOptions& options : past) {
    Command({"SET", "p:a", "old"});
    EXPECT_EQ(Show(cache_.Set("a", "1", options)), "false");
    EXPECT_EQ(Stored("p:a"), "(nil)");
  }
  Command({"SET", "p:a", "old"});
  EXPECT_EQ(Show(cache_.Set("a", "1", {.ttl = 0ms, .only_if_absent = true})), "false");
  EXPECT_EQ(Stored("p:a"), "old");
  EXPECT_THAT(cache_.SetMany({{"a", "1"}, {"b", "2"}}, {.ttl = -1ms}), IsOk());
  EXPECT_EQ(Stored("p:a"), "(nil)");
}

TEST_F(CacheValuesTest, ConditionsDecideWhetherItIsSet) {
  EXPECT_EQ(Show(cache_.Set("a", "1", {.only_if_present = true})), "false");
  EXPECT_EQ(Show(cache_.Get("a")), "absent");
  EXPECT_EQ(Show(cache_.Set("a", "2", {.ttl = kLong, .only_if_absent = true})), "true");
  EXPECT_EQ(Show(cache_.Set("a", "3", {.only_if_absent = true})), "false");
  EXPECT_EQ(Show(cache_.Set("a", "4", {.keep_ttl = true, .only_if_present = true})), "true");
  EXPECT_EQ(Show(cache_.Get("a")), "'4'");
  EXPECT_GT(Pttl("p:a"), 0ms);
}

TEST_F(CacheValuesTest, ContradictionsAreNamed) {
  const auto now = system_clock::now() + kLong;
  EXPECT_THAT(cache_.Set("a", "1", {.ttl = 1h, .expires_at = now}),
              StatusIs(kInvalid, AllOf(HasSubstr("ttl"), HasSubstr("expires_at"))));
  EXPECT_THAT(cache_.Set("a", "1", {.ttl = 1h, .keep_ttl = true}),
              StatusIs(kInvalid, AllOf(HasSubstr("ttl"), HasSubstr("keep_ttl"))));
  EXPECT_THAT(cache_.Set("a", "1", {.expires_at = now, .keep_ttl = true}),
              StatusIs(kInvalid, AllOf(HasSubstr("expires_at"), HasSubstr("keep_ttl"))));
  EXPECT_THAT(cache_.Set("a", "1", {.only_if_absent = true, .only_if_present = true}),
              StatusIs(kInvalid, AllOf(HasSubstr("only_if_absent"), HasSubstr("only_if_present"))));
  EXPECT_THAT(cache_.Set("a", "1", {.ttl = kLongestTtl + 1ms}), StatusIs(kInvalid));
  EXPECT_THAT(cache_.Set("a", "1", {.expires_at = system_clock::time_point::max()}),
              StatusIs(kInvalid));
  EXPECT_THAT(cache_.SetMany({{"a", "1"}}, {.ttl = kLongestTtl + 1ms}), StatusIs(kInvalid));
  EXPECT_EQ(server_.CallsOf("set"), 0);
  EXPECT_EQ(Show(cache_.Set("a", "1", {.ttl = kLongestTtl})), "true");
}

TEST_F(CacheValuesTest, DefaultTtlIsForWhatSaysNone) {
  const BlockingCache cache = NewCache(server_, {.prefix = "q:", .ttl = kLong});
  EXPECT_EQ(Show(cache.Set("a", "1")), "true");
  EXPECT_THAT(cache.SetMany({{"b", "1"}}), IsOk());
  EXPECT_EQ(Show(cache.Increment("c")), "1");
  for (const char* key : {"q:a", "q:b", "q:c"}) {
    EXPECT_THAT(Pttl(key), AllOf(Gt(kLong / 2), Le(kLong))) << key;
  }
  EXPECT_EQ(Show(cache.Set("a", "1", {.ttl = kNoExpiry})), "true");
  EXPECT_EQ(Pttl("q:a"), -1ms);
  EXPECT_EQ(Show(cache.Set("a", "1", {.ttl = 10 * kLong})), "true");
  EXPECT_EQ(Show(cache.Set("a", "1", {.keep_ttl = true})), "true");
  EXPECT_GT(Pttl("q:a"), 5 * kLong);
}

TEST_F(CacheValuesTest, ManyAreReadInOrder) {
  EXPECT_THAT(cache_.SetMany({{"a", "1"}, {"b", ""}, {"a", "last"}}), IsOk());
  EXPECT_THAT(cache_.GetMany({"b", "x", "a", "b"}),
              Yields(ElementsAre(Optional(std::string()), std::nullopt,
                                 Optional(std::string("last")), Optional(std::string()))));
  EXPECT_THAT(cache_.GetMany({}), Yields(ElementsAre()));
  EXPECT_THAT(cache_.SetMany({}), IsOk());
  EXPECT_EQ(server_.CallsOf("mset"), 1);
}

TEST_F(CacheValuesTest, ManyMayHaveATtl) {
  EXPECT_THAT(cache_.SetMany({{"a", "1"}, {"b", "2"}}, {.ttl = kLong}), IsOk());
  EXPECT_GT(Pttl("p:a"), kLong / 2);
  EXPECT_GT(Pttl("p:b"), kLong / 2);
  EXPECT_EQ(Stored("p:b"), "2");
}

TEST_F(CacheValuesTest, ErrorOfManySaysWhichFailed) {
  Command({"ACL", "SETUSER", "bob", "on", ">pw", "+@all", "~p:ok*"});
  const auto redis = Must(BlockingRedis::Create({.url = server_.url("bob:pw@")}));
  const auto cache = Must(BlockingCache::Create(redis, {.prefix = "p:"}));
  EXPECT_THAT(
      cache.SetMany({{"ok1", "1"}, {"bad1", "2"}, {"bad2", "3"}}, {.ttl = kLong}),
      StatusIs(absl::StatusCode::kPermissionDenied,
               AllOf(HasSubstr("2 of 3 keys not set, the first bad1"), HasSubstr("NOPERM"))));
  EXPECT_EQ(Stored("p:ok1"), "1");
}

TEST_F(CacheValuesTest, CounterStartsAtZero) {
  EXPECT_EQ(Show(cache_.Increment("n")), "1");
  EXPECT_EQ(Show(cache_.Increment("n", {.by = 41})), "42");
  EXPECT_EQ(Show(cache_.Increment("n", {.by = -2})), "40");
  EXPECT_EQ(Show(cache_.Get("n")), "'40'");
  EXPECT_EQ(Pttl("p:n"), -1ms);
}

TEST_F(CacheValuesTest, CounterGetsItsTtlWhenItIsCreated) {
  EXPECT_EQ(Show(cache_.Increment("n", {.by = 5, .ttl = kLong})), "5");
  EXPECT_THAT(Pttl("p:n"), AllOf(Gt(kLong / 2), Le(kLong)));
  EXPECT_EQ(Show(cache_.Increment("n", {.ttl = 10 * kLong})), "6");
  EXPECT_LE(Pttl("p:n"), kLong);
  EXPECT_THAT(cache_.Increment("m", {.ttl = 0ms}), StatusIs(kInvalid, HasSubstr("ttl")));
}

TEST_F(CacheValuesTest, CounterIsExactAndDoesNotWrap) {
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
  EXPECT_THAT(cache_.Increment("n", {.by = kLargest, .ttl = kLong}), Yields(kLargest));
  EXPECT_THAT(cache_.Increment("n"), StatusIs(kInvalid));
  Command({"SET", "p:n", "no number"});
  EXPECT_THAT(cache_.Increment("n"), StatusIs(kInvalid));
}

CacheCodec Reversing() {
  const auto reversed = [](std::string_view text) {
    return std::string(text.rbegin(), text.rend());
  };
  return {.encode = reversed,
          .decode = [reversed](std::string_view stored) -> absl::StatusOr<std::string> {
            if (stored == "rotten") return absl::DataLossError("a bad checksum");
            return reversed(stored);
          }};
}

TEST_F(CacheValuesTest, CodecIsBetweenTheCallerAndTheServer) {
  const BlockingCache cache = NewCache(server_, {.prefix = "p:", .codec = Reversing()});
  EXPECT_EQ(Show(cache.Set("a", "123")), "true");
  EXPECT_EQ(Stored("p:a"), "321");
  EXPECT_THAT(cache.SetMany({{"b", "xy"}}), IsOk());
  EXPECT_THAT(cache.SetMany({{"c", "zy"}}, {.ttl = kLong}), IsOk());
  EXPECT_THAT(cache.GetMany({"a", "b", "c"}),
              Yields(ElementsAre(Optional(std::string("123")), Optional(std::string("xy")),
                                 Optional(std::string("zy")))));
  EXPECT_EQ(Show(cache.SetFields("h", {{"f", "ab"}})), "1");
  EXPECT_EQ(Command({"HGET", "p:h", "f"}), "ba");
  EXPECT_EQ(Show(cache.GetField("h", "f")), "'ab'");
}

TEST_F(CacheValuesTest, WhatDoesNotDecodeIsAnErrorThatNamesTheKey) {
  const BlockingCache cache = NewCache(server_, {.prefix = "p:", .codec = Reversing()});
  Command({"SET", "p:a", "rotten"});
  Command({"HSET", "p:h", "field", "rotten"});
  const auto names = [](const char* key) {
    return StatusIs(absl::StatusCode::kDataLoss,
                    AllOf(HasSubstr(key), HasSubstr("a bad checksum")));
  };
  EXPECT_THAT(cache.Get("a"), names("value of a"));
  EXPECT_THAT(cache.GetMany({"b", "a"}), names("value of a"));
  EXPECT_THAT(cache.GetField("h", "field"), names("field of h"));
  EXPECT_THAT(cache.GetAll("h"), names("field of h"));
}

TEST_F(CacheValuesTest, OptionsAreChecked) {
  const auto redis = Must(BlockingRedis::Create({.url = server_.url()}));
  EXPECT_THAT(BlockingCache::Create(redis, {.ttl = -1ms}), StatusIs(kInvalid, HasSubstr("ttl")));
  EXPECT_THAT(BlockingCache::Create(redis, {.codec = {.encode = Reversing().encode}}),
              StatusIs(kInvalid, HasSubstr("codec")));
}

TEST_F(CacheValuesTest, UnreachableIsAnErrorNotAbsence) {
  EXPECT_EQ(Show(cache_.Set("a", "1")), "true");
  server_.Kill();
  EXPECT_THAT(cache_.Get("a"), FailsAs(IsUnreachable));
  EXPECT_THAT(cache_.GetMany({"a"}), FailsAs(IsUnreachable));
  EXPECT_THAT(cache_.Set("a", "2"), FailsAs(IsUnreachable));
  EXPECT_THAT(cache_.Set("a", "2", {.ttl = 0ms}), FailsAs(IsUnreachable));
  EXPECT_THAT(cache_.SetMany({{"a", "2"}}), FailsAs(IsUnreachable));
  EXPECT_THAT(cache_.SetMany({{"a", "2"}}, {.ttl = kLong}), FailsAs(IsUnreachable));
  EXPECT_THAT(cache_.Increment("n", {.ttl = kLong}), FailsAs(IsUnreachable));
  EXPECT_THAT(cache_.Exists("a"), FailsAs(IsUnreachable));
  EXPECT_THAT(cache_.ExistsMany({"a"}), FailsAs(IsUnreachable));
  EXPECT_THAT(cache_.Remove("a"), FailsAs(IsUnreachable));
  EXPECT_THAT(cache_.Ttl("a"), FailsAs(IsUnreachable));
  EXPECT_THAT(cache_.GetAll("h"), FailsAs(IsUnreachable));
  EXPECT_THAT(cache_.SetFields("h", {{"f", "1"}}, {.ttl = kLong}), FailsAs(IsUnreachable));
  EXPECT_FALSE(cache_.Scan().ok());
  EXPECT_FALSE(cache_.Clear().ok());
  EXPECT_THAT(cache_.Ping(), FailsAs(IsUnreachable));
}

TEST_F(CacheValuesTest, PingAsksTheServer) { EXPECT_THAT(cache_.Ping(), IsOk()); }

}  // namespace
}  // namespace holdfast::testing
