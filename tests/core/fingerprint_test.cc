// What clients of the same nodes must agree on, and how a difference is told.
#include "core/fingerprint.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "core/url.h"

namespace holdfast::core {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

Endpoint At(const std::string& host, std::uint16_t port = 6379) {
  Endpoint endpoint;
  endpoint.host = host;
  endpoint.port = port;
  return endpoint;
}

const std::string kOurs = MakeFingerprint(5, 3, 30s, "a:6379,b:6379");

TEST(FingerprintTest, SaysAllThatMustBeTheSame) {
  EXPECT_EQ(kOurs, "schema=1 nodes=5 quorum=3 max_ttl=30000 membership=a:6379,b:6379");
}

TEST(FingerprintTest, MembersAreSortedAddresses) {
  EXPECT_EQ(MembershipOf({At("b", 1).name(), At("::1").name(), At("a").name()}),
            "[::1]:6379,a:6379,b:1");
}

TEST(FingerprintTest, MembersDoNotShowPasswords) {
  Endpoint endpoint = At("a");
  endpoint.username = "me";
  endpoint.password = "s3cret";
  EXPECT_EQ(MembershipOf({endpoint.name()}), "a:6379");
}

TEST(FingerprintDifferenceTest, IsEmptyBetweenEquals) {
  EXPECT_EQ(FingerprintDifference(kOurs, kOurs), "");
}

TEST(FingerprintDifferenceTest, NamesEachThingThatDiffers) {
  EXPECT_EQ(FingerprintDifference(MakeFingerprint(3, 3, 30s, "a:6379,b:6379"), kOurs),
            "it is configured for 3 nodes, not 5");
  EXPECT_EQ(FingerprintDifference(MakeFingerprint(5, 4, 30s, "a:6379,b:6379"), kOurs),
            "it is configured for quorum 4, not 3");
  EXPECT_EQ(FingerprintDifference(MakeFingerprint(5, 3, 10s, "a:6379,b:6379"), kOurs),
            "it is configured for a max_ttl of 10000 ms, not 30000");
  EXPECT_EQ(FingerprintDifference(MakeFingerprint(5, 3, 30s, "a:1"), kOurs),
            "it is configured for other members (a:1), not (a:6379,b:6379)");
  EXPECT_EQ(FingerprintDifference("schema=2" + kOurs.substr(8), kOurs),
            "it is configured for version 2 of the keys, not 1");
}

TEST(FingerprintDifferenceTest, NamesAllOfThem) {
  EXPECT_EQ(FingerprintDifference(MakeFingerprint(5, 2, 30s, "x"), kOurs),
            "it is configured for quorum 2, not 3; for other members (x), not (a:6379,b:6379)");
}

TEST(FingerprintDifferenceTest, AMembershipMayHaveAnyName) {
  EXPECT_EQ(FingerprintDifference(MakeFingerprint(5, 3, 30s, "my nodes=2 "),
                                  MakeFingerprint(5, 3, 30s, "my nodes=3 ")),
            "it is configured for other members (my nodes=2 ), not (my nodes=3 )");
}

TEST(FingerprintDifferenceTest, AnyOtherTextIsShownAsItIs) {
  for (const std::string text :
       {"", "schema=1", "nodes=5 schema=1", "hello", "schema=1 nodes=5 quorum=3 max_ttl=30000",
        "schema=1 nodes=5  quorum=3 max_ttl=30000 membership=a"}) {
    EXPECT_EQ(FingerprintDifference(text, kOurs),
              "it is configured in a way that is not understood here (" + text + ")");
  }
}

TEST(FingerprintDifferenceTest, HostileTextIsFitToBeShown) {
  const std::string evil = "\x1b[2J\r\n" + std::string(100'000, '\xff');
  for (const std::string& text : {evil, MakeFingerprint(5, 3, 30s, evil), "schema=" + evil}) {
    const std::string difference = FingerprintDifference(text, kOurs);
    EXPECT_THAT(difference, StartsWith("it is configured "));
    EXPECT_THAT(difference, HasSubstr("\\x1b"));
    EXPECT_LT(difference.size(), 10'000U);
    EXPECT_THAT(difference, Each(::testing::AllOf(::testing::Ge(' '), ::testing::Le('~'))));
  }
}

const std::string kSeats = MakeClusterFingerprint(3, 1, 2, 30s, "cluster");

TEST(ClusterFingerprintTest, SaysAllThatMustBeTheSame) {
  EXPECT_EQ(kSeats, "schema=1 seats=3 groups=1 quorum=2 max_ttl=30000 membership=cluster");
}

TEST(ClusterFingerprintTest, DifferenceNamesEachThingThatDiffers) {
  EXPECT_EQ(FingerprintDifference(kSeats, kSeats), "");
  EXPECT_EQ(FingerprintDifference(MakeClusterFingerprint(5, 1, 2, 30s, "cluster"), kSeats),
            "it is configured for 5 seats, not 3");
  EXPECT_EQ(FingerprintDifference(MakeClusterFingerprint(3, 4, 2, 30s, "cluster"), kSeats),
            "it is configured for 4 groups of seats, not 1");
  EXPECT_EQ(FingerprintDifference(MakeClusterFingerprint(3, 1, 3, 30s, "x y"), kSeats),
            "it is configured for quorum 3, not 2; for other members (x y), not (cluster)");
}

TEST(ClusterFingerprintTest, TellsSeatsOfOneClusterFromIndependentNodes) {
  EXPECT_EQ(FingerprintDifference(kOurs, kSeats),
            "it is configured as one of 5 nodes, not for 3 seats of one cluster");
  EXPECT_EQ(FingerprintDifference(kSeats, kOurs),
            "it is configured for 3 seats of one cluster, not as one of 5 nodes");
}

TEST(ClusterFingerprintTest, OtherSeatsAreOtherKeys) {
  EXPECT_FALSE(AreOfOtherSeats(kSeats, kSeats));
  EXPECT_FALSE(AreOfOtherSeats(MakeClusterFingerprint(3, 1, 3, 9s, "x"), kSeats));
  EXPECT_TRUE(AreOfOtherSeats(MakeClusterFingerprint(5, 1, 2, 30s, "cluster"), kSeats));
  EXPECT_TRUE(AreOfOtherSeats(MakeClusterFingerprint(3, 2, 2, 30s, "cluster"), kSeats));
  EXPECT_TRUE(AreOfOtherSeats(kOurs, kSeats));
  EXPECT_TRUE(AreOfOtherSeats(kSeats, kOurs));
  EXPECT_TRUE(AreOfOtherSeats("rubbish", kSeats));
  EXPECT_FALSE(AreOfOtherSeats(MakeFingerprint(3, 2, 30s, "a"), kOurs));
  EXPECT_FALSE(AreOfOtherSeats("rubbish", kOurs));
}

TEST(FingerprintDifferenceTest, OursThatIsNotUnderstoodIsNotTakenApart) {
  EXPECT_THAT(FingerprintDifference(kOurs, "another"), HasSubstr("not understood here (schema=1 "));
}

}  // namespace
}  // namespace holdfast::core
