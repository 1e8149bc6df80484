#include "support/redis_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "support/eventually.h"
#include "support/socket.h"
#include "support/spawn.h"

namespace holdfast::testing {

RedisServer::RedisServer(Durability durability)
    : RedisServer(ServerSetup{.durability = durability}) {}

// Without a plain port the test's own commands need the unix socket: hiredis has no TLS here.
RedisServer::RedisServer(ServerSetup setup)
    : setup_(std::move(setup)),
      socket_path_(setup_.unix_socket || setup_.tls_only ? dir_.File("socket") : "") {
  for (int attempt = 0; attempt < 20; ++attempt) {
    ports_ = PortsFor(setup_);
    if (TryStart()) return;  // Else somebody was faster at a port.
  }
  GiveUp();
}

RedisServer::~RedisServer() { Kill(); }

bool RedisServer::TryStart(Until until, const std::vector<std::string>& more) {
  const Fd log(open(dir_.File("log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  std::vector<std::string> argv = ArgvFor(setup_, ports_, dir_.path(), socket_path_);
  argv.insert(argv.end(), more.begin(), more.end());
  pid_ = Spawn(argv, {.out = log.get(), .err = log.get()}, setup_.environment);
  bool running = true;
  const bool ready = Eventually([&] {
    if (Ready(until)) return true;
    running = waitpid(pid_, nullptr, WNOHANG) == 0;
    return !running;
  });
  if (!running) pid_ = -1;
  if (!ready || !running) Kill();
  return pid_ > 0;
}

// Asks who answers at the port: it may be the server of another test.
bool RedisServer::Ready(Until until) {
  connection_.reset();
  const std::string info = Command({"INFO"});
  if (info.find("process_id:" + std::to_string(pid_) + "\r") == std::string::npos) return false;
  return until == Until::kAnswers || info.find("\nloading:0\r") != std::string::npos;
}

void RedisServer::GiveUp() const {
  std::ifstream log(dir_.File("log"));
  const std::string text{std::istreambuf_iterator<char>(log), {}};
  fprintf(stderr, "cannot start redis-server on port %d; is it installed? Its log:\n%s\n", port(),
          text.c_str());
  abort();
}

void RedisServer::Kill() {
  connection_.reset();
  stopped_ = false;
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::Stop() {
  kill(pid_, SIGSTOP);
  waitpid(pid_, nullptr, WUNTRACED);  // Until it really is stopped.
  stopped_ = true;
}

void RedisServer::Continue() {
  kill(pid_, SIGCONT);
  stopped_ = false;
}

// A replica leaves the data that it got from its master in a file, durable or not.
void RedisServer::Restart() {
  if (setup_.durability == Durability::kNone) Forget("dump.rdb");
  if (!TryStart()) GiveUp();
}

void RedisServer::RestartEmpty() {
  Forget("appendonlydir");
  Forget("dump.rdb");
  Restart();
}

void RedisServer::RestartLoading(int pause_us) {
  if (!TryStart(Until::kAnswers, {"--key-load-delay", std::to_string(pause_us)})) GiveUp();
}

void RedisServer::Forget(const std::string& file) {
  std::error_code ignored;  // There may be none.
  std::filesystem::remove_all(dir_.File(file), ignored);
}

RedisConnection RedisServer::Connect() const {
  RedisConnection connection =
      setup_.tls_only ? RedisConnection(socket_path_) : RedisConnection(port());
  if (setup_.has_users()) connection.Command({"AUTH", kTestUser, kTestPassword});
  return connection;
}

std::string RedisServer::Command(const std::vector<std::string>& argv) {
  if (!connection_ || !connection_->IsOpen()) connection_.emplace(Connect());
  return connection_->Command(argv);
}

int RedisServer::CallsOf(const std::string& command) {
  const std::string stats = Command({"INFO", "commandstats"});
  const std::string start = "cmdstat_" + command + ":calls=";
  const std::size_t at = stats.find(start);
  return at == std::string::npos ? 0 : atoi(stats.c_str() + at + start.size());
}

Nodes::Nodes(int count, Durability durability)
    : Nodes(count, ServerSetup{.durability = durability}) {}

Nodes::Nodes(int count, const ServerSetup& setup) {
  for (int i = 0; i < count; ++i) servers_.push_back(std::make_unique<RedisServer>(setup));
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
