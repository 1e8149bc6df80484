// States of a real server in which it answers, but does not serve.
#ifndef HOLDFAST_TESTS_SUPPORT_SERVER_STATES_H_
#define HOLDFAST_TESTS_SUPPORT_SERVER_STATES_H_

#include <string>

#include "support/redis_connection.h"
#include "support/redis_server.h"

namespace holdfast::testing {

// The server was killed and restarted, and answers -LOADING until End, or for some ten seconds at
// least. It must be durable; `key` is used and removed (on a cluster node: one of its keys).
class Loading {
 public:
  explicit Loading(RedisServer& server, const std::string& key = "holdfast-test:filler");
  ~Loading() { End(); }
  Loading(const Loading&) = delete;
  Loading& operator=(const Loading&) = delete;

  void End();  // Waits until the server serves.

 private:
  RedisServer& server_;
};

// The server runs a script that does not end, and answers -BUSY until End.
class Busy {
 public:
  explicit Busy(RedisServer& server);
  ~Busy() { End(); }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

  void End();  // SCRIPT KILL. Waits until the server serves.

 private:
  RedisServer& server_;
  RedisConnection caller_;
};

// Closes all connections of clients, but not those of replicas, nor the test's own.
// Returns how many there were.
int KillClients(RedisServer& server);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_SERVER_STATES_H_
