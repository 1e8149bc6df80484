// The loss of a lock is told also when the client's executor does not run.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_future.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "holdfast/blocking.h"
#include "holdfast/client.h"
#include "holdfast/errors.h"
#include "net/clock.h"
#include "support/clients.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using core::TimePoint;
using ::testing::Ge;
using ::testing::Gt;
using ::testing::Lt;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kTtl = 4s;

double Ms(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// Looks at the clock when the loss of a lock is told.
class Listener {
 public:
  explicit Listener(const Lock& lock)
      : on_loss_(lock.lost(), [this] {
          told_ = net::Now();
          ++calls_;
        }) {}

  bool WasTold() const {
    return Eventually([this] { return calls_ > 0; });
  }
  TimePoint told() const { return told_; }
  int calls() const { return calls_; }

 private:
  std::atomic<TimePoint> told_ = core::kNever;
  std::atomic<int> calls_ = 0;
  std::stop_callback<std::function<void()>> on_loss_;
};

class LostWatchTest : public ::testing::Test {
 protected:
  LostWatchTest() {
    auto client =
        Client::Create(io_.get_executor(),
                       {.nodes = nodes_.urls(), .owner = "alice", .command_timeout = kPatience});
    EXPECT_THAT(client, IsOk());
    client_.emplace(*std::move(client));
  }

  ~LostWatchTest() override {
    Unblock();
    lock_.reset();
    client_.reset();
    work_.reset();
    thread_.join();
  }

  // Acquires it, and returns when its validity ends.
  TimePoint Acquire() {
    auto lock = client_->Acquire("a", {.ttl = kTtl, .wait = kPatience}, asio::use_future).get();
    EXPECT_THAT(lock, IsOk());
    lock_.emplace(*std::move(lock));
    return net::Now() + lock_->valid_for();
  }

  // The only thread of the executor is busy with something else from now on.
  void Block() {
    asio::post(io_, [this] {
      blocked_ = true;
      Eventually([this] { return unblock_.load(); });
    });
    ASSERT_TRUE(Eventually([this] { return blocked_.load(); }));
  }

  void Unblock() { unblock_ = true; }

  Nodes nodes_{3};
  asio::io_context io_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_{
      io_.get_executor()};
  std::thread thread_{[this] { io_.run(); }};
  std::optional<Client> client_;
  std::optional<Lock> lock_;
  std::atomic<bool> blocked_ = false;
  std::atomic<bool> unblock_ = false;
};

TEST_F(LostWatchTest, LossIsToldInTimeWithTheExecutorBlocked) {
  const TimePoint end = Acquire();
  const Listener listener(*lock_);
  Block();
  ASSERT_TRUE(listener.WasTold());
  EXPECT_EQ(lock_->valid_for(), 0s);
  EXPECT_THAT(listener.told(), Lt(end));
  EXPECT_THAT(listener.told(), Ge(end - kTtl / 20)) << "it is the executor's turn first";
  std::printf("the loss was told %.1f ms before the end of a ttl of %.0f ms\n",
              Ms(end - listener.told()), Ms(kTtl));
  Unblock();
  EXPECT_THAT(lock_->Extend(20s, asio::use_future).get(), FailsAs(IsLost));
  EXPECT_EQ(listener.calls(), 1);
}

// The nodes have prolonged it, but its holder was told otherwise before the answers were read.
TEST_F(LostWatchTest, ExtensionReadTooLateDoesNotBringALockBack) {
  Acquire();
  const Listener listener(*lock_);
  for (const auto& node : nodes_) node->Stop();
  std::future<absl::Status> extended = lock_->Extend(20s, asio::use_future);
  ASSERT_THAT(client_->Nodes(asio::use_future).get(), IsOk());  // By now it was sent.
  Block();
  for (const auto& node : nodes_) node->Continue();
  for (const auto& node : nodes_) {
    ASSERT_TRUE(Eventually([&] { return std::stoi(node->Command({"PTTL", "lock:a"})) > 10'000; }));
  }
  ASSERT_TRUE(listener.WasTold());
  Unblock();
  EXPECT_THAT(extended.get(), FailsAs(IsLost));
  EXPECT_EQ(lock_->valid_for(), 0s);
  EXPECT_EQ(listener.calls(), 1);
}

TEST_F(LostWatchTest, ExtendedLockIsNotTakenForLost) {
  const TimePoint end = Acquire();
  const Listener listener(*lock_);
  ASSERT_THAT(lock_->Extend(20s, asio::use_future).get(), IsOk());
  Block();
  ASSERT_TRUE(Eventually([&] { return net::Now() > end; }));
  EXPECT_EQ(listener.calls(), 0);
  EXPECT_THAT(lock_->valid_for(), Gt(0s));
}

TEST_F(LostWatchTest, ReleasedLockIsToldOnce) {
  const TimePoint end = Acquire();
  const Listener listener(*lock_);
  ASSERT_THAT(lock_->Release(asio::use_future).get(), IsOk());
  ASSERT_TRUE(Eventually([&] { return net::Now() > end; }));
  EXPECT_EQ(listener.calls(), 1);
  EXPECT_THAT(listener.told(), Lt(end));
}

// TSan cannot follow a child that was forked while other threads ran.
#if !defined(HOLDFAST_TSAN)

// What a stopped process finds when it goes on: how long after that its lock is known to be lost.
struct Finding {
  bool valid = true;
  bool told = false;
  std::chrono::nanoseconds after{0};
};

struct Pipe {
  Pipe() {
    if (pipe(ends.data()) != 0) abort();
  }
  ~Pipe() {
    for (const int end : ends) close(end);
  }
  template <class T>
  bool Read(T& value) const {
    return read(ends[0], &value, sizeof value) == static_cast<ssize_t>(sizeof value);
  }
  template <class T>
  bool Write(const T& value) const {
    return write(ends[1], &value, sizeof value) == static_cast<ssize_t>(sizeof value);
  }
  std::array<int, 2> ends{};
};

// Holds a lock, is stopped while it waits for its turn, and writes what it finds then.
void HoldInChild(const Nodes& nodes, const Pipe& turn, const Pipe& findings) {
  const BlockingClient client = NewClient(nodes, "child");
  const auto lock = client.Acquire("a", {.ttl = kTtl, .wait = kPatience});
  if (!lock.ok()) _exit(1);
  TimePoint continued;
  if (!findings.Write(getpid()) || !turn.Read(continued)) _exit(2);
  Finding finding = {.valid = lock->valid_for() > 0s};
  finding.told = Eventually([&] { return lock->lost().stop_requested(); });
  finding.after = net::Now() - continued;
  _exit(findings.Write(finding) ? 0 : 3);
}

TEST(StoppedProcess, KnowsOfTheLossAsSoonAsItGoesOn) {
  Nodes nodes(3);
  const Pipe turn;
  const Pipe findings;
  const pid_t child = fork();
  if (child == 0) HoldInChild(nodes, turn, findings);
  pid_t ready = 0;
  ASSERT_TRUE(findings.Read(ready));
  ASSERT_EQ(nodes.CountWith("lock:a"), 3);
  kill(child, SIGSTOP);
  EXPECT_TRUE(Eventually([&] { return nodes.CountWith("lock:a") == 0; }));
  EXPECT_TRUE(turn.Write(net::Now()));
  kill(child, SIGCONT);
  Finding finding;
  EXPECT_TRUE(findings.Read(finding));
  EXPECT_FALSE(finding.valid);
  EXPECT_TRUE(finding.told);
  EXPECT_THAT(finding.after, Lt(kTtl / 2));
  std::printf("the loss was told %.1f ms after the process went on\n", Ms(finding.after));
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

#endif  // !defined(HOLDFAST_TSAN)

}  // namespace
}  // namespace holdfast::testing
