// Child processes that never outlive the test program.
#ifndef HOLDFAST_TESTS_SUPPORT_SPAWN_H_
#define HOLDFAST_TESTS_SUPPORT_SPAWN_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace holdfast::testing {

// Where the child's standard streams go; -1: /dev/null.
struct Streams {
  int in = -1;
  int out = -1;
  int err = -1;
};

// Starts argv[0], searched in PATH, with the variables `env` ("NAME=value") on top of the
// environment. The kernel kills the child when the calling thread ends: call it on a thread that
// lasts as long as the child shall. Aborts when there is no process to be had.
pid_t Spawn(const std::vector<std::string>& argv, const Streams& streams,
            const std::vector<std::string>& env = {});

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_SPAWN_H_
