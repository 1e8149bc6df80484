#include "support/server_states.h"

#include <cstdio>
#include <cstdlib>

#include "support/eventually.h"

namespace holdfast::testing {
namespace {

// The server serves its clients after each 1024 commands that it loads: a short pause makes it
// answer some ten times a second.
constexpr int kCommands = 200'000;
constexpr int kPauseUs = 20;

std::string Ping(RedisServer& server) { return server.Command({"PING"}); }

void Await(RedisServer& server, const std::string& answer) {
  if (Eventually([&] { return Ping(server).starts_with(answer); })) return;
  fprintf(stderr, "the server does not get to answer %s, but %s\n", answer.c_str(),
          Ping(server).c_str());
  abort();
}

}  // namespace

Loading::Loading(RedisServer& server, const std::string& key) : server_(server) {
  const std::string fill =
      "for i = 1, ARGV[1] do redis.call('SET', KEYS[1], i) end redis.call('DEL', KEYS[1])";
  server.Command({"EVAL", fill, "1", key, std::to_string(kCommands)});
  server.Kill();
  server.RestartLoading(kPauseUs);
  Await(server, "-LOADING");
}

// A test may have killed the server.
void Loading::End() {
  if (!server_.runs()) return;
  server_.Command({"CONFIG", "SET", "key-load-delay", "0"});
  Await(server_, "PONG");
}

Busy::Busy(RedisServer& server) : server_(server), caller_(server.Connect()) {
  server.Command({"CONFIG", "SET", "lua-time-limit", "50"});
  caller_.Send({"EVAL", "while true do end", "0"});
  Await(server, "-BUSY");
}

void Busy::End() {
  if (!server_.runs()) return;
  server_.Command({"SCRIPT", "KILL"});
  Await(server_, "PONG");
}

int KillClients(RedisServer& server) {
  int killed = 0;
  for (const char* type : {"normal", "pubsub"}) {
    killed += std::stoi(server.Command({"CLIENT", "KILL", "TYPE", type, "SKIPME", "yes"}));
  }
  return killed;
}

}  // namespace holdfast::testing
