// What goes over the wire, and when: acquires are never repeated, failed ones are undone.
#include <gmock/gmock.h>

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <atomic>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "holdfast/blocking.h"
#include "holdfast/client.h"
#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/fake_node.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::Not;
using ::testing::SizeIs;
using namespace std::chrono_literals;

const Answer kBusy{.bytes = "*3\r\n$4\r\nBUSY\r\n:5000\r\n$3\r\nbob\r\n"};

// Three peers, of which each may have an override.
class CommandsTest : public ::testing::Test {
 protected:
  void AddPeer(Override instead = {}) {
    peers_.push_back(std::make_unique<FakePeer>(std::move(instead)));
  }

  ClientOptions Options() const {
    ClientOptions options;
    options.command_timeout = 20s;
    for (const auto& peer : peers_) options.nodes.push_back(peer->url());
    return options;
  }

  // Connected to all peers.
  BlockingClient Connected() const {
    const BlockingClient client = NewClient(Options());
    AwaitNodes(client, static_cast<int>(peers_.size()));
    return client;
  }

  // Each acquire that a peer got, but that of `winner`, is followed by its release.
  void ExpectOthersReleased(const std::string& winner) {
    for (const auto& peer : peers_) {
      for (const Received& acquire : peer->Commands("acquire")) {
        const std::string& nonce = NonceOf(acquire.argv);
        if (nonce == winner) continue;
        EXPECT_TRUE(Eventually([&] { return peer->WasReleased(nonce); }));
      }
    }
  }

  std::vector<std::unique_ptr<FakePeer>> peers_;
};

// The same value for a second try: a late release of the first frees the second.
TEST_F(CommandsTest, EachAttemptIsSentOnceAndHasANonceOfItsOwn) {
  for (int i = 0; i < 3; ++i) AddPeer(AnswerTo("acquire", {.bytes = "", .close = true}, 4));
  const BlockingClient client = NewClient(Options());
  const auto lock = client.Acquire(
      "a", {.ttl = 30s, .wait = kPatience, .retry_delay = 20ms, .retry_jitter = 5ms});
  ASSERT_THAT(lock, IsOk());
  for (const auto& peer : peers_) {
    std::set<std::string> nonces;
    for (const Received& acquire : peer->Commands("acquire")) {
      EXPECT_TRUE(nonces.insert(NonceOf(acquire.argv)).second) << "sent twice";
    }
  }
  ExpectOthersReleased(std::string(lock->token()));
}

TEST_F(CommandsTest, FailedAttemptIsReleasedBehindItOnTheSameConnectionEverywhere) {
  AddPeer();
  AddPeer(AnswerTo("acquire", kBusy));
  AddPeer(AnswerTo("acquire", kBusy));
  const BlockingClient client = Connected();
  EXPECT_THAT(client.Acquire("a"), FailsAs(IsHeld));
  for (const auto& peer : peers_) {
    ASSERT_TRUE(Eventually([&] { return !peer->Commands("acquire").empty(); }));
    const std::string nonce = NonceOf(peer->Commands("acquire")[0].argv);
    EXPECT_TRUE(Eventually([&] { return peer->WasReleased(nonce, 0); }));
    EXPECT_THAT(peer->Commands("acquire"), SizeIs(1));
  }
}

TEST_F(CommandsTest, CancelledAttemptIsReleasedBehindItOnTheSameConnectionEverywhere) {
  for (int i = 0; i < 3; ++i) AddPeer(AnswerTo("acquire", {}));
  const BlockingClient client = Connected();
  std::stop_source stop;
  absl::Status status;
  std::thread waiter([&] { status = client.Acquire("a", {}, stop.get_token()).status(); });
  for (const auto& peer : peers_) {
    EXPECT_TRUE(Eventually([&] { return !peer->Commands("acquire").empty(); }));
  }
  stop.request_stop();
  waiter.join();
  EXPECT_THAT(status, FailsAs(absl::IsCancelled));
  for (const auto& peer : peers_) {
    const std::string nonce = NonceOf(peer->Commands("acquire")[0].argv);
    EXPECT_TRUE(Eventually([&] { return peer->WasReleased(nonce, 0); }));
  }
}

TEST_F(CommandsTest, UnansweredCommandCostsTheConnectionAndIsReleasedOnTheNext) {
  AddPeer(AnswerTo("acquire", {}, 1));
  ClientOptions options = Options();
  options.command_timeout = 300ms;
  const BlockingClient client = NewClient(options);
  const auto refused = client.Acquire("a", {.ttl = 30s});
  ASSERT_THAT(refused, FailsAs(IsNoQuorum));
  EXPECT_EQ(GetFailure(refused.status())->votes.at(0).vote, Vote::kNoAnswer);
  const std::string nonce = NonceOf(peers_[0]->Commands("acquire").at(0).argv);
  EXPECT_TRUE(Eventually([&] { return peers_[0]->WasReleased(nonce, 1); }));
  EXPECT_THAT(client.Acquire("a", {.wait = kPatience}), IsOk());
}

