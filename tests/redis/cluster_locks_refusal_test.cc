// Clients of a cluster that do not agree on how it is set up, and servers that are not what they
// are given for.
#include <gmock/gmock.h>

#include <string>

#include "holdfast/errors.h"
#include "redis/cluster_locks.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

ClientOptions With(const RedisCluster& cluster, int seats, int groups) {
  ClientOptions options = LockOptions(cluster);
  options.seats = seats;
  options.groups = groups;
  return options;
}

std::string ErrorOf(const absl::StatusOr<BlockingLock>& lock) {
  return std::string(lock.status().message());
}

class DisagreementTest : public ::testing::Test {
 protected:
  // The first to come is right.
  void Refuses(const ClientOptions& first, const ClientOptions& second, const std::string& words) {
    const BlockingClient right = NewLockClient(first, first.seats * first.groups);
    const BlockingClient wrong = NewClient(second);
    const auto refused = wrong.Acquire("a");
    ASSERT_THAT(refused, FailsAs(IsMisconfigured));
    EXPECT_THAT(ErrorOf(refused), HasSubstr(words));
    const auto lock = right.Acquire("a");
    ASSERT_THAT(lock, IsOk());
    EXPECT_THAT(wrong.Acquire("a"), FailsAs(IsMisconfigured));
  }

  RedisCluster cluster_{3, 0};
};

TEST_F(DisagreementTest, AClientOfFiveSeatsIsRefusedWhereThreeAreInUse) {
  Refuses(With(cluster_, 3, 1), With(cluster_, 5, 1), "seats");
}

TEST_F(DisagreementTest, AClientOfThreeSeatsIsRefusedWhereFiveAreInUse) {
  Refuses(With(cluster_, 5, 1), With(cluster_, 3, 1), "seats");
}

TEST_F(DisagreementTest, AClientOfFourGroupsIsRefusedWhereThereIsOne) {
  Refuses(With(cluster_, 3, 1), With(cluster_, 3, 4), "groups");
}

TEST_F(DisagreementTest, AClientOfOneGroupIsRefusedWhereThereAreFour) {
  Refuses(With(cluster_, 3, 4), With(cluster_, 3, 1), "groups");
}

TEST(WrongServerTest, AClustersNodeIsNoIndependentServer) {
  RedisCluster cluster(3, 0);
  const auto refused = NewClient({.nodes = {cluster[0].url()}}).Acquire("a");
  ASSERT_THAT(refused, FailsAs(IsMisconfigured));
  EXPECT_THAT(ErrorOf(refused), HasSubstr("cluster"));
}

TEST(WrongServerTest, AnIndependentServerIsNoCluster) {
  RedisServer server;
  const auto refused = NewClient({.clusters = {{server.url()}}}).Acquire("a");
  EXPECT_FALSE(refused.ok());
  EXPECT_THAT(ErrorOf(refused), HasSubstr("cluster"));
}

}  // namespace
}  // namespace holdfast::testing
