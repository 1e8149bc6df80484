// A process that takes locks until the run is over.
#ifndef HOLDFAST_TESTS_CHAOS_WORKER_H_
#define HOLDFAST_TESTS_CHAOS_WORKER_H_

#include <cstdint>

#include "chaos/ledger.h"
#include "holdfast/options.h"

namespace holdfast::testing {

// Works in all roles at the same time, each with a client of its own; the locks' ttl is the
// client's max_ttl. False if a call failed in a way that faults of the nodes do not explain.
bool Work(int worker, const ClientOptions& options, std::uint64_t seed, Ledger& ledger);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_WORKER_H_
