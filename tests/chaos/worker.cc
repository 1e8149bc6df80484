#include "chaos/worker.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "chaos/store.h"
#include "chaos/wall_clock.h"
#include "holdfast/blocking.h"
#include "holdfast/errors.h"
#include "support/clients.h"
#include "support/eventually.h"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kWait{1'000};
constexpr std::int64_t kWaitNs = std::chrono::nanoseconds(kWait).count();

class Worker {
 public:
  Worker(Role role, int number, const Shift& shift, Ledger& ledger)
      : role_(role),
        number_(number),
        name_(NameOf(role, number)),
        options_(shift.options),
        client_(NewClient(shift.options)),
        store_(shift.store.empty() ? nullptr : std::make_unique<Store>(shift.store)),
        random_(shift.seed + number * kRoles + static_cast<int>(role)),
        ledger_(ledger),
        outcomes_(ledger.outcomes(role)) {}

  bool Run() {
    while (!ledger_.over()) {
      if (role_ == Role::kCold && !BeNew()) return false;
      const std::int64_t asked = BootTime();
      auto lock = client_.Acquire(LockName(name_), NextOptions());
      ledger_.NoteLateness(BootTime() - asked - kWaitNs);
      if (lock.ok()) {
        if (!Use(*lock, asked)) return false;
      } else if (!Refused(lock.status())) {
        return false;
      }
    }
    return AddStats();
  }

 private:
  // Knows nothing of tokens that it has seen before, and asks for another name.
  bool BeNew() {
    Pause(600);
    name_ = NameOf(role_, static_cast<int>(random_() % kColdNames));
    const bool counted = AddStats();
    client_ = NewClient(options_);
    return counted;
  }

  void Pause(std::uint64_t longest_ms) {
    const std::int64_t end = BootTime() + NanosecondsUpTo(longest_ms);
    while (BootTime() < end && !ledger_.over()) Yield();
  }

  std::int64_t NanosecondsUpTo(std::uint64_t ms) {
    return static_cast<std::int64_t>(random_() % (ms * 1'000'000));
  }

  // Whoever extends his lock soon hears that it is gone. Who does not goes on until its ttl is
  // over.
  AcquireOptions NextOptions() {
    const std::chrono::milliseconds ttl = options_.max_ttl;
    if (role_ == Role::kCold) {
      return {.ttl = ttl / (1 + random_() % 8),
              .wait = kWait,
              .retry_delay = 50ms,
              .retry_jitter = 40ms};
    }
    if (role_ == Role::kSlow) {
      return {.ttl = ttl,
              .wait = kWait,
              .retry_delay = 50ms,
              .retry_jitter = 40ms,
              .auto_extend = random_() % 2 == 0};
    }
    return {.ttl = ttl, .wait = kWait, .retry_delay = 40ms, .retry_jitter = 35ms};
  }

  bool Use(BlockingLock& lock, std::int64_t asked) {
    const std::int64_t now = BootTime();
    const Hold hold = {name_, number_, lock.fence(), asked, now, now};
    std::int64_t& until = ledger_.Begin(hold);
    Counter& counter = ledger_.counter(name_);
    const std::int64_t seen = counter.value;
    Stay(lock, until);
    if (lock.valid_for() > 0s) {
      counter.Raise(seen);
      if (!Holds(lock, until)) ++counter.late_writes;
    }
    if (!PutSometimes(lock, hold, until)) return false;
    Leave(lock);
    return PutLate(hold);
  }

  // Who just goes tells no node of his token.
  void Leave(BlockingLock& lock) {
    if (role_ == Role::kCold && random_() % 2 == 0) {
      lock.Detach();
    } else if (IsLost(lock.Release())) {
      ++outcomes_.lost;
    }
  }

  void Stay(const BlockingLock& lock, std::int64_t& until) {
    if (role_ == Role::kOwn || role_ == Role::kHot) return std::this_thread::yield();
    const std::int64_t end = BootTime() + NanosecondsUpTo(role_ == Role::kSlow ? 2'000 : 50);
    while (BootTime() < end && Holds(lock, until) && !ledger_.over()) Yield();
  }

  // Looks at the clock first: what the lock says is true of a moment that is not before it.
  static bool Holds(const BlockingLock& lock, std::int64_t& until) {
    const std::int64_t now = BootTime();
    if (lock.valid_for() == 0s) return false;
    until = now;
    return true;
  }

  bool PutSometimes(const BlockingLock& lock, const Hold& hold, std::int64_t& until) {
    if (store_ == nullptr || (role_ == Role::kOwn && random_() % 8 != 0)) return true;
    return store_->Put(
        hold, [&] { return Holds(lock, until); }, ledger_);
  }

  // As one who does not know that his time is over: the store has to.
  bool PutLate(const Hold& hold) {
    if (store_ == nullptr || role_ == Role::kOwn || random_() % 4 != 0) return true;
    Pause(50);
    return store_->Put(
        hold, [] { return false; }, ledger_);
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
  int name_;
  const ClientOptions options_;
  BlockingClient client_;
  const std::unique_ptr<Store> store_;
  std::mt19937_64 random_;
  Ledger& ledger_;
  Outcomes& outcomes_;
};

}  // namespace

bool Work(int worker, const Shift& shift, Ledger& ledger) {
  if (shift.clocks_apart > 0) {
    std::uniform_int_distribution ahead(-shift.clocks_apart, shift.clocks_apart);
    std::mt19937_64 random(shift.seed + static_cast<std::uint64_t>(worker));
    SetWallClock(ahead(random));
  }
  std::atomic<bool> good = true;
  const auto run = [&](Role role) {
    if (!Worker(role, worker, shift, ledger).Run()) good = false;
  };
  std::vector<std::thread> threads;
  for (int number = 0; number < kRoles; ++number) {
    const Role role = static_cast<Role>(number);
    if (HasRole(worker, role)) threads.emplace_back(run, role);
  }
  for (std::thread& thread : threads) thread.join();
  return good;
}

}  // namespace holdfast::testing
