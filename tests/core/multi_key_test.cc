// Commands that are cut by slot.
#include "core/multi_key.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "core/slots.h"
#include "replies.h"
#include "seed.h"
#include "words.h"

namespace holdfast::core {
namespace {

// "slot: words; slot: words".
std::string ShowParts(const SplitCommand& split) {
  std::string text;
  for (const SplitCommand::Part& part : split.parts) {
    text += (text.empty() ? "" : "; ") + std::to_string(part.slot) + ":";
    for (const std::string_view word : part.words) text.append(" ").append(word);
  }
  return text;
}

TEST(SplitTest, CutsByTheSlotsOfTheKeys) {
  // a: 15495, foo: 12182, bar: 5061
  const std::string line = "MGET foo bar {foo}2 a {bar}2";
  const auto split = Split(WordsOf(line));
  ASSERT_TRUE(split.has_value());
  EXPECT_EQ(ShowParts(*split), "12182: MGET foo {foo}2; 5061: MGET bar {bar}2; 15495: MGET a");
  EXPECT_EQ(split->keys, 5U);
  EXPECT_EQ(split->parts[1].positions, (std::vector<std::size_t>{1, 4}));
}

TEST(SplitTest, ValuesGoWithTheirKeys) {
  const auto split = Split(WordsOf("mset foo 1 bar 2 foo 3"));
  ASSERT_TRUE(split.has_value());
  EXPECT_EQ(ShowParts(*split), "12182: mset foo 1 foo 3; 5061: mset bar 2");
}

TEST(SplitTest, KnowsEachCommandThatMayBeCut) {
  for (const std::string name : {"MGET", "DEL", "UNLINK", "EXISTS", "TOUCH", "del", "Exists"}) {
    const std::string line = name + " foo bar";
    EXPECT_TRUE(Split(WordsOf(line)).has_value()) << name;
  }
}

TEST(SplitTest, LeavesTheRestWhole) {
  for (const std::string line :
       {"MGET foo", "MGET foo {foo}2", "MGET", "MSET foo 1", "MSET", "MSET foo", "MSET foo 1 bar",
        "MSETNX foo 1 bar 2", "RENAME foo bar", "SUNION foo bar", "GET foo", "PFCOUNT foo bar"}) {
    EXPECT_FALSE(Split(WordsOf(line)).has_value()) << line;
  }
  EXPECT_FALSE(Split({}).has_value());
}

TEST(SplitTest, EachKeyIsInOnePartOfItsSlot) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(SeedText(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 300; ++i) {
    std::vector<std::string> keys(random() % 60);
    for (std::string& key : keys) key = "{" + std::to_string(random() % 20) + "}x";
    std::vector<std::string_view> words = {"MGET"};
    words.insert(words.end(), keys.begin(), keys.end());
    const auto split = Split(words);
    if (!split) continue;
    std::vector<int> seen(keys.size());
    for (const SplitCommand::Part& part : split->parts) {
      ASSERT_EQ(part.words.size(), part.positions.size() + 1);
      for (std::size_t k = 0; k < part.positions.size(); ++k) {
        ASSERT_EQ(part.words[k + 1], keys.at(part.positions[k]));
        ASSERT_EQ(SlotOf(part.words[k + 1]), part.slot);
        ++seen[part.positions[k]];
      }
    }
    ASSERT_EQ(seen, std::vector<int>(keys.size(), 1));
  }
}

}  // namespace
}  // namespace holdfast::core
