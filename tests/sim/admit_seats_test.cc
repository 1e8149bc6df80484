// Which configuration the admit script lets another one replace: never one of other seats.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/fingerprint.h"
#include "lua_node.h"
#include "lua_runner.h"

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.

constexpr std::int64_t kNowUs = 1'700'000'000'000'000;

class AdmitSeatsTest : public ::testing::Test {
 protected:
  std::string Admit(const std::string& fingerprint, bool force) {
    const std::vector<std::string_view> keys = {"{fjl}holdfast:guard"};
    const std::vector<std::string_view> arguments = {
        node_.redis().run_id(), fingerprint, "45000", "0", "0", "0", "0", force ? "1" : "0"};
    Reply reply;
    node_.Eval(kAdmitScript, keys, arguments, kNowUs, reply);
    return std::string(reply.root().at(0).text());
  }

  // What a forced `next` is answered where `first` is installed.
  std::string Replace(const std::string& first, const std::string& next) {
    node_.redis().Flush();
    EXPECT_EQ(Admit(first, false), "STATE");
    EXPECT_EQ(Admit(next, false), "MISMATCH");
    return Admit(next, true);
  }

  LuaRunner lua_;
  LuaNode node_{lua_, 1};
};

const std::string kSeats = MakeClusterFingerprint(3, 1, 2, 30s, "cluster");

TEST_F(AdmitSeatsTest, AnotherQuorumTtlOrMembershipReplacesOurs) {
  EXPECT_EQ(Replace(MakeClusterFingerprint(3, 1, 3, 30s, "cluster"), kSeats), "STATE");
  EXPECT_EQ(Replace(MakeClusterFingerprint(3, 1, 2, 10s, "cluster"), kSeats), "STATE");
  EXPECT_EQ(Replace(MakeClusterFingerprint(3, 1, 2, 30s, "x"), kSeats), "STATE");
}

TEST_F(AdmitSeatsTest, OtherSeatsAreNotReplaced) {
  EXPECT_EQ(Replace(MakeClusterFingerprint(5, 1, 2, 30s, "cluster"), kSeats), "MISMATCH");
  EXPECT_EQ(Replace(MakeClusterFingerprint(3, 2, 2, 30s, "cluster"), kSeats), "MISMATCH");
}

TEST_F(AdmitSeatsTest, SeatsAndIndependentNodesDoNotReplaceEachOther) {
  const std::string nodes = MakeFingerprint(3, 2, 30s, "seats=3 groups=1 ");
  EXPECT_EQ(Replace(nodes, kSeats), "MISMATCH");
  EXPECT_EQ(Replace(kSeats, nodes), "MISMATCH");
}

TEST_F(AdmitSeatsTest, IndependentNodesAreReplacedAsEver) {
  EXPECT_EQ(Replace(MakeFingerprint(5, 3, 30s, "a"), MakeFingerprint(3, 2, 10s, "b")), "STATE");
}

}  // namespace
}  // namespace holdfast::core
