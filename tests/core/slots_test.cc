// Slots of keys, as the servers compute them.
#include "core/slots.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

namespace holdfast::core {
namespace {

TEST(SlotsTest, AreThoseOfTheServers) {
  // As CLUSTER KEYSLOT answers.
  const std::pair<std::string, int> expected[] = {
      {"", 0},           {"123456789", 12739}, {"foo", 12182},
      {"bar", 5061},     {"somekey", 11058},   {"hello", 866},
      {"a", 15495},      {"{", 4092},          {std::string(1, '\0'), 0},
      {"\xff\xff", 7439}};
  for (const auto& [key, slot] : expected) EXPECT_EQ(SlotOf(key), slot) << key;
}

TEST(SlotsTest, AHashTagStandsForTheKey) {
  EXPECT_EQ(SlotOf("{foo}"), SlotOf("foo"));
  EXPECT_EQ(SlotOf("{user1000}.following"), SlotOf("{user1000}.followers"));
  EXPECT_EQ(SlotOf("x{foo}y{bar}z"), SlotOf("foo"));
}

TEST(SlotsTest, AHashTagEndsAtTheFirstBraceThatCloses) {
  EXPECT_EQ(SlotOf("foo{{bar}}zap"), 4015);
  EXPECT_EQ(SlotOf("}{foo}"), SlotOf("foo"));
}

TEST(SlotsTest, WithoutAFullHashTagTheWholeKeyCounts) {
  const std::pair<std::string, int> expected[] = {{"foo{}{bar}", 8363},
                                                  {"{}", 15257},
                                                  {"{}foo", 9500},
                                                  {"foo{bar", 15278},
                                                  {"foo}bar{", 11073}};
  for (const auto& [key, slot] : expected) EXPECT_EQ(SlotOf(key), slot) << key;
}

TEST(SlotsTest, KeysAreSpreadOverAllSlots) {
  std::array<int, kSlots> keys{};
  for (int i = 0; i < 400'000; ++i) ++keys.at(SlotOf("key:" + std::to_string(i)));
  for (int slot = 0; slot < kSlots; ++slot) EXPECT_GT(keys[static_cast<std::size_t>(slot)], 0);
}

}  // namespace
}  // namespace holdfast::core
