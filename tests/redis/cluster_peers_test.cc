// Nodes of a cluster that send the client where it must not go.
#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "redis/cluster_client.h"
#include "support/scripted_peer.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

std::string Bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string PortOf(const std::string& address) { return address.substr(address.find(':') + 1); }

// All slots at the first of these nodes; the others are masters of none, as replicas of the first.
std::string Slots(const std::vector<std::string>& addresses) {
  std::string reply = "*1\r\n*" + std::to_string(2 + addresses.size()) + "\r\n:0\r\n:16383\r\n";
  for (const std::string& address : addresses) {
    reply += "*3\r\n" + Bulk("127.0.0.1") + ":" + PortOf(address) + "\r\n" +
             Bulk("node" + PortOf(address));
  }
  return reply;
}

// Nodes that answer GET with these errors, INCR by closing the connection, and anything else as a
// node does.
class FalseCluster {
 public:
  explicit FalseCluster(int nodes) {
    for (int i = 0; i < nodes; ++i) {
      peers_.push_back(std::make_unique<ScriptedPeer>(
          [this, i](const Received& received) { return ReplyTo(i, received.argv); }));
    }
  }

  std::string address(std::size_t i) const { return peers_[i]->address(); }
  ScriptedPeer& operator[](std::size_t i) { return *peers_[i]; }
  void AnswerGet(int node, const std::string& error) {
    const std::lock_guard lock(mutex_);
    errors_[node] = error;
  }
  int gets() const { return gets_; }

 private:
  Answer ReplyTo(int node, const Argv& argv) {
    if (argv[0] == "INCR") return {"", true};
    return {Reply(node, argv), false};
  }
  std::string Reply(int node, const Argv& argv) {
    if (argv[0] == "PING") return "+PONG\r\n";
    if (argv[0] == "CLUSTER" && argv[1] == "SHARDS") return "-ERR unknown subcommand\r\n";
    if (argv[0] == "CLUSTER") return Slots(Addresses());
    if (argv[0] != "GET") return "+OK\r\n";
    ++gets_;
    const std::lock_guard lock(mutex_);
    return "-" + errors_[node] + "\r\n";
  }
  std::vector<std::string> Addresses() const {
    std::vector<std::string> addresses;
    for (const auto& peer : peers_) addresses.push_back(peer->address());
    return addresses;
  }

  std::mutex mutex_;
  std::map<int, std::string> errors_;  // Guarded by mutex_.
  std::atomic<int> gets_ = 0;
  std::vector<std::unique_ptr<ScriptedPeer>> peers_;
};

class HostileRedirectTest : public ::testing::TestWithParam<std::string> {};

TEST_P(HostileRedirectTest, IsNotFollowedAndClosesTheConnection) {
  FalseCluster cluster(1);
  ScriptedPeer stranger([](const Received&) { return Answer{"+OK\r\n", false}; });
  std::string error = GetParam();
  if (error.ends_with("STRANGER")) error.replace(error.find("STRANGER"), 8, stranger.address());
  cluster.AnswerGet(0, error);
  std::mutex mutex;
  std::vector<std::string> errors;
  RedisOptions options = ClusterOptions({"redis://" + cluster.address(0)});
  options.on_event = [&](const ConnectionEvent& event) {
    const std::lock_guard lock(mutex);
    if (event.kind == ConnectionEvent::Kind::kError) errors.emplace_back(event.error.message());
  };
  {
    const BlockingRedis redis = NewRedis(options);
    const auto reply = redis.Execute({"GET", "a"});
    EXPECT_THAT(reply, StatusIs(absl::StatusCode::kInternal,
                                AllOf(HasSubstr("protocol error from " + cluster.address(0)),
                                      HasSubstr("was not executed"))));
    EXPECT_TRUE(Eventually([&] {
      return redis.Execute({"SET", "a", "1"}).ok();
    })) << "there is no new connection";
  }
  const std::lock_guard lock(mutex);
  EXPECT_THAT(errors, Contains(HasSubstr("protocol error")));
  EXPECT_EQ(stranger.connections(), 0);
}

