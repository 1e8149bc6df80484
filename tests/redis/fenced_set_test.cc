// Fenced writes on a real server.
#include "holdfast/fenced_set.h"

#include <gmock/gmock.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/seed.h"
#include "support/eventually.h"
#include "support/redis_server.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::StartsWith;
using namespace std::chrono_literals;

constexpr std::uint64_t kLargest = (std::uint64_t{1} << 53) - 1;

std::string Written(std::uint64_t token) { return "1\n" + std::to_string(token) + "\n"; }
std::string Stale(std::uint64_t newest) { return "0\n" + std::to_string(newest) + "\n"; }

class FencedSetTest : public ::testing::Test {
 protected:
  std::string Set(const FencedSet& write) { return server_.Command(FencedSetCommand(write)); }
  std::string Set(const std::string& value, std::uint64_t fence) {
    return Set({.key = "k", .value = value, .fence = fence});
  }

  // With a token and a ttl that the struct cannot have.
  std::string SetRaw(const std::string& fence, const std::string& ttl = "1000") {
    auto words = FencedSetCommand({.key = "k", .value = "raw", .fence = 1, .ttl = 1s});
    words[words.size() - 2] = fence;
    words.back() = ttl;
    return server_.Command(words);
  }

  std::string Get(const std::string& key) { return server_.Command({"GET", key}); }

  RedisServer server_;
};

TEST_F(FencedSetTest, ANewHolderWritesAndAnOldOneDoesNot) {
  EXPECT_EQ(Set("first", 5), Written(5));
  EXPECT_EQ(Set("second", 7), Written(7));
  EXPECT_EQ(Set("late", 5), Stale(7));
  EXPECT_EQ(Set("later", 6), Stale(7));
  EXPECT_EQ(Get("k"), "second");
  EXPECT_EQ(Get("k:fence"), "7");
}

TEST_F(FencedSetTest, TheSameHolderWritesAgain) {
  EXPECT_EQ(Set("first", 5), Written(5));
  EXPECT_EQ(Set("second", 5), Written(5));
  EXPECT_EQ(Get("k"), "second");
}

TEST_F(FencedSetTest, TokensCompareAsNumbersAndExactly) {
  EXPECT_EQ(Set("a", 9), Written(9));
  EXPECT_EQ(Set("b", 10), Written(10));
  EXPECT_EQ(Set("c", 9), Stale(10));
  EXPECT_EQ(Set("d", kLargest - 1), Written(kLargest - 1));
  EXPECT_EQ(Get("k:fence"), std::to_string(kLargest - 1));
  EXPECT_EQ(Set("e", kLargest), Written(kLargest));
  EXPECT_EQ(Set("f", kLargest - 1), Stale(kLargest));
  EXPECT_EQ(Get("k:fence"), std::to_string(kLargest));
}

// Tokens in any order: the value is always that of the newest, the last one among equals.
TEST_F(FencedSetTest, RandomOrder) {
  const std::uint32_t seed = core::TestSeed();
  SCOPED_TRACE(core::SeedText(seed));
  std::mt19937 random(seed);
  const std::uint64_t base = 1'700'000'000'000'000;
  std::uint64_t newest = 0;
  std::string value;
  for (int i = 0; i < 500; ++i) {
    const std::uint64_t token = base + static_cast<std::uint64_t>(i) + random() % 50;
    const bool wins = token >= newest;
    newest = std::max(newest, token);
    if (wins) value = std::to_string(i);
    ASSERT_EQ(Set(std::to_string(i), token), wins ? Written(token) : Stale(newest));
    ASSERT_EQ(Get("k"), value);
  }
}

TEST_F(FencedSetTest, WhatIsNoTokenIsAnErrorAndChangesNothing) {
  Set("before", 3);
  for (const std::string fence : {"", "0", "-5", "+5", "5.5", "1e3", "0x10", " 5", "5 ", "five",
                                  "nan", "inf", "9007199254740992", "18446744073709551615"}) {
    EXPECT_THAT(SetRaw(fence), AllOf(StartsWith("-ERR"), HasSubstr("fencing token"))) << fence;
  }
  EXPECT_THAT(SetRaw(std::string("5\0006", 3)), StartsWith("-ERR"));
  EXPECT_THAT(SetRaw(std::string(400, '9')), StartsWith("-ERR"));
  EXPECT_EQ(Get("k"), "before");
  EXPECT_EQ(Get("k:fence"), "3");
}

// All holders of a lock without fencing have the token 0.
TEST_F(FencedSetTest, ALockWithoutFencingIsAnError) {
  EXPECT_THAT(Set("a", 0), AllOf(StartsWith("-ERR"), HasSubstr("fencing token")));
  EXPECT_EQ(server_.Command({"DBSIZE"}), "0");
}

