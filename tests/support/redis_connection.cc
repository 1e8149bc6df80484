#include "support/redis_connection.h"

#include <hiredis/hiredis.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

namespace holdfast::testing {
namespace {

constexpr timeval kTimeout{.tv_sec = 20, .tv_usec = 0};

std::string TextOf(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_NIL:
      return "(nil)";
    case REDIS_REPLY_ERROR:
      return "-" + std::string(reply.str, static_cast<std::size_t>(reply.len));
    case REDIS_REPLY_ARRAY: {
      std::string lines;
      for (std::size_t i = 0; i < reply.elements; ++i) lines += TextOf(*reply.element[i]) + "\n";
      return lines;
    }
    default:
      return std::string(reply.str, static_cast<std::size_t>(reply.len));
  }
}

}  // namespace

RedisConnection::RedisConnection(std::uint16_t loopback_port)
    : context_(redisConnectWithTimeout("127.0.0.1", loopback_port, kTimeout), &redisFree) {
  if (context_->err == 0) redisSetTimeout(context_.get(), kTimeout);
}

RedisConnection::RedisConnection(const std::string& socket_path)
    : context_(redisConnectUnixWithTimeout(socket_path.c_str(), kTimeout), &redisFree) {
  if (context_->err == 0) redisSetTimeout(context_.get(), kTimeout);
}

// hiredis would raise SIGPIPE when it writes to a unix socket that the server has closed.
bool RedisConnection::IsOpen() const {
  if (context_->err != 0) return false;
  char next = 0;
  const ssize_t n = recv(context_->fd, &next, 1, MSG_PEEK | MSG_DONTWAIT);
  return n > 0 || (n < 0 && errno == EAGAIN);
}

void RedisConnection::Append(const std::vector<std::string>& argv) {
  std::vector<const char*> pointers;
  std::vector<std::size_t> sizes;
  for (const std::string& argument : argv) {
    pointers.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  redisAppendCommandArgv(context_.get(), static_cast<int>(argv.size()), pointers.data(),
                         sizes.data());
}

std::string RedisConnection::Command(const std::vector<std::string>& argv) {
  Append(argv);
  void* reply = nullptr;
  if (context_->err != 0 || redisGetReply(context_.get(), &reply) != REDIS_OK) {
    return std::string("-") + context_->errstr;
  }
  std::string text = TextOf(*static_cast<redisReply*>(reply));
  freeReplyObject(reply);
  return text;
}

void RedisConnection::Send(const std::vector<std::string>& argv) {
  Append(argv);
  int done = 0;
  while (done == 0 && redisBufferWrite(context_.get(), &done) == REDIS_OK) continue;
}

}  // namespace holdfast::testing
