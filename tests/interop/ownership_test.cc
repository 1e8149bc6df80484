// Nobody extends or releases what the other holds.
#include <string>

#include "interop/interop.h"

namespace holdfast::testing {
namespace {

using ::testing::Each;
using ::testing::Le;
using ::testing::MatchesRegex;
using namespace std::chrono_literals;

class OwnershipTest : public InteropTest {
 protected:
  void ExpectUntouched(const Words& before, std::chrono::milliseconds ttl) {
    EXPECT_EQ(Values("a"), before);
    for (const auto& node : nodes_) {
      EXPECT_THAT(std::stoi(node->Command({"PTTL", "a"})), Le(ttl.count())) << "it was prolonged";
    }
  }
  bool AllHaveIt() { return AwaitCount("a", nodes_.size()); }
};
INSTANTIATE_TEST_SUITE_P(Libraries, OwnershipTest,
                         ::testing::Values(kRedlock4, kRedlock5, kSesamecare, kPython),
                         ::testing::PrintToStringParamName());

TEST_P(OwnershipTest, TheirsThatRanOutDoesNotTouchOurs) {
  ASSERT_THAT(theirs_.Acquire({"a"}), Succeeds());
  ASSERT_TRUE(AllHaveIt());
  Vanish("a");
  ASSERT_THAT(ours_.Acquire({"a"}, 10s), Succeeds());
  ASSERT_TRUE(AllHaveIt());
  const Words before = Values("a");
  EXPECT_THAT(theirs_.Extend({"a"}, 20s), IsRefused());
  ExpectUntouched(before, 10s);
  EXPECT_THAT(theirs_.Release({"a"}), IsRefused());
  ExpectUntouched(before, 10s);
  EXPECT_THAT(ours_.Extend({"a"}, 15s), Succeeds());
  EXPECT_THAT(ours_.Release({"a"}), Succeeds());
}

TEST_P(OwnershipTest, OursThatRanOutDoesNotTouchTheirs) {
  ASSERT_THAT(ours_.Acquire({"a"}), Succeeds());
  ASSERT_TRUE(AllHaveIt());
  Vanish("a");
  ASSERT_THAT(theirs_.Acquire({"a"}, 10s), Succeeds());
  ASSERT_TRUE(AllHaveIt());
  const Words before = Values("a");
  const Answer extended = ours_.Extend({"a"}, 20s);
  EXPECT_TRUE(extended.Is("lost")) << extended;
  ExpectUntouched(before, 10s);
  const Answer released = ours_.Release({"a"});
  EXPECT_TRUE(released.Is("lost")) << released;
  ExpectUntouched(before, 10s);
  EXPECT_THAT(theirs_.Extend({"a"}, 15s), Succeeds());
  EXPECT_THAT(theirs_.Release({"a"}), Succeeds());
}

// Asking for what the other holds is no reason to free it, either.
TEST_P(OwnershipTest, WhoIsRefusedChangesNothing) {
  ASSERT_THAT(theirs_.Acquire({"a"}, 10s), Succeeds());
  ASSERT_THAT(ours_.Acquire({"b"}, 10s), Succeeds());
  ASSERT_TRUE(AllHaveIt());
  const Words before = Values("a");
  EXPECT_THAT(ours_.Acquire({"a"}), IsRefused());
  ExpectUntouched(before, 10s);
  EXPECT_THAT(theirs_.Acquire({"b"}), IsRefused());
  EXPECT_THAT(Values("b"), Each(MatchesRegex("[0-9a-f]{32}:[0-9]+:.*")));
  EXPECT_THAT(theirs_.Release({"a"}), Succeeds());
  EXPECT_THAT(ours_.Release({"b"}), Succeeds());
}

}  // namespace
}  // namespace holdfast::testing
