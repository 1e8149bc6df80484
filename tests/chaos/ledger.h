// What the processes of a chaos run did, in memory that they all share.
#ifndef HOLDFAST_TESTS_CHAOS_LEDGER_H_
#define HOLDFAST_TESTS_CHAOS_LEDGER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

namespace holdfast::testing {

inline constexpr int kWorkers = 16;

// What a worker does with a name.
enum class Role {
  kOwn,   // Nobody else wants the name; held for a moment.
  kHot,   // All workers want it; held for a moment.
  kSlow,  // Some want it; held for long enough to see nodes come and go, and extended or not.
};
inline constexpr int kRoles = 3;
inline constexpr int kSlowNames = 4;
inline constexpr int kNames = kWorkers + 1 + kSlowNames;

int NameOf(Role role, int worker);
Role RoleOf(int name);

// CLOCK_BOOTTIME, in nanoseconds: the same for all processes.
std::int64_t BootTime();

// A time for which somebody had a lock. The library said so at both ends of it.
struct Hold {
  int name = 0;
  int worker = 0;
  std::uint64_t fence = 0;
  std::int64_t from = 0;
  std::int64_t until = 0;
};

// A number that nothing but the lock protects.
struct Counter {
  volatile std::int64_t value = 0;
  std::atomic<std::int64_t> raised = 0;  // How often a holder has raised it.
  // Holders who were kept from running until their lock was over, and may have written all the
  // same: then the number proves nothing.
  std::atomic<int> late_writes = 0;
};

// How the attempts of the clients of one role got their tokens, and how their calls ended.
struct Outcomes {
  std::atomic<std::uint64_t> attempts = 0;
  std::atomic<std::uint64_t> one_round_trip = 0;
  std::atomic<std::uint64_t> finalised = 0;
  std::atomic<std::uint64_t> finalise_failed = 0;
  std::atomic<std::uint64_t> refused = 0;
  std::atomic<std::uint64_t> lost = 0;
};

class Ledger {
 public:
  // Takes `capacity` holds. To be made before the processes are forked.
  explicit Ledger(int capacity);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // What comes when it is full is dropped.
  void Add(const Hold& hold);
  int size() const;

  // The run is over once the ledger is full, or closed.
  void Close() { shared_->closed = true; }
  bool over() const { return shared_->closed || size() == capacity_; }

  Counter& counter(int name) { return shared_->counters[name]; }
  Outcomes& outcomes(Role role) { return shared_->outcomes[static_cast<int>(role)]; }

  // When nobody adds any more.
  std::span<const Hold> holds() const { return {holds_, static_cast<std::size_t>(size())}; }

 private:
  struct Shared {
    std::atomic<int> taken = 0;
    std::atomic<bool> closed = false;
    std::array<Counter, kNames> counters;
    std::array<Outcomes, kRoles> outcomes;
  };

  const int capacity_;
  Shared* shared_;
  Hold* holds_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_LEDGER_H_
