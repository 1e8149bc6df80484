// How long before the end of a lock its holder is told, whatever it is that ends it.
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "far_node.h"
#include "holdfast/blocking.h"
#include "net/clock.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using core::TimePoint;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using ::testing::Ge;
using ::testing::Gt;
using namespace std::chrono_literals;

constexpr AcquireOptions kKept{.ttl = 4s, .auto_extend = true};

// When a lock ended as its holder was told, and when it would have ended.
class Watch {
 public:
  explicit Watch(const BlockingLock& lock)
      : lock_(lock), on_loss_(lock.lost(), [this] { told_ = net::Now(); }) {}

  // Until the loss. The end is never taken for later than it was: the clock is read first.
  bool AwaitLoss() {
    return Eventually([this] {
      const TimePoint now = net::Now();
      const nanoseconds left = lock_.valid_for();
      if (left > 0s) valid_until_ = now + left;
      return told_.load() != TimePoint::max();
    });
  }

  void ExpectLead(const char* what) const {
    const auto lead = duration_cast<milliseconds>(valid_until_ - told_.load());
    std::printf("[ lead     ] %s: told %d ms before the end\n", what,
                static_cast<int>(lead.count()));
    ::testing::Test::RecordProperty("lead_ms", static_cast<int>(lead.count()));
    EXPECT_THAT(lead, Gt(0ms)) << what;
    EXPECT_EQ(lock_.valid_for(), 0s);
  }

 private:
  const BlockingLock& lock_;
  TimePoint valid_until_;
  std::atomic<TimePoint> told_ = TimePoint::max();
  const std::stop_callback<std::function<void()>> on_loss_;
};

void ExpectLeadAfter(const BlockingClient& client, const char* what,
                     const std::function<void()>& misfortune) {
  auto lock = client.Acquire("a", kKept);
  ASSERT_THAT(lock, IsOk());
  Watch watch(*lock);
  // By now it has been extended: the end is not that of the first lease.
  ASSERT_TRUE(Eventually([&] { return client.GetStats()->auto_extended > 0; }));
  misfortune();
  ASSERT_TRUE(watch.AwaitLoss());
  watch.ExpectLead(what);
}

class LossLeadTest : public ::testing::Test {
 protected:
  void OnMajority(const std::function<void(RedisServer&)>& action) {
    for (int i = 0; i < 2; ++i) action(nodes_[i]);
  }

  Nodes nodes_{3};
  BlockingClient client_ = NewClient(nodes_);
};

TEST_F(LossLeadTest, MajorityKilled) {
  ExpectLeadAfter(client_, "majority killed",
                  [this] { OnMajority([](RedisServer& node) { node.Kill(); }); });
}

TEST_F(LossLeadTest, MajorityStopped) {
  ExpectLeadAfter(client_, "majority stopped",
                  [this] { OnMajority([](RedisServer& node) { node.Stop(); }); });
}

// Noticed by the next extension, at the latest.
TEST_F(LossLeadTest, KeyDeletedOnAMajority) {
  ExpectLeadAfter(client_, "key deleted on a majority", [this] {
    OnMajority([](RedisServer& node) { node.Command({"DEL", "lock:a"}); });
  });
}

TEST(LossLead, MajorityPartitioned) {
  if (!FarNode::Possible()) GTEST_SKIP() << "needs root, for networks of its own";
  std::vector<std::unique_ptr<FarNode>> nodes;
  ClientOptions options;
  for (int i = 0; i < 3; ++i) {
    nodes.push_back(std::make_unique<FarNode>());
    ASSERT_TRUE(nodes.back()->good());
    options.nodes.push_back(nodes.back()->url());
  }
  const BlockingClient client = NewClient(options);
  AwaitNodes(client, 3);
  ExpectLeadAfter(client, "majority partitioned", [&] {
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(nodes[i]->CutOff());
  });
}

// What a holder in another process saw of its lock.
struct Sight {
  std::atomic<bool> held = false;
  std::atomic<bool> resumed = false;  // Set by who lets it run on.
  std::atomic<bool> claimed = false;  // After that it said that it was valid.
  std::atomic<TimePoint> told = TimePoint::max();
};

int HoldAndLook(const std::vector<std::string>& urls, Sight& sight) {
  auto lock = NewClient({.nodes = urls}).Acquire("a", {.ttl = 1s, .auto_extend = true});
  if (!lock.ok()) return 1;
  const std::stop_callback on_loss(lock->lost(), [&] { sight.told = net::Now(); });
  sight.held = true;
  const bool ended = Eventually([&] {
    // Looked at in this order, it cannot have been resumed only after it was still valid.
    const bool resumed = sight.resumed;
    if (lock->valid_for() > 0s && resumed) sight.claimed = true;
    return sight.told.load() != TimePoint::max();
  });
  return ended && lock->valid_for() == 0s ? 0 : 1;
}

// No clock of a stopped process rings: it finds out when it runs again, and then at once.
TEST(LossLead, ProcessStoppedPastTheTtl) {
  Nodes nodes(3);
  void* memory =
      mmap(nullptr, sizeof(Sight), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  Sight& sight = *new (memory) Sight;
  const pid_t holder = fork();
  if (holder == 0) _exit(HoldAndLook(nodes.urls(), sight));
  EXPECT_TRUE(Eventually([&] { return sight.held.load(); }));
  kill(holder, SIGSTOP);
  waitpid(holder, nullptr, WUNTRACED);
  EXPECT_TRUE(Eventually([&] { return nodes.CountWith("lock:a") == 0; }));
  const TimePoint resumed = net::Now();
  sight.resumed = true;
  kill(holder, SIGCONT);
  int status = -1;
  waitpid(holder, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(sight.claimed);
  const auto late = duration_cast<milliseconds>(sight.told.load() - resumed);
  std::printf("[ lead     ] process stopped past the ttl: told %d ms after it was resumed\n",
              static_cast<int>(late.count()));
  EXPECT_LT(late, 5s);
  munmap(memory, sizeof(Sight));
}

}  // namespace
}  // namespace holdfast::testing
