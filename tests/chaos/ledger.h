// What the processes of a chaos run did, in memory that they all share.
#ifndef HOLDFAST_TESTS_CHAOS_LEDGER_H_
#define HOLDFAST_TESTS_CHAOS_LEDGER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string>

#include "support/socket.h"

namespace holdfast::testing {

inline constexpr int kWorkers = 16;

// What a worker does with a name.
enum class Role {
  kOwn,    // Nobody else wants the name; held for a moment.
  kHot,    // All workers want it; held for a moment.
  kSlow,   // Some want it; held for long enough to see nodes come and go, and extended or not.
  kMixed,  // A few want it, and so does the program.
  kCold,   // One of many names, by a client that is new; often not released.
};
inline constexpr int kRoles = 5;
inline constexpr int kSlowNames = 4;
inline constexpr int kMixedNames = 2;
inline constexpr int kColdNames = 16;
inline constexpr int kNames = kWorkers + 1 + kSlowNames + kMixedNames + kColdNames;

// Of cold names, the one that has the place `worker` % kColdNames.
int NameOf(Role role, int worker);
Role RoleOf(int name);
bool HasRole(int worker, Role role);

// What the lock is called on the nodes.
std::string LockName(int name);

// CLOCK_BOOTTIME, in nanoseconds: the same for all processes.
std::int64_t BootTime();

// A time for which somebody had a lock. The library said so at both ends of it.
struct Hold {
  int name = 0;
  int worker = 0;
  std::uint64_t fence = 0;  // 0: whoever noted it was killed before he was done with that.
  std::int64_t asked = 0;   // Nothing was sent for this lock before.
  std::int64_t from = 0;
  std::int64_t until = 0;  // Moved on while it lasts: whoever is killed has had it until here.
};

// An attempt to write a value that only the newest holder may write.
struct Write {
  int name = 0;
  bool accepted = false;
  bool held = false;         // The writer still had the lock when the answer was there.
  std::uint64_t fence = 0;   // 0: as in a Hold.
  std::uint64_t before = 0;  // The largest with which somebody was known to have written.
  std::uint64_t newest = 0;  // What the store answered.
};

// A number that nothing but the lock protects.
struct Counter {
  // Raises it from what was read before. The three steps are taken one by one by whoever may be
  // killed between them.
  void Raise(std::int64_t seen) {
    ++begun;
    value = seen + 1;
    ++raised;
  }

  volatile std::int64_t value = 0;
  std::atomic<std::int64_t> begun = 0;   // How often a holder was about to raise it,
  std::atomic<std::int64_t> raised = 0;  // and how often he has.
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

// The value that only the newest holder of a name may write.
struct Stored {
  std::atomic<std::uint64_t> newest = 0;  // The largest token with which it was written.
  std::uint64_t found = 0;                // What it had when all was over.
};

class Ledger {
 public:
  // Takes `capacity` holds, and as many writes. To be made before the processes are forked.
  explicit Ledger(int capacity);

  // One that another process has made, which still runs.
  explicit Ledger(const std::string& path);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // For processes that were not forked.
  std::string path() const;

  // What comes when it is full is dropped.
  void Add(const Hold& hold) { Begin(hold); }
  void Add(const Write& write);

  // Where `until` is to be moved on.
  std::int64_t& Begin(const Hold& hold);
  int size() const;

  // The run is over once the ledger is full, or closed.
  void Close() { shared_->closed = true; }
  bool over() const { return shared_->closed || size() == shared_->capacity; }

  Counter& counter(int name) { return shared_->counters[name]; }
  Stored& stored(int name) { return shared_->stored[name]; }
  Outcomes& outcomes(Role role) { return shared_->outcomes[static_cast<int>(role)]; }

  // How long the longest call took that was to end by its deadline, beyond that.
  void NoteLateness(std::int64_t nanoseconds);
  std::int64_t lateness() const { return shared_->lateness; }

  // When nobody adds any more.
  std::span<const Hold> holds() const { return {holds_, static_cast<std::size_t>(size())}; }
  std::span<const Write> writes() const;

 private:
  struct Shared {
    int capacity = 0;
    std::atomic<int> taken = 0;
    std::atomic<int> written = 0;
    std::atomic<bool> closed = false;
    std::atomic<std::int64_t> lateness = 0;
    std::int64_t beyond = 0;  // What is dropped.
    std::array<Counter, kNames> counters;
    std::array<Stored, kNames> stored;
    std::array<Outcomes, kRoles> outcomes;
  };

  static std::size_t SizeFor(int capacity);

  Fd file_;
  Shared* shared_;
  Hold* holds_;
  Write* writes_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_LEDGER_H_
