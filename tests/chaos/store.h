// Values that only the newest holder of a name may write, on a server that nothing happens to.
#ifndef HOLDFAST_TESTS_CHAOS_STORE_H_
#define HOLDFAST_TESTS_CHAOS_STORE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "chaos/ledger.h"
#include "support/redis_connection.h"

namespace holdfast::testing {

class Store {
 public:
  // Of the server with this unix socket. Not thread-safe.
  explicit Store(const std::string& socket_path) : connection_(socket_path) {}

  // Writes with the token of `hold`, and notes what came of it; `holds` says whether the lock is
  // still held. False if the server gave no sensible answer.
  bool Put(const Hold& hold, const std::function<bool()>& holds, Ledger& ledger);

  // The token with which the value of a name was written; 0: none.
  std::uint64_t TokenOf(int name);

 private:
  RedisConnection connection_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_STORE_H_
