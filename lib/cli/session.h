// One run of an asynchronous command: its loop, its signals and its client.
#ifndef HOLDFAST_CLI_SESSION_H_
#define HOLDFAST_CLI_SESSION_H_

#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "asio/io_context.hpp"
#include "cli/app.h"
#include "cli/events.h"
#include "cli/signals.h"
#include "holdfast/client.h"

namespace holdfast::cli {

// Its locks must be gone before it: the destructor gives what they and the client still have to
// tell the nodes a moment to get there.
class Session {
 public:
  Session() : signals_(io_), events_(std::make_shared<Events>()) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  absl::Status Open(const CommonOptions& options);

  asio::io_context& io() { return io_; }
  Signals& signals() { return signals_; }
  Client& client() { return *client_; }
  Events& events() { return *events_; }

  // Runs the loop until `done()`.
  void RunUntil(const std::function<bool()>& done);

 private:
  asio::io_context io_;
  Signals signals_;
  const std::shared_ptr<Events> events_;
  std::optional<Client> client_;
};

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_SESSION_H_
