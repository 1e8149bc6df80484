// Real Redis servers for a test.
#ifndef HOLDFAST_TESTS_SUPPORT_REDIS_SERVER_H_
#define HOLDFAST_TESTS_SUPPORT_REDIS_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/redis_connection.h"
#include "support/server_setup.h"
#include "support/temp_dir.h"

namespace holdfast::testing {

// A redis-server on free loopback ports, in a folder of its own. It dies with the test program.
// Start it on the main thread.
class RedisServer {
 public:
  // Waits until the server answers; aborts the program when it does not.
  explicit RedisServer(Durability durability = Durability::kAlways);
  explicit RedisServer(ServerSetup setup);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  const ServerSetup& setup() const { return setup_; }
  std::uint16_t port() const { return ports_.plain; }
  std::uint16_t tls_port() const { return ports_.tls; }
  std::uint16_t bus_port() const { return ports_.bus; }
  const std::string& socket_path() const { return socket_path_; }  // Empty: none.
  pid_t pid() const { return pid_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port()); }
  std::string tls_address() const { return "127.0.0.1:" + std::to_string(tls_port()); }

  // `userinfo`: "user:password@"; `path`: "/3".
  std::string url(const std::string& userinfo = "", const std::string& path = "") const {
    return "redis://" + userinfo + address() + path;
  }
  std::string tls_url(const std::string& userinfo = "", const std::string& path = "") const {
    return "rediss://" + userinfo + tls_address() + path;
  }
  std::string unix_url(const std::string& userinfo = "", const std::string& query = "") const {
    return "unix://" + userinfo + socket_path() + query;
  }

  void Kill();          // SIGKILL.
  void Stop();          // SIGSTOP: the port accepts, nobody answers.
  void Continue();      // SIGCONT.
  void Restart();       // After Kill: same ports, and the data if that is durable.
  void RestartEmpty();  // After Kill: same ports, no data.

  // After Kill: as Restart, but returns while the server still loads its data, with a pause after
  // each command that it loads.
  void RestartLoading(int pause_us);

  // Neither killed nor stopped.
  bool runs() const { return pid_ > 0 && !stopped_; }

  // The reply as text: status, string, number; "(nil)"; array elements in lines. An error reply
  // starts with "-", so does a failed connection. Logs in by itself. Not while the server is
  // stopped or killed.
  std::string Command(const std::vector<std::string>& argv);

  // A further connection of the test's own, logged in.
  RedisConnection Connect() const;

  // The counter `calls` of INFO commandstats; 0 for a command never called.
  int CallsOf(const std::string& command);

 private:
  enum class Until { kAnswers, kLoaded };

  bool TryStart(Until until = Until::kLoaded, const std::vector<std::string>& more = {});
  bool Ready(Until until);
  void Forget(const std::string& file);
  [[noreturn]] void GiveUp() const;

  const ServerSetup setup_;
  TempDir dir_;
  const std::string socket_path_;
  ServerPorts ports_;
  pid_t pid_ = -1;
  bool stopped_ = false;
  std::optional<RedisConnection> connection_;
};

// Several independent servers.
class Nodes {
 public:
  explicit Nodes(int count, Durability durability = Durability::kAlways);
  Nodes(int count, const ServerSetup& setup);

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
