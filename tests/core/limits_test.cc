// Bounds on what users may ask for: each on both sides, each named in its message.
#include "core/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/names.h"
#include "support/status_matchers.h"

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.
using holdfast::testing::IsOk;
using holdfast::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

auto IsRefusedFor(const std::string& what) {
  return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(what));
}

ClientOptions Nodes(std::size_t count) {
  ClientOptions options;
  options.nodes.assign(count, "redis://a");
  return options;
}

// A client of three nodes, changed by `change`.
template <class Change>
absl::Status CheckWith(Change change) {
  ClientOptions options = Nodes(3);
  change(options);
  return CheckClient(options);
}

TEST(LimitsTest, NameHasOneToAThousandBytes) {
  EXPECT_THAT(CheckName("a"), IsOk());
  EXPECT_THAT(CheckName(std::string_view("\0\n", 2)), IsOk());
  EXPECT_THAT(CheckName(std::string(1024, 'x')), IsOk());
  EXPECT_THAT(CheckName(""), IsRefusedFor("name is empty"));
  EXPECT_THAT(CheckName(std::string(1025, 'x')), IsRefusedFor("1025 bytes; at most 1024"));
  EXPECT_LT(CheckName(std::string(1 << 20, 'x')).message().size(), 200U);
}

TEST(LimitsTest, TokenIs32LowerCaseHexadecimalDigits) {
  EXPECT_THAT(CheckToken("0123456789abcdef0123456789abcdef"), IsOk());
  for (const std::string& token :
       {std::string(), std::string(31, 'a'), std::string(33, 'a'), std::string(31, 'a') + "g",
        std::string(31, 'a') + "A", std::string(31, 'a') + " "}) {
    EXPECT_THAT(CheckToken(token), IsRefusedFor("the token")) << token;
  }
  EXPECT_THAT(CheckToken("5ecret"), Not(IsRefusedFor("5ecret"))) << "never shown";
}

