// What a function that runs under a lock gets to know of it.
#ifndef HOLDFAST_HELD_H_
#define HOLDFAST_HELD_H_

#include <chrono>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>

namespace holdfast {

// A look at a lock that somebody else holds and ends, with the members of Lock: see there. Valid
// while the function runs that gets it. Thread safety: as Lock.
class Held {
 public:
  // Of a Lock or a BlockingLock.
  template <class AnyLock>
  explicit Held(const AnyLock& lock)
      : names_(lock.names()),
        fences_(lock.fences()),
        fence_(lock.fence()),
        lost_(lock.lost()),
        lock_(&lock),
        valid_for_(
            [](const void* held) { return static_cast<const AnyLock*>(held)->valid_for(); }) {}

  std::span<const std::string> names() const { return names_; }
  std::uint64_t fence() const { return fence_; }
  std::span<const std::uint64_t> fences() const { return fences_; }
  std::chrono::nanoseconds valid_for() const { return valid_for_(lock_); }
  std::stop_token lost() const { return lost_; }

 private:
  std::span<const std::string> names_;
  std::span<const std::uint64_t> fences_;
  std::uint64_t fence_;
  std::stop_token lost_;
  const void* lock_;
  std::chrono::nanoseconds (*valid_for_)(const void*);
};

}  // namespace holdfast

#endif  // HOLDFAST_HELD_H_
