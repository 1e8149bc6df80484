// A process that takes locks until the ledger is full.
#ifndef HOLDFAST_TESTS_CHAOS_WORKER_H_
#define HOLDFAST_TESTS_CHAOS_WORKER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "chaos/ledger.h"
#include "holdfast/options.h"

namespace holdfast::testing {

// How all clients of a run are configured.
ClientOptions WorkerOptions(const std::vector<std::string>& urls);

// Works in all roles at the same time, each with a client of its own. False if a call failed in a
// way that faults of a minority of the nodes do not explain.
bool Work(int worker, const ClientOptions& options, std::uint64_t seed, Ledger& ledger);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_WORKER_H_
