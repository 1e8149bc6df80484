// One run: some clients and nodes, some seconds of trouble, then time to come to rest.
#ifndef HOLDFAST_TESTS_SIM_RUN_H_
#define HOLDFAST_TESTS_SIM_RUN_H_

#include <cstdio>
#include <string>

#include "happenings.h"
#include "lua_runner.h"
#include "shape.h"

namespace holdfast::core {

struct Outcome {
  std::string checker = {};  // Who found something, and what; empty if nobody did.
  std::string text = {};
  milliseconds trouble{0};  // How long it lasted, until the finding at most,
  int faults = 0;           // and how many faults it had.

  bool good() const { return checker.empty(); }
};

// Same plan, same run. Writes what happens to `trace`, if there is one.
Outcome Simulate(const Plan& plan, LuaRunner& lua, Happenings& happenings,
                 std::FILE* trace = nullptr);

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_RUN_H_
