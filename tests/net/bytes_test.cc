// Replies that arrive in pieces, and connections that end at any byte or command.
#include <gmock/gmock.h>

#include <cstddef>
#include <string>
#include <vector>

#include "holdfast/blocking.h"
#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/fake_node.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::Lt;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kCommandTimeout = 20s;

BlockingClient ClientOf(const FakePeer& peer) {
  return NewClient({.nodes = {peer.url()},
                    .connect_timeout = kCommandTimeout,
                    .command_timeout = kCommandTimeout});
}

// Everything that is said between a client and a node, and how each part ended.
std::vector<absl::Status> Converse(const BlockingClient& client) {
  auto lock = client.Acquire("a");
  std::vector<absl::Status> ends = {lock.status()};
  if (!lock.ok()) return ends;
  ends.push_back(lock->Extend(20s));
  ends.push_back(client.Acquire("a").status());
  ends.push_back(client.Inspect("a").status());
  ends.push_back(lock->Release());
  return ends;
}

std::size_t BytesOfAConversation() {
  FakePeer peer;
  Converse(ClientOf(peer));
  return peer.peer().bytes_sent();
}

TEST(Bytes, RepliesCutAnywhereAreReadTheSame) {
  const std::size_t bytes = BytesOfAConversation();
  ASSERT_GT(bytes, 100U);
  for (std::size_t cut = 1; cut < bytes; ++cut) {
    FakePeer peer({}, {.cut_at = cut});
    const auto ends = Converse(ClientOf(peer));
    ASSERT_EQ(ends.size(), 5U) << "cut at " << cut << ": " << ends[0];
    EXPECT_THAT(ends[1], IsOk()) << "cut at " << cut;
    EXPECT_THAT(ends[2], FailsAs(IsHeld)) << "cut at " << cut;
    EXPECT_THAT(ends[3], IsOk()) << "cut at " << cut;
    EXPECT_THAT(ends[4], IsOk()) << "cut at " << cut;
    EXPECT_EQ(peer.peer().connections(), 1) << "cut at " << cut;
  }
}

TEST(Bytes, ConnectionClosedAnywhereEndsEachCallWithAReason) {
  const std::size_t bytes = BytesOfAConversation();
  for (std::size_t close = 0; close < bytes; ++close) {
    FakePeer peer({}, {.close_at = close, .first_connection_only = true});
    const auto took = TimeOf([&] {
      for (const absl::Status& end : Converse(ClientOf(peer))) {
        if (end.ok() || IsHeld(end)) continue;
        EXPECT_TRUE(IsNoQuorum(end)) << "closed at " << close << ": " << end;
        EXPECT_THAT(std::string(end.message()), ::testing::HasSubstr(peer.peer().address()));
      }
    });
    EXPECT_THAT(took, Lt(kCommandTimeout / 2)) << "closed at " << close;
  }
}

// The peer closes instead of answering the n-th command, for each n, and then works again.
TEST(Bytes, ConnectionClosedAtEachCommandLeavesNothingBehind) {
  int commands = 0;
  {
    FakePeer peer;
    Converse(ClientOf(peer));
    commands = static_cast<int>(peer.peer().received().size());
  }
  for (int at = 0; at < commands; ++at) {
    int count = 0;
    FakePeer peer([&count, at](const Received&) -> std::optional<Answer> {
      if (count++ != at) return std::nullopt;
      return Answer{.bytes = "", .close = true};
    });
    const BlockingClient client = ClientOf(peer);
    Converse(client);
    EXPECT_TRUE(Eventually([&] { return !peer.node().Has("lock:a"); })) << "closed at " << at;
    EXPECT_THAT(client.Acquire("a", {.wait = kPatience, .retry_delay = 5ms, .retry_jitter = 5ms}),
                IsOk())
        << "closed at " << at;
  }
}

// The node executes what came, and the answer is lost with the connection.
TEST(Bytes, LostAnswerToAnAcquireIsReleasedOnTheNextConnection) {
  FakePeer* self = nullptr;
  FakePeer peer([&self](const Received& received) -> std::optional<Answer> {
    if (received.connection > 0 || NameOf(received.argv) != "acquire") return std::nullopt;
    self->node()(received);
    return Answer{.bytes = "", .close = true};
  });
  self = &peer;
  const BlockingClient client = ClientOf(peer);
  EXPECT_THAT(client.Acquire("a", {.ttl = 30s}), FailsAs(IsNoQuorum));
  EXPECT_TRUE(Eventually([&] { return !peer.node().Has("lock:a"); }));
  const auto acquires = peer.Commands("acquire");
  ASSERT_EQ(acquires.size(), 1U);
  EXPECT_TRUE(Eventually([&] { return peer.WasReleased(NonceOf(acquires[0].argv), 1); }));
}

}  // namespace
}  // namespace holdfast::testing
