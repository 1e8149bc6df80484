// One private redis-server on this machine.
#ifndef HOLDFAST_CLI_LOCAL_SERVER_H_
#define HOLDFAST_CLI_LOCAL_SERVER_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace holdfast::cli {

struct LocalServer {
  std::string folder;  // Absolute; the server's working folder, and of no other process.
  int port = 0;
  pid_t pid = 0;

  std::string url() const;
};

enum class ServerState { kRunning, kStopped, kNotAnswering };
const char* ServerStateName(ServerState state);

// Starts a server in `folder`, which is made if need be, and waits until it answers: on `port`, or
// on a free port if that is 0. It keeps running when we end.
absl::StatusOr<LocalServer> StartServer(const std::string& folder, int port);

ServerState StateOf(const LocalServer& server);

// Ends the server, if it runs: SIGTERM, then SIGKILL. Never touches another process that got its
// number meanwhile.
absl::Status StopServer(const LocalServer& server);

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_LOCAL_SERVER_H_
