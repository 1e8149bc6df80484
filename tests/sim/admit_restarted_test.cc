// What a restart in a quarantine leaves of it.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/fingerprint.h"
#include "lua_node.h"
#include "lua_runner.h"

namespace holdfast::core {
namespace {

class AdmitRestartedTest : public ::testing::Test {
 protected:
  // How long the node stays shut, in ms, after it is asked for a `max_ttl` so long.
  std::int64_t Admit(milliseconds max_ttl, bool force = false) {
    const std::string fingerprint = MakeFingerprint(3, 2, max_ttl, "a");
    const std::string ttl = std::to_string(max_ttl.count());
    const std::vector<std::string_view> keys = {"holdfast:guard"};
    const std::vector<std::string_view> arguments = {
        node_.redis().run_id(), fingerprint, ttl, "0", "0", "0", "0", force ? "1" : "0"};
    Reply reply;
    node_.Eval(kAdmitScript, keys, arguments, now_ms_ * 1000, reply);
    EXPECT_EQ(reply.root().at(0).text(), "STATE");
    return reply.root().at(2).integer();
  }

  LuaRunner lua_;
  LuaNode node_{lua_, 1};
  std::int64_t now_ms_ = 1'700'000'000'000;
};

TEST_F(AdmitRestartedTest, LeasesOfAnEarlierConfigurationAreWaitedFor) {
  Admit(milliseconds(30'000));
  EXPECT_EQ(Admit(milliseconds(5'000), true), 30'000);
  now_ms_ += 1'000;
  node_.Restart();
  EXPECT_EQ(Admit(milliseconds(5'000)), 29'000);
  now_ms_ += 1'000;
  node_.Restart();
  EXPECT_EQ(Admit(milliseconds(5'000)), 28'000);
}

TEST_F(AdmitRestartedTest, AfterAQuarantineOnlyThoseOfThisOneAre) {
  Admit(milliseconds(30'000));
  Admit(milliseconds(5'000), true);
  now_ms_ += 40'000;
  node_.Restart();
  EXPECT_EQ(Admit(milliseconds(5'000)), 5'000);
  now_ms_ += 10'000;
  node_.Restart();
  EXPECT_EQ(Admit(milliseconds(5'000)), 5'000);
}

}  // namespace
}  // namespace holdfast::core
