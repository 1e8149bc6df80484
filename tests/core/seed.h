// The seed of random tests: another one in each run, or HOLDFAST_TEST_SEED.
#ifndef HOLDFAST_TESTS_CORE_SEED_H_
#define HOLDFAST_TESTS_CORE_SEED_H_

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace holdfast::core {

inline std::uint32_t TestSeed() {
  const char* given = std::getenv("HOLDFAST_TEST_SEED");
  if (given != nullptr) return static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10));
  return std::random_device()();
}

// For SCOPED_TRACE: how to run this again.
inline std::string SeedText(std::uint32_t seed) {
  return "HOLDFAST_TEST_SEED=" + std::to_string(seed);
}

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_CORE_SEED_H_
