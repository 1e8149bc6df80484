// All keys below the cache's prefix: found, and removed.
#include <gmock/gmock.h>

#include <set>
#include <string>
#include <vector>

#include "cache_harness.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

class CacheScanTest : public CacheTest {
 protected:
  // Keys <prefix>0, <prefix>1, …
  void Fill(const std::string& prefix, int count) {
    std::vector<std::string> mset = {"MSET"};
    for (int i = 0; i < count; ++i) {
      mset.push_back(prefix + std::to_string(i));
      mset.push_back("1");
    }
    EXPECT_EQ(Command(mset), "OK");
  }
};

TEST_F(CacheScanTest, FindsEachKeyOnce) {
  Fill("p:", 3000);
  Fill("q:", 3000);
  const auto keys = cache_.Scan("*", {.page = 10});
  ASSERT_THAT(keys, IsOk());
  EXPECT_THAT(*keys, SizeIs(3000));
  EXPECT_EQ(std::set<std::string>(keys->begin(), keys->end()).size(), 3000U);
  EXPECT_EQ(keys->front(), "0");
}

TEST_F(CacheScanTest, PatternIsBehindThePrefix) {
  EXPECT_THAT(cache_.SetMany({{"ab", ""}, {"abc", ""}, {"b", ""}, {"a*", ""}}), IsOk());
  EXPECT_THAT(cache_.Scan("a?"), Yields(ElementsAre("a*", "ab")));
  EXPECT_THAT(cache_.Scan("a\\*"), Yields(ElementsAre("a*")));
  EXPECT_THAT(cache_.Scan("[ab]"), Yields(ElementsAre("b")));
  EXPECT_THAT(cache_.Scan("b"), Yields(ElementsAre("b")));
  EXPECT_THAT(cache_.Scan("x*"), Yields(IsEmpty()));
}

TEST_F(CacheScanTest, PrefixIsTakenAsItIs) {
  const std::string prefixes[] = {"*", "?", "[ab]", "[", "\\", "a\\*", "]", "[^x]"};
  for (const std::string& prefix : prefixes) {
    Command({"SET", "other", "1"});
    Command({"SET", "a", "1"});
    Command({"SET", "b1", "1"});
    const BlockingCache cache = NewCache(server_, {.prefix = prefix});
    EXPECT_EQ(Show(cache.Set("key", "1")), "true");
    EXPECT_THAT(cache.Scan(), Yields(ElementsAre("key"))) << prefix;
    EXPECT_EQ(Show(cache.Clear()), "1") << prefix;
    EXPECT_EQ(Command({"DBSIZE"}), "3") << prefix;
  }
}

TEST_F(CacheScanTest, TooManyKeysAreAnError) {
  Fill("p:", 100);
  EXPECT_THAT(cache_.Scan("*", {.page = 10, .max_keys = 99}),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("99")));
  EXPECT_THAT(cache_.Scan("*", {.page = 10, .max_keys = 100}), Yields(SizeIs(100)));
}

TEST_F(CacheScanTest, PageIsChecked) {
  for (const int page : {0, -1, 100'001}) {
    EXPECT_THAT(cache_.Scan("*", {.page = page}), StatusIs(kInvalid, HasSubstr("page")));
    EXPECT_THAT(cache_.Clear({.page = page}), StatusIs(kInvalid, HasSubstr("page")));
  }
}

TEST_F(CacheScanTest, ClearLeavesOtherKeysAlone) {
  Fill("p:", 5000);
  Fill("q:", 2000);
  Fill("p", 10);
  Command({"RPUSH", "p:list", "1"});
  Command({"HSET", "p:hash", "f", "1"});
  EXPECT_EQ(Show(cache_.Clear()), "5002");
  EXPECT_EQ(Command({"DBSIZE"}), "2010");
  EXPECT_THAT(cache_.Scan(), Yields(IsEmpty()));
  EXPECT_EQ(Show(cache_.Clear()), "0");
  for (const char* command : {"keys", "flushall", "flushdb", "del"}) {
    EXPECT_EQ(server_.CallsOf(command), 0) << command;
  }
  EXPECT_GT(server_.CallsOf("scan"), 1);
}

TEST_F(CacheScanTest, WholeDatabaseIsClearedOnlyIfMeant) {
  const BlockingCache cache = NewCache(server_, {});
  Fill("p:", 100);
  EXPECT_THAT(cache.Clear(), StatusIs(kInvalid, HasSubstr("whole_database")));
  EXPECT_EQ(Command({"DBSIZE"}), "100");
  EXPECT_THAT(cache.Scan("p:9*"), Yields(SizeIs(11)));
  EXPECT_EQ(Show(cache.Clear({.whole_database = true})), "100");
  EXPECT_EQ(Command({"DBSIZE"}), "0");
  EXPECT_EQ(server_.CallsOf("flushdb"), 0);
}

TEST_F(CacheScanTest, DatabaseWithoutKeys) {
  EXPECT_THAT(cache_.Scan(), Yields(IsEmpty()));
  EXPECT_EQ(Show(cache_.Clear()), "0");
}

}  // namespace
}  // namespace holdfast::testing
