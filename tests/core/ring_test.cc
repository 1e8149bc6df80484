// The queue that keeps its memory.
#include "core/ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>

#include "seed.h"

namespace holdfast::core {
namespace {

TEST(RingTest, GivesBackInOrder) {
  Ring<int> ring;
  EXPECT_TRUE(ring.empty());
  for (int i = 0; i < 100; ++i) ring.push_back(i);
  EXPECT_EQ(ring.size(), 100U);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(ring.front(), i);
    EXPECT_EQ(ring.pop_front(), i);
  }
  EXPECT_TRUE(ring.empty());
}

TEST(RingTest, KeepsTheOrderWhenItGrowsWhileWrappedAround) {
  for (int shift = 0; shift < 16; ++shift) {
    Ring<int> ring;
    for (int i = 0; i < shift; ++i) ring.push_back(-1);
    for (int i = 0; i < shift; ++i) ring.pop_front();
    for (int i = 0; i < 40; ++i) ring.push_back(i);
    for (int i = 0; i < 40; ++i) ASSERT_EQ(ring.pop_front(), i) << "shifted by " << shift;
  }
}

TEST(RingTest, HoldsWhatCanOnlyBeMoved) {
  Ring<std::unique_ptr<int>> ring;
  for (int i = 0; i < 20; ++i) ring.push_back(std::make_unique<int>(i));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(*ring.pop_front(), i);
}

TEST(RingTest, BehavesAsADequeUnderRandomOperations) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(SeedText(seed));
  std::mt19937 random(seed);
  Ring<int> ring;
  std::deque<int> model;
  for (int i = 0; i < 20'000; ++i) {
    // Grows and shrinks by turns.
    if (model.empty() || random() % 100 < (i / 1000 % 2 == 0 ? 60U : 40U)) {
      ring.push_back(i);
      model.push_back(i);
    } else {
      ASSERT_EQ(ring.pop_front(), model.front());
      model.pop_front();
    }
    ASSERT_EQ(ring.size(), model.size());
    if (model.empty()) continue;
    ASSERT_EQ(ring.front(), model.front());
  }
}

}  // namespace
}  // namespace holdfast::core
