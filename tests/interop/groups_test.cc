// Several names at once, and keys on some of the nodes.
#include <cstddef>

#include "interop/interop.h"

namespace holdfast::testing {
namespace {

class GroupsTest : public InteropTest {};
INSTANTIATE_TEST_SUITE_P(Libraries, GroupsTest,
                         ::testing::Values(kRedlock4, kRedlock5, kSesamecare),
                         ::testing::PrintToStringParamName());

TEST_P(GroupsTest, OursThatOverlapsTheirsLeavesNoPartialKey) {
  ASSERT_THAT(theirs_.Acquire({"a", "b"}), Succeeds());
  EXPECT_THAT(ours_.Acquire({"b", "c"}), IsRefused());
  EXPECT_THAT(ours_.Acquire({"c", "a"}), IsRefused());
  EXPECT_TRUE(Freed("c"));
  EXPECT_THAT(ours_.Acquire({"c", "d"}), Succeeds()) << "what does not overlap";
  EXPECT_THAT(theirs_.Release({"a", "b"}), Succeeds());
  EXPECT_THAT(ours_.Acquire({"a", "b"}), Succeeds());
}

TEST_P(GroupsTest, TheirsThatOverlapsOursLeavesNoPartialKey) {
  ASSERT_THAT(ours_.Acquire({"a", "b"}), Succeeds());
  EXPECT_THAT(theirs_.Acquire({"b", "c"}), IsRefused());
  EXPECT_THAT(theirs_.Acquire({"c", "a"}), IsRefused());
  EXPECT_TRUE(Freed("c"));
  EXPECT_THAT(theirs_.Acquire({"c", "d"}), Succeeds()) << "what does not overlap";
  EXPECT_THAT(ours_.Release({"a", "b"}), Succeeds());
  EXPECT_THAT(theirs_.Acquire({"a", "b"}), Succeeds());
}

class SomeNodesTest : public NodesTest {
 protected:
  Words Urls(std::ptrdiff_t count) const {
    const Words urls = nodes_.urls();
    return {urls.begin(), urls.begin() + count};
  }
  Words Theirs(std::ptrdiff_t nodes) const { return TheirArgv(GetParam(), Urls(nodes)); }
  Words Ours(std::ptrdiff_t nodes) const { return OurArgv(Urls(nodes)); }

  // One of two holds the lock on the first nodes, and no more; the other knows all nodes.
  void ExpectUnhurt(const Words& holder, const Words& other) {
    Peer first(holder);
    ASSERT_THAT(first.Acquire({"a"}), Succeeds());
    const Words before = Values("a");
    Peer second(other);
    EXPECT_THAT(second.Acquire({"a"}), Succeeds());
    EXPECT_THAT(second.Release({"a"}), Succeeds());
    EXPECT_TRUE(AwaitCount("a", 1));
    EXPECT_EQ(Values("a"), before);
  }
  void ExpectRefusedAndClean(const Words& holder, const Words& other) {
    Peer first(holder);
    ASSERT_THAT(first.Acquire({"a"}), Succeeds());
    const Words before = Values("a");
    Peer second(other);
    EXPECT_THAT(second.Acquire({"a"}), IsRefused());
    EXPECT_TRUE(AwaitCount("a", 2));
    EXPECT_EQ(Values("a"), before);
  }
};
INSTANTIATE_TEST_SUITE_P(Libraries, SomeNodesTest,
                         ::testing::Values(kRedlock4, kRedlock5, kSesamecare),
                         ::testing::PrintToStringParamName());

TEST_P(SomeNodesTest, TheirsOnAMinorityDoesNotHurtOurs) { ExpectUnhurt(Theirs(1), Ours(3)); }

TEST_P(SomeNodesTest, OursOnAMinorityDoesNotHurtTheirs) { ExpectUnhurt(Ours(1), Theirs(3)); }

TEST_P(SomeNodesTest, TheirsOnAMajorityRefusesOursWhichCleansUp) {
  ExpectRefusedAndClean(Theirs(2), Ours(3));
}

TEST_P(SomeNodesTest, OursOnAMajorityRefusesTheirsWhichCleansUp) {
  ExpectRefusedAndClean(Ours(2), Theirs(3));
}

}  // namespace
}  // namespace holdfast::testing
