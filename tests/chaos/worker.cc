#include "chaos/worker.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <thread>

#include "holdfast/blocking.h"
#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

class Worker {
 public:
  Worker(Role role, int number, const ClientOptions& options, std::uint64_t seed, Ledger& ledger)
      : role_(role),
        number_(number),
        name_(NameOf(role, number)),
        ttl_(options.max_ttl),
        client_(NewClient(options)),
        random_(seed + number * kRoles + static_cast<int>(role)),
        ledger_(ledger),
        outcomes_(ledger.outcomes(role)) {}

  bool Run() {
    while (!ledger_.over()) {
      auto lock = client_.Acquire("name " + std::to_string(name_), NextOptions());
      if (lock.ok()) {
        Use(*lock);
        Release(*lock);
      } else if (!Refused(lock.status())) {
        return false;
      }
    }
    return AddStats();
  }

 private:
  // Whoever extends his lock soon hears that it is gone. Who does not goes on until its ttl is
  // over.
  AcquireOptions NextOptions() {
    if (role_ == Role::kSlow) {
      return {.ttl = ttl_,
              .wait = 1s,
              .retry_delay = 20ms,
              .retry_jitter = 20ms,
              .auto_extend = random_() % 2 == 0};
    }
    return {.ttl = ttl_, .wait = 1s, .retry_delay = 10ms, .retry_jitter = 10ms};
  }

  void Use(const BlockingLock& lock) {
    Hold hold = {name_, number_, lock.fence(), BootTime(), 0};
    hold.until = hold.from;
    Counter& counter = ledger_.counter(name_);
    const std::int64_t seen = counter.value;
    Stay(lock, hold);
    if (lock.valid_for() > 0s) {
      counter.value = seen + 1;
      ++counter.raised;
      if (!Holds(lock, hold)) ++counter.late_writes;
    }
    ledger_.Add(hold);
  }

  void Stay(const BlockingLock& lock, Hold& hold) {
    if (role_ != Role::kSlow) return std::this_thread::yield();
    const std::int64_t end = BootTime() + static_cast<std::int64_t>(random_() % 2'000'000'000);
    while (BootTime() < end && Holds(lock, hold) && !ledger_.over()) Yield();
  }

  // Looks at the clock first: what the lock says is true of a moment that is not before it.
  static bool Holds(const BlockingLock& lock, Hold& hold) {
    const std::int64_t now = BootTime();
    if (lock.valid_for() == 0s) return false;
    hold.until = now;
    return true;
  }

  void Release(BlockingLock& lock) {
    if (IsLost(lock.Release())) ++outcomes_.lost;
  }

  bool Refused(const absl::Status& status) {
    ++outcomes_.refused;
    if (IsHeld(status) || IsUndecided(status) || IsNoQuorum(status)) return true;
    fprintf(stderr, "worker %d: %s\n", number_, status.ToString().c_str());
    return false;
  }

  bool AddStats() {
    const auto stats = client_.GetStats();
    if (!stats.ok()) return false;
    outcomes_.attempts += stats->attempts;
    outcomes_.one_round_trip += stats->final_in_one_round_trip;
    outcomes_.finalised += stats->finalised;
    outcomes_.finalise_failed += stats->finalise_failed;
    return true;
  }

  const Role role_;
  const int number_;
  const int name_;
  const std::chrono::milliseconds ttl_;
  BlockingClient client_;
  std::mt19937_64 random_;
  Ledger& ledger_;
  Outcomes& outcomes_;
};

}  // namespace

bool Work(int worker, const ClientOptions& options, std::uint64_t seed, Ledger& ledger) {
  std::atomic<bool> good = true;
  const auto run = [&](Role role) {
    if (!Worker(role, worker, options, seed, ledger).Run()) good = false;
  };
  std::array<std::thread, kRoles> threads;
  std::generate(threads.begin(), threads.end(),
                [&, role = 0]() mutable { return std::thread(run, static_cast<Role>(role++)); });
  for (std::thread& thread : threads) thread.join();
  return good;
}

}  // namespace holdfast::testing
