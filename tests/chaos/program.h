// The program itself as a client: what a shell script would do with it.
#ifndef HOLDFAST_TESTS_CHAOS_PROGRAM_H_
#define HOLDFAST_TESTS_CHAOS_PROGRAM_H_

#include <sys/types.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "chaos/ledger.h"
#include "chaos/worker.h"

namespace holdfast::testing {

// Numbers of clients beyond the workers'.
inline constexpr int kFirstScript = 100;
inline constexpr int kFirstRun = 200;

// The variables by which the program finds the nodes.
std::vector<std::string> ProgramEnvironment(const Shift& shift);

// Takes locks by `holdfast acquire` until the run is over; extends some, and forgets to release
// some. False if the program ended as it should not.
bool WorkByProgram(int number, const Shift& shift, const std::vector<std::string>& environment,
                   Ledger& ledger);

// Starts `holdfast run` once, for a moment, or for longer than its ttl.
pid_t StartRun(int number, const Shift& shift, const std::vector<std::string>& environment,
               std::mt19937_64& random, const Ledger& ledger);

// Whether a run may end so: done, not obtained, no quorum, or lost.
bool MayEndWith(int exit_status);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_PROGRAM_H_
