// Clients of real servers.
#ifndef HOLDFAST_TESTS_SUPPORT_CLIENTS_H_
#define HOLDFAST_TESTS_SUPPORT_CLIENTS_H_

#include <string>

#include "holdfast/blocking.h"
#include "holdfast/options.h"
#include "support/redis_server.h"

namespace holdfast::testing {

// Aborts the program when the options are refused.
BlockingClient NewClient(const ClientOptions& options);

// A client that calls itself `owner`, connected to all of `nodes`.
BlockingClient NewClient(const Nodes& nodes, const std::string& owner = "alice");

// Waits until the client is connected to just `count` nodes; aborts the program if that does not
// come about.
void AwaitNodes(const BlockingClient& client, int count);

// How often `node` was asked to run a script.
int ScriptCalls(RedisServer& node);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_CLIENTS_H_
