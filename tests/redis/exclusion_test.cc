// What it is for: one at a time.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "holdfast/blocking.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"
#include "support/temp_dir.h"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

constexpr AcquireOptions kContend{
    .ttl = 10s, .wait = 60s, .retry_delay = 10ms, .retry_jitter = 10ms};

// Raises a counter that only the lock protects: one that lost an update shows two holders.
void RaiseUnderLock(const BlockingClient& client, std::atomic<int>& counter, int times) {
  for (int i = 0; i < times; ++i) {
    auto lock = client.Acquire("counter", kContend);
    ASSERT_THAT(lock, IsOk());
    const int seen = counter.load(std::memory_order_relaxed);
    std::this_thread::yield();
    counter.store(seen + 1, std::memory_order_relaxed);
    ASSERT_THAT(lock->Release(), IsOk());
  }
}

TEST(Exclusion, TwoThreadsOfOneClient) {
  Nodes nodes(3);
  const BlockingClient client = NewClient(nodes);
  std::atomic<int> counter = 0;
  std::thread other([&] { RaiseUnderLock(client, counter, 50); });
  RaiseUnderLock(client, counter, 50);
  other.join();
  EXPECT_EQ(counter, 100);
}

TEST(Exclusion, TwoClients) {
  Nodes nodes(5);
  std::atomic<int> counter = 0;
  std::thread other([&] { RaiseUnderLock(NewClient(nodes), counter, 25); });
  RaiseUnderLock(NewClient(nodes), counter, 25);
  other.join();
  EXPECT_EQ(counter, 50);
}

int ReadNumber(const std::string& path) {
  std::ifstream file(path);
  int number = 0;
  file >> number;
  return number;
}

void WriteNumber(const std::string& path, int number) { std::ofstream(path) << number << "\n"; }

// Runs `body` in a child process, forked before this one has made any client; its result is the
// exit status.
pid_t Fork(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  return child;
}

// A process that has connected says so in `ready`, and waits for `go`.
int RaiseFileUnderLock(const Nodes& nodes, const std::string& path, const std::string& ready,
                       const std::string& go, int times) {
  const BlockingClient client = NewClient(nodes);
  std::ofstream(ready) << "ready\n";
  if (!Eventually([&] { return std::filesystem::exists(go); })) return 1;
  for (int i = 0; i < times; ++i) {
    auto lock = client.Acquire("counter", kContend);
    if (!lock.ok()) {
      fprintf(stderr, "%s\n", lock.status().ToString().c_str());
      return 1;
    }
    const int seen = ReadNumber(path);
    WriteNumber(path, seen + 1);
  }
  return 0;
}

TEST(Exclusion, EightProcessesWithANodeKilledInTheMiddle) {
  constexpr int kTimes = 10;
  Nodes nodes(5);
  const TempDir dir;
  const std::string path = dir.File("counter");
  WriteNumber(path, 0);
  std::vector<pid_t> children;
  const std::string go = dir.File("go");
  for (int i = 0; i < 8; ++i) {
    const std::string ready = dir.File("ready" + std::to_string(i));
    children.push_back(
        Fork([&, ready] { return RaiseFileUnderLock(nodes, path, ready, go, kTimes); }));
    EXPECT_TRUE(Eventually([&] { return std::filesystem::exists(ready); }));
  }
  std::ofstream(go) << "go\n";
  EXPECT_TRUE(Eventually([&] { return ReadNumber(path) >= 2 * kTimes; }));
  nodes[0].Kill();
  for (const pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(ReadNumber(path), 8 * kTimes);
}

// Random numbers that a fork repeats gave two processes the same token.
TEST(Exclusion, ForkedProcessesDrawDifferentTokens) {
  RedisServer node;
  const TempDir dir;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = Fork([&] {
      auto lock = NewClient({.nodes = {node.url()}}).Acquire("a" + std::to_string(i));
      std::ofstream(dir.File(std::to_string(i))) << (lock.ok() ? std::string(lock->token()) : "");
      return lock.ok() ? 0 : 1;
    });
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  std::set<std::string> tokens;
  for (int i = 0; i < 4; ++i) {
    std::string token;
    std::ifstream(dir.File(std::to_string(i))) >> token;
    tokens.insert(token);
  }
  EXPECT_EQ(tokens.size(), 4U);
}

}  // namespace
}  // namespace holdfast::testing