TEST(LimitsTest, TtlIsWithinTenMillisecondsAndTheClientsMost) {
  EXPECT_THAT(CheckTtl(10ms, 30s), IsOk());
  EXPECT_THAT(CheckTtl(30s, 30s), IsOk());
  EXPECT_THAT(CheckTtl(9ms, 30s), IsRefusedFor("ttl of 9 ms is not within 10 ms to 30000 ms"));
  EXPECT_THAT(CheckTtl(30'001ms, 30s), IsRefusedFor("ttl of 30001 ms"));
  EXPECT_THAT(CheckTtl(milliseconds::min(), 30s), IsRefusedFor("ttl"));
  EXPECT_THAT(CheckTtl(milliseconds::max(), 30s), IsRefusedFor("ttl"));
}

TEST(LimitsTest, WaitIsNotNegativeAndNotLongerThanForever) {
  EXPECT_THAT(CheckAcquire({.wait = 0ms}, 30s), IsOk());
  EXPECT_THAT(CheckAcquire({.wait = kWaitForever}, 30s), IsOk());
  EXPECT_THAT(CheckAcquire({.wait = -1ms}, 30s), IsRefusedFor("wait of -1 ms"));
  EXPECT_THAT(CheckAcquire({.wait = kWaitForever + 1ms}, 30s), IsRefusedFor("wait of"));
}

TEST(LimitsTest, AcquisitionChecksItsTtl) {
  EXPECT_THAT(CheckAcquire({.ttl = 9ms}, 30s), IsRefusedFor("ttl"));
  EXPECT_THAT(CheckAcquire({.ttl = 31s}, 30s), IsRefusedFor("ttl"));
}

TEST(LimitsTest, RetryDelayIsPositiveAndJitterNotNegative) {
  EXPECT_THAT(CheckAcquire({.retry_delay = 1ms, .retry_jitter = 1ms}, 30s), IsOk());
  EXPECT_THAT(CheckAcquire({.retry_delay = 1h, .retry_jitter = 0ms}, 30s), IsOk());
  EXPECT_THAT(CheckAcquire({.retry_delay = 0ms, .retry_jitter = 0ms}, 30s),
              IsRefusedFor("retry_delay of 0 ms"));
  EXPECT_THAT(CheckAcquire({.retry_delay = 1h + 1ms}, 30s), IsRefusedFor("retry_delay"));
  EXPECT_THAT(CheckAcquire({.retry_jitter = -1ms}, 30s), IsRefusedFor("retry_jitter of -1 ms"));
  EXPECT_THAT(CheckAcquire({.retry_delay = 50ms, .retry_jitter = 51ms}, 30s), IsOk())
      << "a shorter delay alone is no mistake";
}

TEST(LimitsTest, OneToFifteenNodes) {
  EXPECT_THAT(CheckClient(Nodes(1)), IsOk());
  EXPECT_THAT(CheckClient(Nodes(15)), IsOk());
  EXPECT_THAT(CheckClient(Nodes(0)), IsRefusedFor("no nodes and no clusters"));
  EXPECT_THAT(CheckClient(Nodes(16)), IsRefusedFor("16 nodes; at most 15"));
}

TEST(LimitsTest, ForgetfulNodesMustLeaveAQuorum) {
  for (const int possible : {0, 1, 2}) {
    EXPECT_THAT(CheckWith([=](auto& o) { o.tolerate_forgetful = possible; }), IsOk());
  }
  for (const int impossible : {-1, 3, 1'000'000'000, 2'147'483'647}) {
    EXPECT_THAT(CheckWith([=](auto& o) { o.tolerate_forgetful = impossible; }),
                IsRefusedFor("tolerate_forgetful of " + std::to_string(impossible)));
  }
}

ClientOptions Clusters(std::size_t count) {
  ClientOptions options;
  options.clusters.assign(count, {"redis://a"});
  return options;
}

TEST(LimitsTest, OneClusterHasOneToSevenSeatsInOneToSixteenGroups) {
  for (const auto& [seats, groups] : {std::pair(1, 1), std::pair(7, 16)}) {
    ClientOptions options = Clusters(1);
    options.seats = seats;
    options.groups = groups;
    EXPECT_THAT(CheckClient(options), IsOk());
  }
  for (const int seats : {-1, 0, 8}) {
    ClientOptions options = Clusters(1);
    options.seats = seats;
    EXPECT_THAT(CheckClient(options),
                IsRefusedFor("seats of " + std::to_string(seats) + " is not within 1 to 7"));
  }
  for (const int groups : {-1, 0, 17}) {
    ClientOptions options = Clusters(1);
    options.groups = groups;
    EXPECT_THAT(CheckClient(options),
                IsRefusedFor("groups of " + std::to_string(groups) + " is not within 1 to 16"));
  }
}

TEST(LimitsTest, SeatsAndGroupsAreOfOneClusterWithoutNodes) {
  for (const auto& [nodes, clusters] : {std::pair(3, 0), std::pair(0, 2), std::pair(1, 1)}) {
    ClientOptions options = Nodes(static_cast<std::size_t>(nodes));
    options.clusters = Clusters(static_cast<std::size_t>(clusters)).clusters;
    EXPECT_THAT(CheckClient(options), IsOk()) << nodes << " nodes, " << clusters << " clusters";
    options.seats = 5;
    EXPECT_THAT(CheckClient(options), IsRefusedFor("seats can only be set for one cluster"));
    options.seats = 3;
    options.groups = 2;
    EXPECT_THAT(CheckClient(options), IsRefusedFor("groups can only be set for one cluster"));
  }
}

TEST(LimitsTest, EachClusterHasOneToAHundredRoots) {
  ClientOptions options = Clusters(2);
  options.clusters[1].assign(100, "redis://a");
  EXPECT_THAT(CheckClient(options), IsOk());
  options.clusters[1].assign(101, "redis://a");
  EXPECT_THAT(CheckClient(options), IsRefusedFor("number 2 has 101 URLs"));
  options.clusters[1].clear();
  EXPECT_THAT(CheckClient(options), IsRefusedFor("number 2 has 0 URLs"));
}

TEST(LimitsTest, NodesAndClustersTogetherAreAtMostFifteen) {
  ClientOptions options = Nodes(10);
  options.clusters = Clusters(5).clusters;
  EXPECT_THAT(CheckClient(options), IsOk());
  options.clusters = Clusters(6).clusters;
  EXPECT_THAT(CheckClient(options), IsRefusedFor("16 nodes and clusters; at most 15"));
}

TEST(LimitsTest, ForgetfulSeatsLeaveAQuorumOfSeats) {
  ClientOptions options = Clusters(1);
  options.seats = 5;
  options.tolerate_forgetful = 4;
  EXPECT_THAT(CheckClient(options), IsOk());
  options.seats = 4;
  EXPECT_THAT(CheckClient(options), IsRefusedFor("not possible with 4 seats"));
}

TEST(LimitsTest, AClustersNodeTimeoutIsAtMostTenMinutes) {
  ClientOptions options = Clusters(1);
  options.cluster_node_timeout = 10min;
  EXPECT_THAT(CheckClient(options), IsOk());
  for (const auto bad : {-1ms, milliseconds(10min) + 1ms}) {
    options.cluster_node_timeout = bad;
    EXPECT_THAT(CheckClient(options), IsRefusedFor("cluster_node_timeout of"));
  }
}

TEST(LimitsTest, OwnerIsShortAndHasNoControlCharacters) {
  EXPECT_THAT(CheckWith([](auto& o) { o.owner = std::string(256, 'x'); }), IsOk());
  EXPECT_THAT(CheckWith([](auto& o) { o.owner = "J\xc3\xbcrgen's host: 7"; }), IsOk());
  EXPECT_THAT(CheckWith([](auto& o) { o.owner = std::string(257, 'x'); }),
              IsRefusedFor("owner of 257 bytes"));
  for (const char control : {'\n', '\0', '\x1b', '\x7f'}) {
    EXPECT_THAT(CheckWith([=](auto& o) { o.owner = std::string("a") + control; }),
                IsRefusedFor("owner \"a\\x"));
  }
}

TEST(LimitsTest, DurationsOfTheClientAreBounded) {
  EXPECT_THAT(CheckWith([](auto& o) { o.max_ttl = 10ms; }), IsOk());
  EXPECT_THAT(CheckWith([](auto& o) { o.max_ttl = 24h; }), IsOk());
  EXPECT_THAT(CheckWith([](auto& o) { o.max_ttl = 9ms; }), IsRefusedFor("max_ttl of 9 ms"));
  EXPECT_THAT(CheckWith([](auto& o) { o.max_ttl = 24h + 1ms; }), IsRefusedFor("max_ttl"));
  EXPECT_THAT(CheckWith([](auto& o) { o.connect_timeout = 1ms; }), IsOk());
  EXPECT_THAT(CheckWith([](auto& o) { o.connect_timeout = 1h; }), IsOk());
  EXPECT_THAT(CheckWith([](auto& o) { o.connect_timeout = 0ms; }), IsRefusedFor("connect_timeout"));
  EXPECT_THAT(CheckWith([](auto& o) { o.connect_timeout = 1h + 1ms; }),
              IsRefusedFor("connect_timeout"));
  EXPECT_THAT(CheckWith([](auto& o) { o.command_timeout = 1ms; }), IsOk());
  EXPECT_THAT(CheckWith([](auto& o) { o.command_timeout = 1h; }), IsOk());
  EXPECT_THAT(CheckWith([](auto& o) { o.command_timeout = 0ms; }), IsRefusedFor("command_timeout"));
  EXPECT_THAT(CheckWith([](auto& o) { o.command_timeout = 1h + 1ms; }),
              IsRefusedFor("command_timeout"));
}

TEST(LimitsTest, DriftFactorIsANumberFromZeroToAHalf) {
  for (const double good : {0.0, 0.01, 0.5}) {
    EXPECT_THAT(CheckWith([=](auto& o) { o.drift_factor = good; }), IsOk());
  }
  for (const double bad : {-0.001, 0.501, 1e300, HUGE_VAL, -HUGE_VAL, std::nan("")}) {
    EXPECT_THAT(CheckWith([=](auto& o) { o.drift_factor = bad; }), IsRefusedFor("drift_factor"))
        << bad;
  }
}

TEST(LimitsTest, KeyPrefixIsAtMostAsLongAsAName) {
  EXPECT_THAT(CheckWith([](auto& o) { o.key_prefix = ""; }), IsOk());
  EXPECT_THAT(CheckWith([](auto& o) { o.key_prefix = std::string(1024, 'x'); }), IsOk());
  EXPECT_THAT(CheckWith([](auto& o) { o.key_prefix = std::string(1025, 'x'); }),
              IsRefusedFor("key_prefix"));
}

TEST(LimitsTest, LockHasOneToManyNamesEachOfThemOne) {
  EXPECT_THAT(CheckNames(Names("a").list()), IsOk());
  EXPECT_THAT(CheckNames(std::vector<std::string>(kMaxNames, "a")), IsOk());
  EXPECT_THAT(CheckNames({}), IsRefusedFor("no name of a lock given"));
  EXPECT_THAT(CheckNames(std::vector<std::string>(kMaxNames + 1, "a")),
              IsRefusedFor(std::to_string(kMaxNames + 1) + " names for one lock; at most " +
                           std::to_string(kMaxNames)));
  EXPECT_THAT(CheckNames(std::vector<std::string>{"a", "", "b"}), IsRefusedFor("name is empty"));
}

TEST(LimitsTest, AttemptsAreNotNegative) {
  EXPECT_THAT(CheckAcquire({.max_attempts = 1}, 30s), IsOk());
  EXPECT_THAT(CheckAcquire({.max_attempts = -1}, 30s),
              IsRefusedFor("max_attempts of -1 is negative"));
}

TEST(LimitsTest, MaxHoldBoundsAutomaticExtensionFromTheTtlOn) {
  const auto check = [](milliseconds max_hold, bool auto_extend) {
    AcquireOptions options;
    options.ttl = 10s;
    options.auto_extend = auto_extend;
    options.max_hold = max_hold;
    return CheckAcquire(options, 30s);
  };
  EXPECT_THAT(check(0ms, false), IsOk()) << "0: without bound";
  EXPECT_THAT(check(10s, true), IsOk());
  EXPECT_THAT(check(kWaitForever, true), IsOk());
  EXPECT_THAT(check(10s - 1ms, true), IsRefusedFor("max_hold of 9999 ms"));
  EXPECT_THAT(check(-1ms, true), IsRefusedFor("max_hold of -1 ms"));
  EXPECT_THAT(check(kWaitForever + 1ms, true), IsRefusedFor("max_hold"));
  EXPECT_THAT(check(20s, false), IsRefusedFor("which is not switched on"));
}

TEST(LimitsTest, ClientNameIsAWordOfAscii) {
  EXPECT_THAT(CheckClientName(""), IsOk());
  EXPECT_THAT(CheckClientName("billing-7!~"), IsOk());
  for (const std::string name : {"a b", " ", "a\n", "a\x7f", "\xc3\xa4"}) {
    EXPECT_THAT(CheckClientName(name), IsRefusedFor("client_name")) << name;
  }
  EXPECT_THAT(CheckWith([](auto& o) { o.client_name = "a\x1b"; }), IsRefusedFor("\"a\\x1b\""));
}

}  // namespace
}  // namespace holdfast::core
