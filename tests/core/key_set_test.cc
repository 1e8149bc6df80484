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
  EXPECT_EQ(keys.lock(0), "lock:a");
  EXPECT_EQ(keys.counter(0), "holdfast:fence:lock:a");
  EXPECT_EQ(keys.name(0), "a");
  EXPECT_EQ(keys.lock(1), "lock:order:42");
  EXPECT_EQ(keys.counter(1), "holdfast:fence:lock:order:42");
  EXPECT_EQ(keys.name(1), "order:42");
  EXPECT_EQ(keys.Text(), "a, order:42");
}

TEST(KeySetTest, KeyWithoutAPrefixIsTheName) {
  const std::vector<std::string> names = {std::string("\0\xff", 2)};
  KeySet keys;
  keys.Assign(names, "");
  EXPECT_EQ(keys.lock(0), names[0]);
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
  EXPECT_EQ(keys.lock(0), "p:x");
  EXPECT_EQ(keys.Text(), "x");
}

}  // namespace
}  // namespace holdfast::core
