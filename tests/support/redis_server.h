// Real Redis servers for a test.
#ifndef HOLDFAST_TESTS_SUPPORT_REDIS_SERVER_H_
#define HOLDFAST_TESTS_SUPPORT_REDIS_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/temp_dir.h"

struct redisContext;

namespace holdfast::testing {

// What a server still knows when it is killed and restarted.
enum class Durability {
  kAlways,  // Everything: appendfsync always.
  kNone,    // Nothing.
};

// A redis-server on a free loopback port, in a folder of its own. It dies with the test program.
// Start it on the main thread.
class RedisServer {
 public:
  // Waits until the server answers; aborts the program when it does not.
  explicit RedisServer(Durability durability = Durability::kAlways);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // `userinfo`: "user:password@"; `path`: "/3".
  std::string url(const std::string& userinfo = "", const std::string& path = "") const {
    return "redis://" + userinfo + address() + path;
  }

  void Kill();          // SIGKILL.
  void Stop();          // SIGSTOP: the port accepts, nobody answers.
  void Continue();      // SIGCONT.
  void Restart();       // After Kill: same port, and the data if that is durable.
  void RestartEmpty();  // After Kill: same port, no data.

  // The reply as text: status, string, number; "(nil)"; array elements in lines. An error reply
  // starts with "-", so does a failed connection. Not while the server is stopped or killed.
  std::string Command(const std::vector<std::string>& argv);

  // The counter `calls` of INFO commandstats; 0 for a command never called.
  int CallsOf(const std::string& command);

 private:
  bool TryStart();
  bool Ready();

  const Durability durability_;
  TempDir dir_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  std::unique_ptr<redisContext, void (*)(redisContext*)> connection_;
};

// Several independent servers.
class Nodes {
 public:
  explicit Nodes(int count, Durability durability = Durability::kAlways);

  RedisServer& operator[](std::size_t i) { return *servers_[i]; }
  auto begin() { return servers_.begin(); }
  auto end() { return servers_.end(); }
  std::size_t size() const { return servers_.size(); }
  std::vector<std::string> urls() const;

  // How many of the running nodes have `key`.
  int CountWith(const std::string& key);

 private:
  std::vector<std::unique_ptr<RedisServer>> servers_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_REDIS_SERVER_H_
