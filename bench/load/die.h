// How a benchmark gives up.
#ifndef HOLDFAST_BENCH_LOAD_DIE_H_
#define HOLDFAST_BENCH_LOAD_DIE_H_

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string_view>

#include "absl/status/status.h"

namespace holdfast::bench {

[[noreturn]] inline void Die(std::string_view what) {
  std::cerr << "bench: " << what << "\n";
  std::exit(1);
}

// For system calls: `result` is negative when `what` failed.
template <class T>
T Must(T result, std::string_view what) {
  if (result < 0) Die(std::string(what) + ": " + std::strerror(errno));
  return result;
}

inline void MustBeOk(const absl::Status& status) {
  if (!status.ok()) Die(status.ToString());
}

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_LOAD_DIE_H_
