// Where a cluster's seats are: for ever the same, all apart, and spread over the key space.
#include "core/seats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/slots.h"

namespace holdfast::core {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

// All that there are, one after the other.
std::vector<std::string> AllTags(int seats, int groups) {
  std::vector<std::string> all;
  for (const auto& group : SeatTags(seats, groups))
    all.insert(all.end(), group.begin(), group.end());
  return all;
}

// The largest distance from a seat to the next one, around the key space.
int LargestGap(const std::vector<std::string>& tags) {
  std::vector<int> slots;
  for (const std::string& tag : tags) slots.push_back(SlotOf(tag));
  std::sort(slots.begin(), slots.end());
  int largest = slots.front() + kSlots - slots.back();
  for (std::size_t i = 1; i < slots.size(); ++i)
    largest = std::max(largest, slots[i] - slots[i - 1]);
  return largest;
}

template <class Check>
void ForEachSetup(Check check) {
  for (int seats = 1; seats <= kMaxSeats; ++seats) {
    for (int groups = 1; groups <= kMaxSeatGroups; ++groups) {
      SCOPED_TRACE(std::to_string(seats) + " seats, " + std::to_string(groups) + " groups");
      check(seats, groups);
    }
  }
}

TEST(SeatsTest, AreWhereTheyHaveAlwaysBeen) {
  EXPECT_THAT(SeatTags(1, 1), ElementsAre(ElementsAre("{fjl}")));
  EXPECT_THAT(SeatTags(3, 1), ElementsAre(ElementsAre("{54h}", "{fjl}", "{1x3}")));
  EXPECT_THAT(SeatTags(5, 1),
              ElementsAre(ElementsAre("{736}", "{5o1}", "{fjl}", "{1gb}", "{f15}")));
  EXPECT_EQ(SlotOf("{54h}"), 2730);
  EXPECT_EQ(SlotOf("{fjl}"), 8192);
  EXPECT_EQ(SlotOf("{1x3}"), 13653);
}

// FNV-1a of all tags of all setups: whoever changes one of them loses the locks there.
TEST(SeatsTest, NoTagOfAnySetupHasChanged) {
  std::uint64_t hash = 14695981039346656037U;
  ForEachSetup([&](int seats, int groups) {
    for (const std::string& tag : AllTags(seats, groups)) {
      for (const char c : tag) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    }
  });
  EXPECT_EQ(hash, 7748418271780946826U);
}

TEST(SeatsTest, AreAsManyAsAskedForAndAllInSlotsOfTheirOwn) {
  ForEachSetup([](int seats, int groups) {
    const auto tags = SeatTags(seats, groups);
    ASSERT_EQ(tags.size(), static_cast<std::size_t>(groups));
    std::set<int> slots;
    for (const auto& group : tags) {
      EXPECT_EQ(group.size(), static_cast<std::size_t>(seats));
      for (const std::string& tag : group) slots.insert(SlotOf(tag));
    }
    EXPECT_EQ(slots.size(), static_cast<std::size_t>(seats * groups));
  });
}

TEST(SeatsTest, FirstGroupIsTheSameForAnyNumberOfGroups) {
  ForEachSetup([](int seats, int groups) {
    EXPECT_EQ(SeatTags(seats, groups).front(), SeatTags(seats, 1).front());
  });
}

TEST(SeatsTest, WitnessesAreThreeSeats) {
  EXPECT_THAT(SeatTags(3, 1).front(), ElementsAreArray(kWitnessTags));
}

TEST(SeatsTest, GroupsAreSpreadEvenly) {
  ForEachSetup([](int seats, int groups) {
    const int even = (kSlots + seats - 1) / seats;
    const auto tags = SeatTags(seats, groups);
    for (int group = 0; group < groups; ++group) {
      EXPECT_LE(LargestGap(tags[group]), even + 2) << group;
    }
  });
}

TEST(SeatGroupTest, IsThatOfTheNamesSlot) {
  EXPECT_EQ(SeatGroupOf("a", 1), 0);
  EXPECT_EQ(SeatGroupOf("a", 16), SlotOf("a") % 16);
  EXPECT_EQ(SeatGroupOf("order:{42}", 16), SeatGroupOf("{42}", 16));
}

TEST(SeatGroupTest, NamesAreOfAllGroups) {
  std::set<int> groups;
  for (int i = 0; i < 1000; ++i) groups.insert(SeatGroupOf("name" + std::to_string(i), 7));
  EXPECT_EQ(groups.size(), 7U);
  EXPECT_EQ(*groups.begin(), 0);
  EXPECT_EQ(*groups.rbegin(), 6);
}

}  // namespace
}  // namespace holdfast::core
