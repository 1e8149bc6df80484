// Processes with lock libraries, ours and others', that a test tells what to do.
#ifndef HOLDFAST_TESTS_INTEROP_PEER_H_
#define HOLDFAST_TESTS_INTEROP_PEER_H_

#include <sys/types.h>

#include <chrono>
#include <ostream>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "support/eventually.h"
#include "support/socket.h"

namespace holdfast::testing {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

// What a process answered: {"ok": true}, or "refused" (the lock is not theirs to have, extend or
// release) and "why". Holdfast's also tells "held", "holder" and "remaining", or "lost".
struct Answer {
  Json json;

  bool Is(const char* what) const { return json.value(what, false); }
  bool ok() const { return Is("ok"); }
  bool refused() const { return Is("refused"); }
};
std::ostream& operator<<(std::ostream& os, const Answer& answer);

// One process. It takes requests one after another. Ended by the destructor.
class Peer {
 public:
  explicit Peer(const Words& argv);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void Start(const Json& request) const;

  // The answer to the oldest request without one; when none comes, the test fails, and it says so.
  Answer Await(std::chrono::milliseconds deadline = kPatience);

  Answer Ask(const Json& request);

  // By this name, or all of these names, for `ttl`. Without `wait` it tries once.
  Answer Acquire(const Words& names, std::chrono::milliseconds ttl = kLong,
                 std::chrono::milliseconds wait = {});
  void StartAcquire(const Words& names, std::chrono::milliseconds ttl = kLong) const;
  Answer Extend(const Words& names, std::chrono::milliseconds ttl);
  Answer Release(const Words& names);

  // Longer than any test waits.
  static constexpr std::chrono::milliseconds kLong{25'000};

 private:
  pid_t pid_ = -1;
  Fd in_;
  Fd out_;
  std::string read_;
};

// A library of others.
struct Library {
  std::string name;
  bool many = true;    // Locks on several nodes, and on several names.
  bool keeps = false;  // Extends by itself.
};
std::ostream& operator<<(std::ostream& os, const Library& library);

inline const Library kRedlock4{.name = "redlock-4"};
inline const Library kRedlock5{.name = "redlock-5", .keeps = true};
inline const Library kSesamecare{.name = "sesamecare", .keeps = true};
inline const Library kPython{.name = "python", .many = false};

// `db`: where sesamecare's locks are, whatever database the URLs have.
Words TheirArgv(const Library& library, const Words& urls, int db = 0);
Words OurArgv(const Words& urls, const std::string& key_prefix = "");

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_INTEROP_PEER_H_
