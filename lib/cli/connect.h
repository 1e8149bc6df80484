// How commands reach the nodes: from flags, the environment and a file to a client.
#ifndef HOLDFAST_CLI_CONNECT_H_
#define HOLDFAST_CLI_CONNECT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "asio/any_io_executor.hpp"
#include "cli/app.h"
#include "holdfast/blocking.h"
#include "holdfast/client.h"
#include "holdfast/observer.h"
#include "holdfast/options.h"

namespace holdfast::cli {

// Clients on the nodes that were named, or what such a client is told. The error names the flag,
// the variable or the file that is wrong, and has the exit code for it: a bad variable or file is
// not a bad command line.
absl::StatusOr<Client> OpenClient(asio::any_io_executor executor, const CommonOptions& options,
                                  std::shared_ptr<Observer> observer);
absl::StatusOr<BlockingClient> OpenBlockingClient(const CommonOptions& options);
absl::StatusOr<ClientOptions> MakeClientOptions(const CommonOptions& options);
// `made`: by MakeClientOptions, of the same options.
absl::StatusOr<BlockingClient> OpenBlockingClient(const CommonOptions& options, ClientOptions made);

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_CONNECT_H_
