// What went wrong in other lock libraries, each of which was seen to do it: one test each. Here the
// traps on the way to a lock; those of holding it and giving it up are in traps_held_test.cc.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <asio/io_context.hpp>
#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "holdfast/blocking.h"
#include "holdfast/client.h"
#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/fake_node.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Lt;
using ::testing::Not;
using namespace std::chrono_literals;

// Far below the command timeout of Patient(): who waits for a node that does not answer is too
// late.
constexpr std::chrono::milliseconds kSoon = 5s;

BlockingClient Patient(const Nodes& nodes) {
  const BlockingClient client = NewClient({.nodes = nodes.urls(), .command_timeout = 20s});
  AwaitNodes(client, static_cast<int>(nodes.size()));
  return client;
}

// Three nodes in this process, which do what a test wants.
class Peers {
 public:
  explicit Peers(const Override& instead) {
    for (int i = 0; i < 3; ++i) peers_.push_back(std::make_unique<FakePeer>(instead));
  }

  BlockingClient Connected() const {
    ClientOptions options{.command_timeout = 20s};
    for (const auto& peer : peers_) options.nodes.push_back(peer->url());
    const BlockingClient client = NewClient(options);
    AwaitNodes(client, 3);
    return client;
  }

  const FakePeer& operator[](int i) const { return *peers_[i]; }

 private:
  std::vector<std::unique_ptr<FakePeer>> peers_;
};

// One vote each of two nodes, for ever: neither tried again.
TEST(Trap01, ATieAmongAnEvenNumberOfNodesIsSettled) {
  Nodes nodes(2);
  const auto contend = [&nodes] {
    return NewClient(nodes).Acquire("a",
                                    {.wait = kPatience, .retry_delay = 20ms, .retry_jitter = 20ms});
  };
  std::thread other([&] { EXPECT_THAT(contend(), IsOk()); });
  EXPECT_THAT(contend(), IsOk());
  other.join();
}

// A lock was handed out 706 ms after it had expired.
TEST(Trap02, WhatExpiredOnTheWayIsNotHandedOut) {
  const Peers peers([](const Received& received) -> std::optional<Answer> {
    if (NameOf(received.argv) != "acquire") return std::nullopt;
    const auto start = std::chrono::steady_clock::now();
    Eventually([&] { return std::chrono::steady_clock::now() - start > 300ms; });
    return std::nullopt;  // Then it is granted.
  });
  EXPECT_THAT(peers.Connected().Acquire("a", {.ttl = 150ms}), Not(IsOk()));
}

// The keys of a failed try were in the way of the next one, until they expired.
TEST(Trap03, OwnFailedTryIsNotInTheWayOfTheNext) {
  Nodes nodes(3);
  const BlockingClient client = Patient(nodes);
  for (const int node : {0, 1}) nodes[node].Command({"SET", "lock:a", "in the way"});
  EXPECT_THAT(client.Acquire("a", {.ttl = 30s}), FailsAs(IsHeld));
  for (const int node : {0, 1}) nodes[node].Command({"DEL", "lock:a"});
  nodes[0].Kill();  // So that the one that had granted it is needed.
  EXPECT_THAT(client.Acquire("a", {.ttl = 30s}), IsOk());
}

// With one hung node, or with two of three, the call never came back.
TEST(Trap04, HungNodesDoNotHangTheCall) {
  Nodes nodes(3);
  const BlockingClient client = Patient(nodes);
  nodes[0].Stop();
  EXPECT_THAT(TimeOf([&] { EXPECT_THAT(client.Acquire("a"), IsOk()); }), Lt(kSoon));
  nodes[1].Stop();
  EXPECT_THAT(TimeOf([&] { EXPECT_THAT(client.Acquire("b", {.wait = 300ms}), Not(IsOk())); }),
              Lt(kSoon));
}

// One dead node made the call throw, and the keys on the others stayed.
TEST(Trap05, DeadNodesAreVotesAndNoKeyStays) {
  Nodes nodes(3);
  const BlockingClient client = Patient(nodes);
  nodes[0].Kill();
  EXPECT_THAT(client.Acquire("a"), IsOk());
  nodes[1].Kill();
  EXPECT_THAT(client.Acquire("a", {.ttl = 30s}), FailsAs(IsNoQuorum));
  EXPECT_TRUE(Eventually([&] { return nodes.CountWith("lock:a") == 0; }));
}

// Asked one after the other, nodes add up their delays.
TEST(Trap06, AllNodesAreAskedAtOnce) {
  std::atomic<int> asked = 0;
  const Peers peers([&asked](const Received& received) -> std::optional<Answer> {
    if (NameOf(received.argv) != "acquire") return std::nullopt;
    ++asked;
    EXPECT_TRUE(Eventually([&] { return asked == 3; }));  // None answers before.
    return std::nullopt;
  });
  EXPECT_THAT(peers.Connected().Acquire("a"), IsOk());
}

// The wait polled as fast as it could, 370 times a second on each node.
TEST(Trap07, WaitKeepsToTheRetryDelay) {
  Nodes nodes(3);
  const BlockingClient holder = Patient(nodes);
  const BlockingClient waiter = Patient(nodes);
  const auto lock = holder.Acquire("a");
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(waiter.Acquire("a", {.wait = 1s, .retry_delay = 200ms, .retry_jitter = 0ms}),
              FailsAs(IsHeld));
  EXPECT_THAT(waiter.GetStats()->attempts, Le(7U));
}

