// A process that takes locks until the run is over.
#ifndef HOLDFAST_TESTS_CHAOS_WORKER_H_
#define HOLDFAST_TESTS_CHAOS_WORKER_H_

#include <cstdint>
#include <string>

#include "chaos/ledger.h"
#include "holdfast/options.h"

namespace holdfast::testing {

// What all workers of a run have in common.
struct Shift {
  ClientOptions options = {};
  std::uint64_t seed = 0;
  std::string store = {};         // The unix socket of the store's server; empty: none.
  std::int64_t clocks_apart = 0;  // By how much wall clocks of workers may be off, in ns.
};

// Works in all roles at the same time, each with a client of its own; the locks' ttl is the
// client's max_ttl. False if a call failed in a way that faults of the nodes do not explain.
bool Work(int worker, const Shift& shift, Ledger& ledger);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_WORKER_H_
