// Something that goes wrong again and again.
#ifndef HOLDFAST_TESTS_CHAOS_MISCHIEF_H_
#define HOLDFAST_TESTS_CHAOS_MISCHIEF_H_

#include <cstdint>
#include <map>
#include <random>
#include <string>

#include "chaos/ledger.h"

namespace holdfast::testing {

class Mischief {
 public:
  explicit Mischief(std::uint64_t seed) : random_(seed) {}
  virtual ~Mischief() = default;
  Mischief(const Mischief&) = delete;
  Mischief& operator=(const Mischief&) = delete;

  // To be called all the time, on the main thread.
  virtual void Step() = 0;

  // Makes everything good again, for good.
  virtual void Heal() = 0;

  // How often what was done.
  const std::map<std::string, int>& counts() const { return counts_; }

 protected:
  void Count(const std::string& kind) { ++counts_[kind]; }
  int Draw(int min, int max) { return std::uniform_int_distribution(min, max)(random_); }

  // An instant (BootTime) that is so long from now.
  std::int64_t After(int min_ms, int max_ms) {
    return BootTime() + Draw(min_ms, max_ms) * std::int64_t{1'000'000};
  }

 private:
  std::mt19937_64 random_;
  std::map<std::string, int> counts_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_MISCHIEF_H_