// A filter for nodes that are up made two of two out of two of three, and one of one.
TEST(Trap18, QuorumIsCountedOfAllNodesWhicheverAreUp) {
  Nodes nodes(3);
  for (const int node : {0, 1}) nodes[node].Kill();
  const auto lock = NewClient({.nodes = nodes.urls()}).Acquire("a");
  EXPECT_THAT(lock, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("2 votes are needed")));
}

// 1000 ms became 1857, and what had gone wrong was swallowed.
TEST(Trap19, WaitBoundsTheCallAndTheErrorTellsWhy) {
  Nodes nodes(3);
  const BlockingClient client = Patient(nodes);
  for (const int node : {0, 1}) nodes[node].Stop();
  const auto start = std::chrono::steady_clock::now();
  const auto lock = client.Acquire("a", {.wait = 500ms});
  EXPECT_THAT(std::chrono::steady_clock::now() - start, Lt(kSoon));
  EXPECT_THAT(lock, Not(IsOk()));
  const auto failure = GetFailure(lock.status());
  ASSERT_TRUE(failure.has_value());
  for (const int node : {0, 1}) EXPECT_EQ(failure->votes[node].vote, Vote::kNoAnswer);
}

// A second try under the same random value: the late release of the first one freed it.
TEST(Trap20, EachTryHasANonceOfItsOwn) {
  const Peers peers(AnswerTo("acquire", {.bytes = "", .close = true}, 3));
  const auto lock =
      peers.Connected().Acquire("a", {.wait = kPatience, .retry_delay = 20ms, .retry_jitter = 5ms});
  ASSERT_THAT(lock, IsOk());
  std::set<std::string> nonces;
  for (const Received& acquire : peers[0].Commands("acquire")) {
    EXPECT_TRUE(nonces.insert(NonceOf(acquire.argv)).second);
  }
  EXPECT_THAT(nonces.size(), Gt(1U));
}

std::string TokenOf(const std::string& url, const std::string& name) {
  const auto lock = NewClient({.nodes = {url}}).Acquire(name);
  return lock.ok() ? std::string(lock->token()) : "";
}

// Values drawn from a 32-bit seed repeat, and after fork(2) at once.
TEST(Trap26, TokensOfForkedProcessesDiffer) {
  RedisServer node;
  std::set<std::string> tokens;
  for (int i = 0; i < 4; ++i) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const pid_t child = fork();
    if (child == 0) {
      const std::string token = TokenOf(node.url(), std::to_string(i));
      _exit(write(ends[1], token.data(), token.size()) > 0 ? 0 : 1);
    }
    close(ends[1]);
    std::array<char, 64> token;
    const ssize_t size = read(ends[0], token.data(), token.size());
    tokens.insert(std::string(token.data(), size > 0 ? static_cast<std::size_t>(size) : 0));
    close(ends[0]);
    waitpid(child, nullptr, 0);
  }
  EXPECT_EQ(tokens.size(), 4U);
  EXPECT_FALSE(tokens.contains(""));
}

// A clock that was set made locks longer or shorter. Here the nodes' are a day off.
TEST(Trap27, WallClocksHaveNoPartInTheValidity) {
  for (const int off_s : {-86'400, 86'400}) {
    const std::string seconds = std::to_string(time(nullptr) + off_s);
    const std::string bulk = "$" + std::to_string(seconds.size()) + "\r\n" + seconds + "\r\n";
    const Peers peers(AnswerTo("time", {.bytes = "*2\r\n" + bulk + "$1\r\n0\r\n"}));
    const auto lock = peers.Connected().Acquire("a", {.ttl = 20s});
    ASSERT_THAT(lock, IsOk());
    EXPECT_THAT(lock->valid_for(), AllOf(Gt(10s), Lt(20s)));
  }
}

// Evicted, the key of a lock is gone long before it expires.
TEST(Trap28, ServerThatMayEvictLocksIsWarnedOf) {
  RedisServer node;
  node.Command({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  const BlockingClient client = NewClient({.nodes = {node.url()}});
  AwaitNodes(client, 1);
  EXPECT_THAT(client.Nodes()->at(0).warning, HasSubstr("allkeys-lru"));
}

// The second of two equal names met the key of the first.
TEST(Trap29, NameThatIsGivenTwiceIsOneName) {
  Nodes nodes(3);
  auto lock = NewClient(nodes).Acquire({"a", "b", "a"});
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(lock->names(), ElementsAre("a", "b"));
  EXPECT_THAT(lock->Release(), IsOk());
}

// A program stayed alive until the timeout of a wait that was long over.
TEST(Trap30, NoTimerIsLeftWhenTheWorkIsDone) {
  Nodes nodes(3);
  asio::io_context io;
  auto client = Client::Create(io.get_executor(), {.nodes = nodes.urls()});
  ASSERT_THAT(client, IsOk());
  client->Acquire("a", {.ttl = 30s, .wait = 30s, .auto_extend = true},
                  [&](const absl::StatusOr<Lock>& lock) {
                    EXPECT_THAT(lock, IsOk());
                    client = absl::CancelledError();
                  });
  EXPECT_THAT(TimeOf([&] { io.run(); }), Lt(kSoon));
}

}  // namespace
}  // namespace holdfast::testing
