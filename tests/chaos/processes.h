// The processes of a chaos run.
#ifndef HOLDFAST_TESTS_CHAOS_PROCESSES_H_
#define HOLDFAST_TESTS_CHAOS_PROCESSES_H_

#include <sys/types.h>

#include <functional>
#include <vector>

#include "chaos/ledger.h"
#include "chaos/worker.h"
#include "holdfast/options.h"

namespace holdfast::testing {

// A process that dies with this one; `body` says whether it went well. To be called before this
// process has a client, and so threads.
pid_t Fork(const std::function<bool()>& body);

std::vector<pid_t> StartWorkers(const Shift& shift, Ledger& ledger);

// Marks the nodes, or the cluster's seats, as new, so that they vote at once this first time. In a
// process of its own, for the same reason. False if it did not come about.
bool Install(ClientOptions options, int votes);

// Whether all of them end well, and soon.
bool Join(const std::vector<pid_t>& processes);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_PROCESSES_H_
