// The keys of a lock on a node.
#include "core/key_set.h"

#include <gtest/gtest.h>

namespace holdfast::core {
namespace {

TEST(KeySetTest, HasALockAndACounterForEachName) {
  const std::vector<std::string> names = {"a", "order:42"};
  KeySet keys;
  keys.Assign(names, "lock:");
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys.lock(0, 0), "lock:a");
  EXPECT_EQ(keys.counter(0, 0), "holdfast:fence:lock:a");
  EXPECT_EQ(keys.name(0), "a");
  EXPECT_EQ(keys.lock(0, 1), "lock:order:42");
  EXPECT_EQ(keys.counter(0, 1), "holdfast:fence:lock:order:42");
  EXPECT_EQ(keys.name(1), "order:42");
  EXPECT_EQ(keys.Text(), "a, order:42");
}

TEST(KeySetTest, KeyWithoutAPrefixIsTheName) {
  const std::vector<std::string> names = {std::string("\0\xff", 2)};
  KeySet keys;
  keys.Assign(names, "");
  EXPECT_EQ(keys.lock(0, 0), names[0]);
  EXPECT_EQ(keys.name(0), names[0]);
}

TEST(KeySetTest, ForgetsWhatItHadBefore) {
  const std::vector<std::string> many = {"first", "second", "third"};
  const std::vector<std::string> one = {"x"};
  KeySet keys;
  EXPECT_EQ(keys.size(), 0U);
  keys.Assign(many, "a.long.prefix:");
  keys.Assign(one, "p:");
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys.lock(0, 0), "p:x");
  EXPECT_EQ(keys.Text(), "x");
}

TEST(KeySetTest, KeysOfASeatStartWithItsTag) {
  const std::vector<std::string> names = {"a", "{b}"};
  const std::vector<std::string> tags = {"{54h}", "{fjl}"};
  KeySet keys;
  keys.Assign(names, "lock:", tags);
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys.lock(0, 0), "{54h}lock:a");
  EXPECT_EQ(keys.counter(0, 0), "{54h}holdfast:fence:lock:a");
  EXPECT_EQ(keys.lock(0, 1), "{54h}lock:{b}");
  EXPECT_EQ(keys.lock(1, 0), "{fjl}lock:a");
  EXPECT_EQ(keys.counter(1, 1), "{fjl}holdfast:fence:lock:{b}");
  EXPECT_EQ(keys.name(1), "{b}");
  EXPECT_EQ(keys.Text(), "a, {b}");
}

TEST(KeySetTest, NodesWithoutATagHaveThePlainKeys) {
  const std::vector<std::string> names = {"a"};
  const std::vector<std::string> tags = {"", "{fjl}", ""};
  KeySet keys;
  keys.Assign(names, "lock:", tags);
  EXPECT_EQ(keys.lock(0, 0), "lock:a");
  EXPECT_EQ(keys.counter(0, 0), "holdfast:fence:lock:a");
  EXPECT_EQ(keys.lock(1, 0), "{fjl}lock:a");
  EXPECT_EQ(keys.lock(2, 0), "lock:a");
  EXPECT_EQ(keys.name(0), "a");
  keys.Assign(names, "lock:");
  EXPECT_EQ(keys.lock(1, 0), "lock:a") << "without tags all nodes have the same keys";
}

TEST(KeySetTest, GuardOfASeatStartsWithItsTag) {
  EXPECT_EQ(GuardKeyOf(""), "holdfast:guard");
  EXPECT_EQ(GuardKeyOf("{fjl}"), "{fjl}holdfast:guard");
}

}  // namespace
}  // namespace holdfast::core
