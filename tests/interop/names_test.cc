// Which names are the same lock to both.
#include <string>

#include "interop/interop.h"

namespace holdfast::testing {
namespace {

class NamesTest : public InteropTest {};
INSTANTIATE_TEST_SUITE_P(Libraries, NamesTest,
                         ::testing::Values(kRedlock4, kRedlock5, kSesamecare, kPython),
                         ::testing::PrintToStringParamName());

// Byte for byte: whatever could be taken for a pattern, a tag, an escape or another encoding.
TEST_P(NamesTest, AreTheSameByteForByte) {
  const Words names = {"order:42", "two words", "{tag}:x", "a*?[b]\\", "\"quoted\"\r\n\t", "ünï→🔒"};
  for (const std::string& name : names) {
    EXPECT_THAT(theirs_.Acquire({name}), Succeeds()) << name;
    EXPECT_THAT(ours_.Acquire({name}), IsRefused()) << name;
    EXPECT_THAT(theirs_.Release({name}), Succeeds()) << name;
    EXPECT_THAT(ours_.Acquire({name}), Succeeds()) << name;
    EXPECT_THAT(theirs_.Acquire({name}), IsRefused()) << name;
    EXPECT_THAT(ours_.Release({name}), Succeeds()) << name;
  }
}

TEST_P(NamesTest, DifferInCase) {
  ASSERT_THAT(theirs_.Acquire({"a"}), Succeeds());
  EXPECT_THAT(ours_.Acquire({"A"}), Succeeds());
}

// By default ours have a prefix, and then others have to name it.
TEST_P(NamesTest, ArePrefixedUnlessToldOtherwise) {
  Peer prefixed(OurArgv(nodes_.urls(), "lock:"));
  ASSERT_THAT(theirs_.Acquire({"a"}), Succeeds());
  EXPECT_THAT(prefixed.Acquire({"a"}), Succeeds()) << "another key, so another lock";
  EXPECT_THAT(theirs_.Acquire({"lock:a"}), IsRefused());
  EXPECT_THAT(prefixed.Release({"a"}), Succeeds());
  EXPECT_THAT(theirs_.Acquire({"lock:a"}), Succeeds());
  EXPECT_THAT(prefixed.Acquire({"a"}), IsRefused());
}

// It selects a database of its own in its scripts, whatever the connection's is.
TEST(SesamecareDatabase, IsTheOneThatOursMustName) {
  RedisServer server;
  Peer theirs(TheirArgv(kSesamecare, {server.url()}, 3));
  Peer ours(OurArgv({server.url("", "/3")}));
  Peer elsewhere(OurArgv({server.url()}));
  ASSERT_THAT(theirs.Acquire({"a"}), Succeeds());
  EXPECT_THAT(ours.Acquire({"a"}), IsRefused());
  EXPECT_THAT(elsewhere.Acquire({"a"}), Succeeds());
  EXPECT_THAT(theirs.Release({"a"}), Succeeds());
  EXPECT_THAT(ours.Acquire({"a"}), Succeeds());
  EXPECT_THAT(theirs.Acquire({"a"}), IsRefused());
}

}  // namespace
}  // namespace holdfast::testing