TEST_F(FencedSetTest, TheValueExpiresAndTheFenceDoesNot) {
  EXPECT_EQ(Set({.key = "k", .value = "a", .fence = 5, .ttl = 60s}), Written(5));
  EXPECT_THAT(std::stol(server_.Command({"PTTL", "k"})), AllOf(Ge(1), Le(60'000)));
  EXPECT_EQ(server_.Command({"PTTL", "k:fence"}), "-1");
  EXPECT_EQ(Set("b", 5), Written(5));
  EXPECT_EQ(server_.Command({"PTTL", "k"}), "-1") << "a plain SET ends an expiry";
}

TEST_F(FencedSetTest, ABadTtlIsAnErrorAndChangesNothing) {
  for (const auto ttl : {0ms, -1ms, std::chrono::milliseconds::max()}) {
    EXPECT_THAT(Set({.key = "k", .value = "a", .fence = 5, .ttl = ttl}),
                AllOf(StartsWith("-ERR"), HasSubstr("ttl")))
        << ttl.count();
  }
  for (const std::string ttl : {"", "1.5", "1e3", "soon"}) {
    EXPECT_THAT(SetRaw("5", ttl), AllOf(StartsWith("-ERR"), HasSubstr("ttl"))) << ttl;
  }
  EXPECT_EQ(server_.Command({"DBSIZE"}), "0");
}

// Nobody can say who the newest holder is.
TEST_F(FencedSetTest, AFenceThatIsRubbishIsAnErrorAndChangesNothing) {
  const std::vector<std::vector<std::string>> rubbish = {{"SET", "k:fence", "none"},
                                                         {"SET", "k:fence", ""},
                                                         {"SET", "k:fence", "1.5e15"},
                                                         {"RPUSH", "k:fence", "5"},
                                                         {"HSET", "k:fence", "5", "5"}};
  for (const auto& command : rubbish) {
    server_.Command({"DEL", "k:fence"});
    server_.Command(command);
    const std::string before = server_.Command({"DUMP", "k:fence"});
    EXPECT_THAT(Set("a", 9), AllOf(StartsWith("-ERR"), HasSubstr("fence")));
    EXPECT_EQ(server_.Command({"DUMP", "k:fence"}), before);
    EXPECT_EQ(Get("k"), "(nil)");
  }
}

TEST_F(FencedSetTest, ReplacesWhatIsThereAndOutlivesItsDeletion) {
  server_.Command({"RPUSH", "k", "a", "list"});
  EXPECT_EQ(Set("a", 5), Written(5));
  EXPECT_EQ(Get("k"), "a");
  server_.Command({"DEL", "k"});
  EXPECT_EQ(Set("b", 4), Stale(5));
  EXPECT_EQ(Get("k"), "(nil)");
}

TEST_F(FencedSetTest, TheFenceOutlivesTheServer) {
  EXPECT_EQ(Set("a", 5), Written(5));
  server_.Kill();
  server_.Restart();
  ASSERT_TRUE(Eventually([this] { return Get("k") == "a"; })) << "still loading: " << Get("k");
  EXPECT_EQ(Set("b", 4), Stale(5));
  EXPECT_EQ(Get("k"), "a");
}

TEST_F(FencedSetTest, KeysAreIndependent) {
  EXPECT_EQ(Set({.key = "a", .value = "1", .fence = 9}), Written(9));
  EXPECT_EQ(Set({.key = "b", .value = "2", .fence = 5}), Written(5));
}

TEST_F(FencedSetTest, ByItsShaOnceTheServerKnowsIt) {
  const FencedSet write = {.key = "k", .value = "a", .fence = 5, .ttl = 60s};
  EXPECT_THAT(server_.Command(FencedSetShaCommand(write)), StartsWith("-NOSCRIPT"));
  EXPECT_EQ(Set(write), Written(5));
  EXPECT_EQ(server_.Command(FencedSetShaCommand(write)), Written(5));
  EXPECT_EQ(server_.Command(FencedSetShaCommand({.key = "k", .value = "b", .fence = 4})), Stale(5));
}

TEST_F(FencedSetTest, ByHiredisWithAnyBytes) {
  const std::unique_ptr<redisContext, void (*)(redisContext*)> redis(
      redisConnectWithTimeout("127.0.0.1", server_.port(), {.tv_sec = 20, .tv_usec = 0}),
      &redisFree);
  ASSERT_EQ(redis->err, 0) << redis->errstr;
  const std::string key("k\0\r\n", 4);
  const std::string value("\0\xff\r\n\0", 5);
  const auto words = FencedSetCommand({.key = key, .value = value, .fence = 5});
  const std::unique_ptr<redisReply, void (*)(void*)> reply(
      static_cast<redisReply*>(redisCommandArgv(redis.get(), static_cast<int>(words.size()),
                                                WordPointers(words).data(),
                                                WordSizes(words).data())),
      &freeReplyObject);
  ASSERT_NE(reply, nullptr) << redis->errstr;
  ASSERT_EQ(reply->type, REDIS_REPLY_ARRAY) << reply->str;
  ASSERT_EQ(reply->elements, 2U);
  EXPECT_EQ(reply->element[0]->integer, 1);
  EXPECT_EQ(reply->element[1]->integer, 5);
  EXPECT_EQ(Get(key), value);
  EXPECT_EQ(Get(FenceKey(key)), "5");
}

}  // namespace
}  // namespace holdfast::testing
