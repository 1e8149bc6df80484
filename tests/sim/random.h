// Chance from a seed: the same numbers on every machine, and as many streams as are asked for.
#ifndef HOLDFAST_TESTS_SIM_RANDOM_H_
#define HOLDFAST_TESTS_SIM_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/time.h"

namespace holdfast::core {

// SplitMix64 (Steele, Lea, Flood 2014). Streams of one seed are independent of each other, so that
// what one part of a run draws does not change what the others do.
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0)
      : state_(Mixed(seed + kStep) ^ Mixed(stream * kStep + 1)) {}

  std::uint64_t Next() { return Mixed(state_ += kStep); }

  int Below(int bound) { return static_cast<int>(Next() % static_cast<std::uint64_t>(bound)); }
  bool Chance(int percent) { return Below(100) < percent; }
  nanoseconds Between(nanoseconds low, nanoseconds high) {
    const auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
    return low + nanoseconds(static_cast<std::int64_t>(Next() % span));
  }
  void Fill(std::span<std::byte> bytes) {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(Next());
  }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;

  static constexpr std::uint64_t Mixed(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_RANDOM_H_