INSTANTIATE_TEST_SUITE_P(Redirects, HostileRedirectTest,
                         ::testing::Values("MOVED 5 127.0.0.1:0", "ASK 5 127.0.0.1:0",
                                           "MOVED 16384 127.0.0.1:7000", "MOVED 5",
                                           "MOVED 5 127.0.0.1:70000", "MOVED 15495 STRANGER",
                                           "ASK 15495 STRANGER"));

TEST(FalseClusterTest, NodesThatPointAtEachOtherAreLeft) {
  FalseCluster cluster(2);
  cluster.AnswerGet(0, "MOVED 15495 " + cluster.address(1));
  cluster.AnswerGet(1, "MOVED 15495 " + cluster.address(0));
  const BlockingRedis redis = NewRedis(ClusterOptions({"redis://" + cluster.address(0)}));
  EXPECT_THAT(redis.Execute({"GET", "a"}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("too many redirections (16)")));
  EXPECT_EQ(cluster.gets(), 17);
}

TEST(FalseClusterTest, TheNumberOfRedirectionsIsAnOption) {
  FalseCluster cluster(2);
  cluster.AnswerGet(0, "ASK 15495 " + cluster.address(1));
  cluster.AnswerGet(1, "MOVED 15495 " + cluster.address(0));
  RedisOptions options = ClusterOptions({"redis://" + cluster.address(0)});
  options.max_redirections = 3;
  EXPECT_THAT(NewRedis(options).Execute({"GET", "a"}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("too many redirections (3)")));
  EXPECT_EQ(cluster.gets(), 4);
}

TEST(FalseClusterTest, AskingGoesInFrontInTheSameWrite) {
  FalseCluster cluster(2);
  cluster.AnswerGet(0, "ASK 15495 " + cluster.address(1));
  cluster.AnswerGet(1, "ERR found");
  const BlockingRedis redis = NewRedis(ClusterOptions({"redis://" + cluster.address(0)}));
  EXPECT_THAT(TextOf(redis.Execute({"GET", "a"})), HasSubstr("ERR found"));
  const std::vector<Received> received = cluster[1].received();
  ASSERT_GE(received.size(), 2U);
  const Received& get = received.back();
  const Received& asking = received[received.size() - 2];
  EXPECT_EQ(get.argv, (Argv{"GET", "a"}));
  EXPECT_EQ(asking.argv, Argv{"ASKING"});
  EXPECT_EQ(asking.read, get.read);
}

TEST(FalseClusterTest, WhatMayHaveBeenExecutedIsNotSentAgain) {
  FalseCluster cluster(1);
  const BlockingRedis redis = NewRedis(ClusterOptions({"redis://" + cluster.address(0)}));
  const auto reply = redis.Execute({"INCR", "a"});
  EXPECT_TRUE(MayHaveBeenExecuted(reply.status())) << reply.status();
  EXPECT_TRUE(Eventually([&] { return redis.Execute({"SET", "a", "1"}).ok(); }));
  int sent = 0;
  for (const Received& received : cluster[0].received()) sent += received.argv[0] == "INCR" ? 1 : 0;
  EXPECT_EQ(sent, 1);
}

TEST(FalseClusterTest, AReplyThatThePartOfACommandCannotHaveClosesTheConnection) {
  FalseCluster cluster(1);
  const BlockingRedis redis = NewRedis(ClusterOptions({"redis://" + cluster.address(0)}));
  EXPECT_THAT(redis.Execute({"DEL", "a", "b"}), StatusIs(absl::StatusCode::kInternal));
  EXPECT_TRUE(Eventually([&] { return redis.Execute({"SET", "a", "1"}).ok(); }));
}

}  // namespace
}  // namespace holdfast::testing
