// Error replies of a cluster's nodes, also malformed ones.
#include "core/redirect.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>

#include "seed.h"

namespace holdfast::core {
namespace {

using Kind = Redirect::Kind;

TEST(RedirectTest, ReadsWhereTheSlotIs) {
  const Redirect moved = ReadRedirect("MOVED 3999 127.0.0.1:6381");
  EXPECT_EQ(moved.kind, Kind::kMoved);
  EXPECT_EQ(moved.slot, 3999);
  EXPECT_EQ(moved.host, "127.0.0.1");
  EXPECT_EQ(moved.port, 6381);
  const Redirect ask = ReadRedirect("ASK 16383 Node-1.Example.com:65535");
  EXPECT_EQ(ask.kind, Kind::kAsk);
  EXPECT_EQ(ask.slot, 16383);
  EXPECT_EQ(ask.host, "node-1.example.com");
  EXPECT_EQ(ask.port, 65535);
}

TEST(RedirectTest, ReadsAnIpv6Address) {
  const Redirect moved = ReadRedirect("MOVED 0 2001:DB8::1:6381");
  EXPECT_EQ(moved.kind, Kind::kMoved);
  EXPECT_EQ(moved.host, "2001:db8::1");
  EXPECT_EQ(moved.port, 6381);
  EXPECT_EQ(ReadRedirect("ASK 0 fe80::1%eth0:1").host, "fe80::1%eth0");
  EXPECT_EQ(ReadRedirect("ASK 0 ::ffff:127.0.0.1:1").host, "::ffff:127.0.0.1");
}

TEST(RedirectTest, TheHostMayBeLeftOutOrUnknown) {
  const Redirect same = ReadRedirect("MOVED 5 :7000");
  EXPECT_EQ(same.kind, Kind::kMoved);
  EXPECT_EQ(same.host, "");
  EXPECT_EQ(same.port, 7000);
  EXPECT_EQ(ReadRedirect("ASK 5 ?:7000").kind, Kind::kAsk);
  EXPECT_EQ(ReadRedirect("ASK 5 ?:7000").host, "?");
}

TEST(RedirectTest, KnowsTheOtherErrorsOfAClusterByTheirFirstWord) {
  const std::pair<std::string, Kind> expected[] = {
      {"TRYAGAIN Multiple keys request during rehashing of slot", Kind::kTryAgain},
      {"CLUSTERDOWN The cluster is down", Kind::kClusterDown},
      {"CLUSTERDOWN", Kind::kClusterDown},
      {"READONLY You can't write against a read only replica.", Kind::kReadOnly},
      {"LOADING Redis is loading the dataset in memory", Kind::kLoading},
      {"MASTERDOWN Link with MASTER is down", Kind::kMasterDown},
      {"ERR MOVED 1 a:1", Kind::kNone},
      {"MOVEDX 1 a:1", Kind::kNone},
      {"moved 1 a:1", Kind::kNone},
      {"LOADINGS x", Kind::kNone},
      {"CROSSSLOT Keys in request don't hash to the same slot", Kind::kNone},
      {" MOVED 1 a:1", Kind::kNone},
      {"", Kind::kNone}};
  for (const auto& [text, kind] : expected) EXPECT_EQ(ReadRedirect(text).kind, kind) << text;
}

TEST(RedirectTest, RefusesWhatNamesNoSlotOrNoAddress) {
  const std::string bad[] = {"",
                             " ",
                             " 1",
                             " a:1",
                             " 1 a",
                             " 1 a:",
                             " 1 a:0",
                             " 1 a:65536",
                             " 1 a:-1",
                             " 1 a:+1",
                             " 1 a:1 ",
                             " 1 a:1 b",
                             " 1 a:1\r\n",
                             " 16384 a:1",
                             " -1 a:1",
                             " x a:1",
                             "  1 a:1",
                             " 1  a:1",
                             " 1 a b:1",
                             " 1 a/b:1",
                             " 1 a\x1b:1",
                             " 1 a@b:1",
                             " 1 [::1]:1",
                             " 1 x:y:1",
                             " 1 ::1%:1",
                             " 1 ::1%a:b:1",
                             " 1 ?a:1",
                             " 1 a:0x1",
                             " 1 a:1e1",
                             " 1:1",
                             " 1 \xff:1",
                             " 99999999999 a:1",
                             " 1 a:99999999999",
                             " 1 " + std::string(256, 'a') + ":1",
                             " 1 a" + std::string(1, '\0') + ":1"};
  for (const std::string code : {"MOVED", "ASK"}) {
    for (const std::string& rest : bad) {
      const Redirect redirect = ReadRedirect(code + rest);
      EXPECT_EQ(redirect.kind, Kind::kMalformed) << code + rest;
      EXPECT_EQ(redirect.port, 0) << code + rest;
    }
  }
}

TEST(ScriptRedirectTest, OnlyWhatServersThemselvesSayIsOne) {
  EXPECT_EQ(ReadScriptRedirect("MOVED 1 a:1").kind, Kind::kMoved);
  EXPECT_EQ(ReadScriptRedirect("ASK 1 a:1").kind, Kind::kAsk);
  EXPECT_EQ(ReadScriptRedirect("TRYAGAIN Multiple keys request during rehashing of slot").kind,
            Kind::kTryAgain);
  EXPECT_EQ(ReadScriptRedirect("CLUSTERDOWN Hash slot not served").kind, Kind::kClusterDown);
  for (const std::string own :
       {"TRYAGAIN later", "MOVED to archive", "ASK again", "LOADING", "ERR a",
        "READONLY You can't write against a read only replica. script: x"}) {
    EXPECT_EQ(ReadScriptRedirect(own).kind, Kind::kNone) << own;
  }
}

TEST(RedirectTest, SurvivesRandomText) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(SeedText(seed));
  std::mt19937 random(seed);
  const std::string parts[] = {"MOVED", "ASK", " ", ":", "16383", "16384", "a",
                               "::1",   "?",   "%", "0", "65535", "\n",    std::string(1, '\0')};
  int followed = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text = random() % 2 == 0 ? "MOVED " : "";
    for (unsigned n = random() % 8; n > 0; --n) text += parts[random() % std::size(parts)];
    const Redirect redirect = ReadRedirect(text);
    if (redirect.kind != Kind::kMoved && redirect.kind != Kind::kAsk) continue;
    ++followed;
    ASSERT_LT(redirect.slot, 16384) << text;
    ASSERT_NE(redirect.port, 0) << text;
    ASSERT_EQ(redirect.host.find_first_of(" \n"), std::string::npos) << text;
  }
  EXPECT_GT(followed, 0);
}

}  // namespace
}  // namespace holdfast::core
