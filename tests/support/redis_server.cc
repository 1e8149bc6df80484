#include "support/redis_server.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "support/eventually.h"
#include "support/socket.h"
#include "support/spawn.h"

namespace holdfast::testing {
namespace {

constexpr timeval kReplyTimeout{.tv_sec = 20, .tv_usec = 0};

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

RedisServer::RedisServer(Durability durability)
    : durability_(durability), connection_(nullptr, &redisFree) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    port_ = FreePort();
    if (TryStart()) return;  // Else somebody was faster at that port.
  }
  fprintf(stderr, "cannot start redis-server; is it installed?\n");
  abort();
}

RedisServer::~RedisServer() { Kill(); }

bool RedisServer::TryStart() {
  const bool durable = durability_ == Durability::kAlways;
  pid_ = Spawn({"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--dir",
                dir_.path(), "--appendonly", durable ? "yes" : "no", "--appendfsync", "always",
                "--save", "", "--logfile", dir_.File("log")},
               {});
  bool running = true;
  const bool ready = Eventually([this, &running] {
    if (Ready()) return true;
    running = waitpid(pid_, nullptr, WNOHANG) == 0;
    return !running;
  });
  if (!running) pid_ = -1;
  if (!ready || !running) Kill();
  return pid_ > 0;
}

// Asks who answers at the port: it may be the server of another test.
bool RedisServer::Ready() {
  connection_.reset();
  const std::string info = Command({"INFO", "server"});
  return info.find("process_id:" + std::to_string(pid_) + "\r") != std::string::npos;
}

void RedisServer::Kill() {
  connection_.reset();
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::Stop() {
  kill(pid_, SIGSTOP);
  waitpid(pid_, nullptr, WUNTRACED);  // Until it really is stopped.
}

void RedisServer::Continue() { kill(pid_, SIGCONT); }

void RedisServer::Restart() {
  if (TryStart()) return;
  fprintf(stderr, "cannot restart redis-server on port %d\n", port_);
  abort();
}

void RedisServer::RestartEmpty() {
  std::error_code ignored;  // There may be no such folder.
  std::filesystem::remove_all(dir_.File("appendonlydir"), ignored);
  Restart();
}

std::string RedisServer::Command(const std::vector<std::string>& argv) {
  if (connection_ == nullptr || connection_->err != 0) {
    connection_.reset(redisConnectWithTimeout("127.0.0.1", port_, kReplyTimeout));
    if (connection_->err != 0) return std::string("-") + connection_->errstr;
    redisSetTimeout(connection_.get(), kReplyTimeout);
  }
  std::vector<const char*> pointers;
  std::vector<std::size_t> sizes;
  for (const std::string& argument : argv) {
    pointers.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  void* reply = redisCommandArgv(connection_.get(), static_cast<int>(argv.size()), pointers.data(),
                                 sizes.data());
  if (reply == nullptr) return std::string("-") + connection_->errstr;
  std::string text = TextOf(*static_cast<redisReply*>(reply));
  freeReplyObject(reply);
  return text;
}

int RedisServer::CallsOf(const std::string& command) {
  const std::string stats = Command({"INFO", "commandstats"});
  const std::string start = "cmdstat_" + command + ":calls=";
  const std::size_t at = stats.find(start);
  return at == std::string::npos ? 0 : atoi(stats.c_str() + at + start.size());
}

Nodes::Nodes(int count, Durability durability) {
  for (int i = 0; i < count; ++i) servers_.push_back(std::make_unique<RedisServer>(durability));
}

std::vector<std::string> Nodes::urls() const {
  std::vector<std::string> urls;
  for (const auto& server : servers_) urls.push_back(server->url());
  return urls;
}

int Nodes::CountWith(const std::string& key) {
  int count = 0;
  for (const auto& server : servers_) {
    if (server->pid() > 0 && server->Command({"EXISTS", key}) == "1") ++count;
  }
  return count;
}

}  // namespace holdfast::testing
