// The processes of a chaos run.
#ifndef HOLDFAST_TESTS_CHAOS_PROCESSES_H_
#define HOLDFAST_TESTS_CHAOS_PROCESSES_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "chaos/ledger.h"
#include "holdfast/options.h"

namespace holdfast::testing {

// They die with this process. To be called before this process has a client, and so threads.
std::vector<pid_t> StartWorkers(const ClientOptions& options, std::uint64_t seed, Ledger& ledger);

// Marks the nodes, or the cluster's seats, as new, so that they vote at once this first time. In a
// process of its own, for the same reason. False if it did not come about.
bool Install(ClientOptions options, int votes);

// Whether all of them end well, and soon.
bool Join(const std::vector<pid_t>& processes);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_PROCESSES_H_
