// The search itself, on a puzzle whose answer is known: a jug of three litres and one of five, from
// which four litres are to be measured.
#include "search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::model {
namespace {

constexpr std::uint64_t kSmall = 3;
constexpr std::uint64_t kBig = 5;

// A state is what is in the small jug (low), and in the big one (high).
class Jugs {
 public:
  using Step = const char*;
  using Moves = std::vector<Move<Step>>;

  // forbidden: the litres that the big jug must not have.
  explicit Jugs(std::uint64_t forbidden, bool same_size = false)
      : forbidden_(forbidden), same_size_(same_size) {}

  void Start(Moves* moves) const { moves->push_back({"start", {0, 0}, ""}); }

  void Next(const Words& at, Moves* moves) const {
    const std::uint64_t small = same_size_ ? kBig : kSmall;
    Add("fill the small one", {small, at.high}, moves);
    Add("fill the big one", {at.low, kBig}, moves);
    Add("empty the small one", {0, at.high}, moves);
    Add("empty the big one", {at.low, 0}, moves);
    const std::uint64_t up = std::min(at.low, kBig - at.high);
    Add("small into big", {at.low - up, at.high + up}, moves);
    const std::uint64_t down = std::min(at.high, small - at.low);
    Add("big into small", {at.low + down, at.high - down}, moves);
  }

  // Jugs of the same size may change places.
  Words Canonical(const Words& at) const {
    return same_size_ && at.low > at.high ? Words{at.high, at.low} : at;
  }

  bool IsGoal(const Words& at) const { return at.low == 0; }

 private:
  void Add(Step step, const Words& to, Moves* moves) const {
    moves->push_back({step, to, to.high == forbidden_ ? "Forbidden" : ""});
  }

  std::uint64_t forbidden_;
  bool same_size_;
};

TEST(SearchTest, FindsTheShortestWay) {
  const Jugs jugs(4);
  const auto outcome = Search<Jugs>(jugs, 1000).Run();
  EXPECT_EQ(outcome.broken, "Forbidden");
  EXPECT_FALSE(outcome.exhausted);
  std::vector<std::string> steps;
  for (const auto& move : outcome.trace) steps.emplace_back(move.step);
  EXPECT_EQ(steps,
            (std::vector<std::string>{"fill the big one", "big into small", "empty the small one",
                                      "big into small", "fill the big one", "big into small"}));
  EXPECT_EQ(outcome.depth, 6);
  EXPECT_EQ(outcome.trace.back().to, (Words{3, 4}));
}

// One of the jugs is empty or full, always: 2 * 6 + 2 * 4 - 4.
TEST(SearchTest, FindsAllStates) {
  const Jugs jugs(17);
  const auto outcome = Search<Jugs>(jugs, 1000).Run();
  EXPECT_EQ(outcome.broken, "");
  EXPECT_TRUE(outcome.exhausted);
  EXPECT_EQ(outcome.states, 16U);
  EXPECT_EQ(outcome.goals, 6U);
}

TEST(SearchTest, SaysThatItHasNotSeenAll) {
  const Jugs jugs(17);
  EXPECT_FALSE(Search<Jugs>(jugs, 8).Run().exhausted);
}

TEST(SearchTest, CountsStatesThatAreTheSameOnce) {
  const Jugs jugs(17, true);
  const auto outcome = Search<Jugs>(jugs, 1000).Run();
  EXPECT_TRUE(outcome.exhausted);
  EXPECT_EQ(outcome.states, 3U);  // Both empty, one full, both full.
}

// A way through states each of which stands for two is a way from step to step nevertheless.
TEST(SearchTest, ShowsAWayWithoutChangingNames) {
  const Jugs jugs(5, true);
  const auto outcome = Search<Jugs>(jugs, 1000).Run();
  ASSERT_EQ(outcome.trace.size(), 1U);
  EXPECT_STREQ(outcome.trace[0].step, "fill the big one");
}

TEST(StateSetTest, HasEachStateOnceHoweverFarItGrows) {
  StateSet set;
  constexpr std::uint64_t kCount = 100'000;
  for (std::uint64_t i = 0; i < kCount; ++i) EXPECT_TRUE(set.Insert({i, i * i}));
  for (std::uint64_t i = 0; i < kCount; ++i) EXPECT_FALSE(set.Insert({i, i * i}));
  ASSERT_EQ(set.size(), kCount);
  EXPECT_EQ(set[77'777], (Words{77'777, 77'777UL * 77'777}));
}

}  // namespace
}  // namespace holdfast::model
