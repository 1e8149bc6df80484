// A connection of the test's own to a Redis server.
#ifndef HOLDFAST_TESTS_SUPPORT_REDIS_CONNECTION_H_
#define HOLDFAST_TESTS_SUPPORT_REDIS_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct redisContext;

namespace holdfast::testing {

// Whether connecting succeeded, IsOpen tells, and the first command. Not thread-safe.
class RedisConnection {
 public:
  explicit RedisConnection(std::uint16_t loopback_port);
  explicit RedisConnection(const std::string& socket_path);

  // False after an error, and when the server closed the connection.
  bool IsOpen() const;

  // The reply as text: status, string, number; "(nil)"; array elements in lines. An error reply
  // starts with "-", so does a failed connection.
  std::string Command(const std::vector<std::string>& argv);

  // Does not wait for the reply: no other command may follow on this connection.
  void Send(const std::vector<std::string>& argv);

 private:
  void Append(const std::vector<std::string>& argv);

  std::unique_ptr<redisContext, void (*)(redisContext*)> context_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_REDIS_CONNECTION_H_
