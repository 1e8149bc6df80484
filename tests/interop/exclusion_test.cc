// Who holds a lock keeps the other out, until it is released or runs out.
#include <string>

#include "interop/interop.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::Gt;
using ::testing::Le;
using ::testing::MatchesRegex;
using namespace std::chrono_literals;

class ExclusionTest : public InteropTest {
 protected:
  void ExpectWaitsForExpiry(Peer& holder, Peer& other) {
    const auto both = [&] {
      ASSERT_THAT(holder.Acquire({"a"}, 1s), Succeeds());
      EXPECT_THAT(other.Acquire({"a"}, Peer::kLong, kPatience), Succeeds());
    };
    EXPECT_THAT(TimeOf(both), Ge(990ms)) << "clocks may differ by a few ms";
    EXPECT_THAT(holder.Acquire({"a"}), IsRefused());
  }
};
INSTANTIATE_TEST_SUITE_P(Libraries, ExclusionTest,
                         ::testing::Values(kRedlock4, kRedlock5, kSesamecare, kPython),
                         ::testing::PrintToStringParamName());

TEST_P(ExclusionTest, TheirsIsToldAsHeldToOurs) {
  ASSERT_THAT(theirs_.Acquire({"a"}, 20s), Succeeds());
  const Answer refused = ours_.Acquire({"a"});
  EXPECT_TRUE(refused.Is("held")) << refused;
  EXPECT_EQ(refused.json.value("holder", "?"), "") << "it left no name";
  EXPECT_THAT(refused.json.value("remaining", 0), AllOf(Gt(0), Le(20'000))) << refused;
  EXPECT_THAT(theirs_.Release({"a"}), Succeeds());
  EXPECT_THAT(ours_.Acquire({"a"}), Succeeds());
}

TEST_P(ExclusionTest, OursRefusesTheirs) {
  ASSERT_THAT(ours_.Acquire({"a"}), Succeeds());
  EXPECT_THAT(theirs_.Acquire({"a"}), IsRefused());
  EXPECT_THAT(ours_.Release({"a"}), Succeeds());
  EXPECT_THAT(theirs_.Acquire({"a"}), Succeeds());
}

// What is known of them on the wire: 32 hexadecimal digits, and an expiry.
TEST_P(ExclusionTest, TheirKeysAreTheNamesAndLookAsExpected) {
  ASSERT_THAT(theirs_.Acquire({"a"}, 20s), Succeeds());
  EXPECT_TRUE(AwaitCount("a", nodes_.size()));
  EXPECT_THAT(Values("a"), Each(MatchesRegex("[0-9a-f]{32}")));
  for (const auto& node : nodes_) {
    EXPECT_THAT(std::stoi(node->Command({"PTTL", "a"})), AllOf(Gt(0), Le(20'000)));
  }
}

TEST_P(ExclusionTest, TheirReleaseEndsOurWait) {
  ASSERT_THAT(theirs_.Acquire({"a"}), Succeeds());
  ours_.StartAcquire({"a"});
  AwaitTries();
  EXPECT_THAT(theirs_.Release({"a"}), Succeeds());
  EXPECT_THAT(ours_.Await(), Succeeds());
}

TEST_P(ExclusionTest, OurReleaseEndsTheirWait) {
  ASSERT_THAT(ours_.Acquire({"a"}), Succeeds());
  theirs_.StartAcquire({"a"});
  AwaitTries();
  EXPECT_THAT(ours_.Release({"a"}), Succeeds());
  EXPECT_THAT(theirs_.Await(), Succeeds());
}

TEST_P(ExclusionTest, TheirExpiryEndsOurWait) { ExpectWaitsForExpiry(theirs_, ours_); }

TEST_P(ExclusionTest, OurExpiryEndsTheirWait) { ExpectWaitsForExpiry(ours_, theirs_); }

// Each with its way to hold a lock for longer than its ttl.
TEST_P(ExclusionTest, OursIsKeptBeyondItsTtl) {
  const Json keep = {{"do", "keep"}, {"names", {"a"}}, {"ttl", 1500}};
  ASSERT_THAT(ours_.Ask(keep), Succeeds());
  EXPECT_THAT(theirs_.Acquire({"a"}, Peer::kLong, 3500ms), IsRefused());
  EXPECT_THAT(ours_.Ask({{"do", "end"}, {"names", {"a"}}}), Succeeds());
  EXPECT_THAT(theirs_.Acquire({"a"}), Succeeds());
}

class KeptTest : public InteropTest {};
INSTANTIATE_TEST_SUITE_P(Libraries, KeptTest, ::testing::Values(kRedlock5, kSesamecare),
                         ::testing::PrintToStringParamName());

TEST_P(KeptTest, TheirsIsKeptBeyondItsTtl) {
  const Json keep = {{"do", "keep"}, {"names", {"a"}}, {"ttl", 1500}};
  ASSERT_THAT(theirs_.Ask(keep), Succeeds());
  EXPECT_THAT(ours_.Acquire({"a"}, Peer::kLong, 3500ms), IsRefused());
  EXPECT_THAT(theirs_.Ask({{"do", "end"}, {"names", {"a"}}}), Succeeds());
  EXPECT_THAT(ours_.Acquire({"a"}), Succeeds());
}

}  // namespace
}  // namespace holdfast::testing