// Others hand out a lock 706 ms after it expired.
TEST_F(CommandsTest, LockThatExpiredWhileItWasAcquiredIsNotHandedOut) {
  const auto late = [](const Received& received) -> std::optional<Answer> {
    if (NameOf(received.argv) != "acquire") return std::nullopt;
    const auto start = std::chrono::steady_clock::now();
    Eventually([&] { return std::chrono::steady_clock::now() - start > 300ms; });
    return std::nullopt;  // Then grants.
  };
  for (int i = 0; i < 3; ++i) AddPeer(late);
  const BlockingClient client = Connected();
  EXPECT_THAT(client.Acquire("a", {.ttl = 150ms}), Not(IsOk()));
  ExpectOthersReleased("");
}

// Nodes asked one after the other add up their delays: here none answers before all were asked.
TEST_F(CommandsTest, AllNodesAreAskedAtOnce) {
  std::atomic<int> asked = 0;
  const auto together = [&asked](const Received& received) -> std::optional<Answer> {
    if (NameOf(received.argv) != "acquire") return std::nullopt;
    ++asked;
    EXPECT_TRUE(Eventually([&] { return asked == 3; }));
    return std::nullopt;
  };
  for (int i = 0; i < 3; ++i) AddPeer(together);
  EXPECT_THAT(Connected().Acquire("a"), IsOk());
}

// Others poll every 0 to 5 ms, whatever the delay.
TEST_F(CommandsTest, WaitKeepsTheRetryDelay) {
  for (int i = 0; i < 3; ++i) AddPeer(AnswerTo("acquire", kBusy));
  const BlockingClient client = Connected();
  EXPECT_THAT(client.Acquire("a", {.wait = 1s, .retry_delay = 200ms, .retry_jitter = 50ms}),
              FailsAs(IsHeld));
  EXPECT_THAT(peers_[0]->Commands("acquire").size(),
              ::testing::AllOf(::testing::Ge(2U), ::testing::Le(8U)));
}

TEST_F(CommandsTest, NodeWithoutConnectionIsNotSentTheAttemptLater) {
  AddPeer();
  AddPeer();
  AddPeer(AnswerTo("time", {.bytes = "", .close = true}, 1));  // The first handshake fails.
  const BlockingClient client = NewClient(Options());
  auto lock = client.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  AwaitNodes(client, 3);
  EXPECT_THAT(peers_[2]->Commands("acquire"), SizeIs(0)) << "there is no offline queue";
  EXPECT_THAT(lock->Release(), IsOk());
}

TEST_F(CommandsTest, NoticesThatTheScriptIsUnknownAndSendsItsText) {
  AddPeer(AnswerTo("acquire", {.bytes = "-NOSCRIPT No matching script.\r\n"}, 1));
  const auto lock = NewClient(Options()).Acquire("a");
  ASSERT_THAT(lock, IsOk());
  const auto acquires = peers_[0]->Commands("acquire");
  ASSERT_THAT(acquires, SizeIs(2)) << "the first changed nothing";
  EXPECT_EQ(NonceOf(acquires[0].argv), NonceOf(acquires[1].argv));
}

// One write for each node and turn of the loop, not one for each command.
TEST_F(CommandsTest, AcquiresOfOneTurnShareAWrite) {
  constexpr int kNames = 64;
  for (int i = 0; i < 3; ++i) AddPeer();
  asio::io_context io;
  auto client = Client::Create(io.get_executor(), Options());
  ASSERT_THAT(client, IsOk());
  int locks = 0;
  client->Nodes([&](absl::StatusOr<std::vector<NodeStatus>>) {
    for (int i = 0; i < kNames; ++i) {
      client->Acquire("a" + std::to_string(i), {}, [&](absl::StatusOr<Lock> lock) {
        EXPECT_THAT(lock, IsOk());
        lock->Detach();
        if (++locks == kNames) client = absl::CancelledError();  // Ends the loop.
      });
    }
  });
  io.run_for(kPatience);
  EXPECT_EQ(locks, kNames);
  for (const auto& peer : peers_) {
    std::set<int> reads;
    for (const Received& acquire : peer->Commands("acquire")) reads.insert(acquire.read);
    EXPECT_LE(reads.size(), 8U);
  }
}

}  // namespace
}  // namespace holdfast::testing
