// Reading CLUSTER SLOTS, also from servers that mean no good.
#include <gtest/gtest.h>

#include <string>

#include "core/topology_reply.h"
#include "topology_harness.h"

namespace holdfast::core {
namespace {

const NodeAddress kAsked = {"asked", 7000};

std::string Read(std::string_view text) {
  const ReplyText reply(text);
  const auto topology = ReadClusterSlots(reply.root(), kAsked);
  if (topology.ok()) return Show(*topology);
  return std::string(topology.status().message().data(), topology.status().message().size());
}

absl::StatusCode CodeOf(std::string_view text) {
  const ReplyText reply(text);
  return ReadClusterSlots(reply.root(), kAsked).status().code();
}

TEST(ClusterSlotsTest, ReadsTheFormOfRedis6) {
  EXPECT_EQ(Read("[[0 5460 ['127.0.0.1' 7000 'aa'] ['127.0.0.1' 7003 'dd']]"
                 " [5461 16383 ['127.0.0.1' 7001 'bb']]]"),
            "127.0.0.1:7000 0-5460; 127.0.0.1:7003 of 127.0.0.1:7000; "
            "127.0.0.1:7001 5461-16383; nobody");
}

TEST(ClusterSlotsTest, ReadsTheFormOfRedis7) {
  EXPECT_EQ(Read("[[0 16383 ['Host-1' 7000 'aa' ['ip' '1.2.3.4']] ['::1' 7003 'dd' []]]]"),
            "host-1:7000 0-16383; [::1]:7003 of host-1:7000; nobody");
}

TEST(ClusterSlotsTest, ReadsNodesWithoutIdsAndWithMoreThanIsKnown) {
  EXPECT_EQ(Read("[[0 16383 ['a' 1] ['b' 2 'bb' [] 'more' 5]]]"),
            "a:1 0-16383; b:2 of a:1; nobody");
}

TEST(ClusterSlotsTest, ANodeMayOwnSeveralRanges) {
  EXPECT_EQ(Read("[[10 16383 ['a' 1 'aa']] [5 8 ['a' 1 'aa']] [9 9 ['b' 2 'bb'] ['c' 3 'cc']]]"),
            "a:1 5-8 10-16383; b:2 9-9; c:3 of b:2; nobody 0-4");
}

TEST(ClusterSlotsTest, ANodeWithoutAHostIsTheOneThatWasAsked) {
  EXPECT_EQ(Read("[[0 1 [nil 7001 'aa']] [2 16383 ['' 7002 'bb']]]"),
            "asked:7001 0-1; asked:7002 2-16383; nobody");
}

TEST(ClusterSlotsTest, SlotsOfAnUnknownHostAreNobodys) {
  EXPECT_EQ(Read("[[0 99 ['?' 7001 'aa'] ['b' 2 'bb']] [100 16383 ['c' 3 'cc'] ['?' 4 'dd']]]"),
            "c:3 100-16383; nobody 0-99");
}

TEST(ClusterSlotsTest, SaysWhatIsMalformed) {
  const std::string at = "CLUSTER SLOTS of asked:7000: entry 1: ";
  EXPECT_EQ(Read("[[0 16384 ['a' 1]]]"), at + "16384 is no slot");
  EXPECT_EQ(Read("[[-1 5 ['a' 1]]]"), at + "-1 is no slot");
  EXPECT_EQ(Read("[['0' 5 ['a' 1]]]"), at + "'0' is no slot");
  EXPECT_EQ(Read("[[5 4 ['a' 1]]]"), at + "slots 5 to 4 are no range");
  EXPECT_EQ(Read("[[0 5]]"), at + "an array of 2 is no range with its nodes");
  EXPECT_EQ(Read("[7]"), at + "7 is no range with its nodes");
  EXPECT_EQ(Read("[[0 5 'a']]"), at + "'a' is no node");
  EXPECT_EQ(Read("[[0 5 ['a']]]"), at + "an array of 1 is no node");
  EXPECT_EQ(Read("[[0 5 ['a' 0]]]"), at + "0 is no port");
  EXPECT_EQ(Read("[[0 5 ['a' 65536]]]"), at + "65536 is no port");
  EXPECT_EQ(Read("[[0 5 ['a' '1']]]"), at + "'1' is no port");
  EXPECT_EQ(Read("[[0 5 ['a b' 1]]]"), at + "'a b' is no host");
  EXPECT_EQ(Read("[[0 5 ['\x1b' 1]]]"), at + "'\\x1b' is no host");
  EXPECT_EQ(Read("[[0 5 [7 1]]]"), at + "7 is no host");
  EXPECT_EQ(Read("[[0 5 ['a' 1 'b b']]]"), at + "'b b' is no node id");
  EXPECT_EQ(Read("[[0 5 ['a' 1 []]]]"), at + "an array of 0 is no node id");
  EXPECT_EQ(Read("[[0 5 ['a' 1] ['b' -1]]]"), at + "-1 is no port");
  EXPECT_EQ(Read("5"), "CLUSTER SLOTS of asked:7000: 5 is no array");
  EXPECT_EQ(Read("nil"), "CLUSTER SLOTS of asked:7000: nil is no array");
  EXPECT_EQ(CodeOf("nil"), absl::StatusCode::kInternal);
  EXPECT_EQ(CodeOf("[7]"), absl::StatusCode::kInternal);
}

TEST(ClusterSlotsTest, ASlotIsListedOnce) {
  EXPECT_EQ(Read("[[0 5 ['a' 1]] [5 6 ['b' 2]]]"),
            "CLUSTER SLOTS of asked:7000: entry 2: slots 5 to 6 are listed twice");
  EXPECT_EQ(Read("[[0 5 ['?' 1]] [5 6 ['b' 2]]]"),
            "CLUSTER SLOTS of asked:7000: entry 2: slots 5 to 6 are listed twice");
}

TEST(ClusterSlotsTest, AServerThatKnowsNoOwnerIsOfNoUse) {
  EXPECT_EQ(Read("[]"), "asked:7000 knows no owner of any slot");
  EXPECT_EQ(CodeOf("[]"), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Read("[[0 16383 ['?' 1]]]"), "asked:7000 knows no host of any node");
  EXPECT_EQ(CodeOf("[[0 16383 ['?' 1]]]"), absl::StatusCode::kUnavailable);
}

absl::StatusCode CodeOfError(std::string_view text) {
  Reply reply;
  reply.AddText(Reply::kNone, ReplyType::kError, text);
  return ReadClusterSlots(reply.root(), kAsked).status().code();
}

TEST(ClusterSlotsTest, ErrorsOfTheServerKeepTheirSense) {
  EXPECT_EQ(CodeOfError("ERR This instance has cluster support disabled"),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOfError("NOPERM no"), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(CodeOfError("NOAUTH Authentication required."), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(CodeOfError("LOADING x"), absl::StatusCode::kUnavailable);
}

TEST(ClusterSlotsTest, TooManyNodesAreRefused) {
  std::string text = "[[0 16383";
  for (int i = 0; i < 1001; ++i) text += " ['a' " + std::to_string(i + 1) + "]";
  EXPECT_EQ(Read(text + "]]"), "CLUSTER SLOTS of asked:7000: entry 1: more than 1000 nodes");
}

TEST(ClusterSlotsTest, TheLargestTopologyIsRead) {
  std::string text = "[";
  for (int slot = 0; slot < kSlots; ++slot) {
    const std::string port = std::to_string(slot % 1000 + 1);
    text += "[" + std::to_string(slot) + " " + std::to_string(slot) + " ['a' " + port + " 'x']]";
  }
  const ReplyText reply(text + "]");
  const auto topology = ReadClusterSlots(reply.root(), kAsked);
  ASSERT_TRUE(topology.ok()) << topology.status();
  EXPECT_EQ(topology->nodes().size(), 1000U);
  EXPECT_EQ(topology->OwnerOf(16383), 383);
  const ReplyText larger(text + "[0 0 ['a' 1]]]");
  EXPECT_EQ(ReadClusterSlots(larger.root(), kAsked).status().message(),
            "CLUSTER SLOTS of asked:7000: an array of 16385 is too large");
}

TEST(ClusterSlotsTest, TooManyMastersAreRefused) {
  std::string text = "[";
  for (int i = 0; i < 1001; ++i) {
    const std::string number = std::to_string(i);
    text += "[" + number + " " + number + " ['a' " + std::to_string(i + 1) + "]]";
  }
  EXPECT_EQ(Read(text + "]"), "CLUSTER SLOTS of asked:7000: entry 1001: more than 1000 nodes");
}

TEST(ClusterSlotsTest, NodeIdsAreShortWords) {
  EXPECT_EQ(Read("[[0 16383 ['a' 1 '09azAZ']]]"), "a:1 0-16383; nobody");
  EXPECT_EQ(Read("[[0 16383 ['a' 1 '" + std::string(64, 'x') + "']]]"), "a:1 0-16383; nobody");
  const std::string at = "CLUSTER SLOTS of asked:7000: entry 1: ";
  EXPECT_EQ(Read("[[0 16383 ['a' 1 '" + std::string(65, 'x') + "']]]"),
            at + "'" + std::string(60, 'x') + "...' is no node id");
  for (const std::string id : {"/", ":", "@", "[", "`", "{"}) {
    EXPECT_EQ(Read("[[0 5 ['a' 1 '" + id + "']]]"), at + "'" + id + "' is no node id");
  }
}

TEST(ClusterSlotsTest, StatusIsNoArray) {
  Reply reply;
  reply.AddText(Reply::kNone, ReplyType::kStatus, "QUEUED");
  EXPECT_EQ(ReadClusterSlots(reply.root(), kAsked).status().message(),
            "CLUSTER SLOTS of asked:7000: 'QUEUED' is no array");
}

}  // namespace
}  // namespace holdfast::core
