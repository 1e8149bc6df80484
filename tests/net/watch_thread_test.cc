// The watch thread in its process: signals, idleness, other threads, fork.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/seed.h"
#include "watched.h"

namespace holdfast::net {
namespace {

using ::testing::Lt;

// A signal handler of the program must not run between a loss and its being told.
TEST(WatchThreadTest, ThreadTakesNoSignals) {
  sigset_t blocked;
  const auto look = [&] { pthread_sigmask(SIG_BLOCK, nullptr, &blocked); };
  const Watched watched(std::make_shared<Callee>(look), Now());
  ASSERT_TRUE(watched->WasCalled());
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGALRM, SIGCHLD, SIGPIPE}) {
    EXPECT_TRUE(sigismember(&blocked, signal)) << signal;
  }
  EXPECT_FALSE(sigismember(&blocked, SIGSEGV)) << "its own faults are reported";
  sigset_t mine;
  pthread_sigmask(SIG_BLOCK, nullptr, &mine);
  EXPECT_FALSE(sigismember(&mine, SIGTERM)) << "and who makes it keeps its signals";
}

int SleepsOf(pid_t thread) {
  std::ifstream status("/proc/self/task/" + std::to_string(thread) + "/status");
  const std::string name = "voluntary_ctxt_switches:";
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::stoi(line.substr(name.size()));
  }
  ADD_FAILURE() << "no count of the thread's sleeps";
  return 0;
}

TEST(WatchThreadTest, ExtensionsDoNotWakeTheThread) {
  std::atomic<pid_t> thread = 0;
  const Watched finder(std::make_shared<Callee>([&] { thread = gettid(); }), Now());
  ASSERT_TRUE(finder->WasCalled());
  Watched held;
  AwaitWatch();
  const int before = SleepsOf(thread);
  for (int i = 0; i < 10'000; ++i) held.Move(Now() + kFarOff);
  AwaitWatch();
  EXPECT_THAT(SleepsOf(thread) - before, Lt(1'000));
}

// What a client's locks do, at random.
void UseAtRandom(std::uint32_t seed, const std::function<bool()>& more) {
  std::mt19937 random(seed);
  const auto soon = [&] { return Now() + std::chrono::microseconds(random() % 2'000); };
  while (more()) {
    Watched first(soon());
    Watched second;
    first.Move(soon());
    second.Move(soon());
    if (random() % 2 == 0) first.LetGo();
    EXPECT_TRUE(random() % 8 != 0 || second->WasCalled());
  }
}

TEST(WatchThreadTest, ManyThreadsUseItAtOnce) {
  const std::uint32_t seed = core::TestSeed();
  SCOPED_TRACE(core::SeedText(seed));
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < 4; ++i) {
    threads.emplace_back([i, seed] {
      int rounds = 300;
      UseAtRandom(seed + i, [&] { return rounds-- > 0; });
    });
  }
  for (std::thread& thread : threads) thread.join();
  AwaitWatch();
}

// TSan cannot follow a child that was forked while other threads ran.
#if !defined(HOLDFAST_TSAN)

// True if `action` returns true in a forked child, in time.
bool InAChild(const std::function<bool()>& action) {
  const pid_t child = fork();
  if (child == 0) _exit(action() ? 0 : 1);
  int status = -1;
  if (Eventually([&] { return waitpid(child, &status, WNOHANG) == child; })) return status == 0;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return false;
}

bool Works() {
  const Watched watched(Now());
  return watched->WasCalled();
}

TEST(WatchThreadTest, ForkedChildGetsItsOwn) {
  Watched held;
  LossWatch& parents = Watch();
  AwaitWatch();  // A thread that begins may have what ASan allocates from locked.
  EXPECT_TRUE(InAChild([&] {
    held.Move(Now());
    return &Watch() != &parents && Works() && held->calls() == 0;
  }));
  EXPECT_TRUE(Works());
  EXPECT_EQ(held->calls(), 0) << "and cannot touch its parent's";
}

// In some of the children the mutex of the parent's is held for ever. So would be that of ASan's
// allocator, which it does not free for a child as the C library does with its own.
#if !defined(__SANITIZE_ADDRESS__)
TEST(WatchThreadTest, ForkAmidstUseDoesNotHangTheChild) {
  std::atomic<bool> stop = false;
  std::thread user([&] { UseAtRandom(1, [&] { return !stop; }); });
  for (int i = 0; i < 50; ++i) {
    Watched held;
    EXPECT_TRUE(InAChild([&] {
      held.Move(Now());
      return Works();
    }));
  }
  stop = true;
  user.join();
}
#endif

TEST(WatchThreadTest, SaysWhenThereIsNoDescriptorToBeHad) {
  EXPECT_TRUE(InAChild([] {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    const absl::Status status = LossWatch::Get().status();
    setrlimit(RLIMIT_NOFILE, &limit);
    return absl::IsResourceExhausted(status) && Works();
  }));
}

#endif  // !defined(HOLDFAST_TSAN)

}  // namespace
}  // namespace holdfast::net
