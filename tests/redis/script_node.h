// One real server on which a test runs the scripts' very text.
#ifndef HOLDFAST_TESTS_REDIS_SCRIPT_NODE_H_
#define HOLDFAST_TESTS_REDIS_SCRIPT_NODE_H_

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/scripts.h"
#include "support/redis_server.h"

namespace holdfast::testing {

using Words = std::vector<std::string>;

inline const std::string kAlice(32, 'a');  // Two nonces.
inline const std::string kBob(32, 'b');

inline constexpr char kGuard[] = "holdfast:guard";
inline constexpr char kPass[] = "1700000000000000";
inline constexpr char kConfig[] = "1600000000000000";

inline std::string LockKey(const std::string& name) { return "lock:" + name; }
inline std::string CounterKey(const std::string& name) { return "holdfast:fence:lock:" + name; }

struct AcquireCall {
  Words names = {"a"};
  std::string nonce = kAlice;
  std::string hint = "1";  // Fencing is on, and the hint too small to matter.
  std::string pass = kPass;
  std::string ttl = "20000";
  std::string deadline = "99999999999999";
  std::string retention = "604800000";
  std::string owner = "alice";
};

class ScriptNode {
 public:
  // A status, string or number as it is; an array as lines.
  std::string Run(const core::Script& script, const Words& keys, const Words& arguments) {
    Words words = {"EVAL", std::string(script.text), std::to_string(keys.size())};
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    return server_.Command(words);
  }

  std::string Acquire(const AcquireCall& call) {
    return Run(
        core::kAcquireScript, WithGuard(call.names),
        {call.nonce, call.ttl, call.deadline, call.pass, call.hint, call.retention, call.owner});
  }

  // `grants`: for each name the counter at the grant and the token.
  std::string Finalise(const Words& names, const Words& grants, const std::string& nonce = kAlice) {
    Words arguments = {nonce, "604800000"};
    arguments.insert(arguments.end(), grants.begin(), grants.end());
    return Run(core::kFinaliseScript, WithGuard(names), arguments);
  }

  std::string Release(const Words& names, const Words& tokens, const std::string& nonce = kAlice) {
    Words arguments = {nonce, "604800000"};
    arguments.insert(arguments.end(), tokens.begin(), tokens.end());
    return Run(core::kReleaseScript, WithGuard(names), arguments);
  }

  std::string Extend(const Words& names, const std::string& ttl = "30000",
                     const std::string& deadline = "99999999999999",
                     const std::string& config = kConfig) {
    Words keys = {kGuard};
    for (const std::string& name : names) keys.push_back(LockKey(name));
    return Run(core::kExtendScript, keys, {kAlice, ttl, deadline, config});
  }

  std::string Inspect() { return Run(core::kInspectScript, {LockKey("a"), CounterKey("a")}, {}); }

  std::string Command(const Words& words) { return server_.Command(words); }
  std::string Get(const std::string& key) { return Command({"GET", key}); }
  std::string Lock(const std::string& name = "a") { return Get(LockKey(name)); }
  std::string Counter(const std::string& name = "a") { return Get(CounterKey(name)); }
  std::int64_t Pttl(const std::string& key) { return std::atoll(Command({"PTTL", key}).c_str()); }
  std::string Guard(const std::string& field) { return Command({"HGET", kGuard, field}); }
  void SetGuard(const std::string& field, const std::string& value) {
    Command({"HSET", kGuard, field, value});
  }

  // Unix time in microseconds, by the node's clock.
  std::int64_t NowUs() {
    const std::string time = Command({"TIME"});
    const std::size_t end = time.find('\n');
    return std::atoll(time.c_str()) * 1'000'000 + std::atoll(time.c_str() + end);
  }
  std::int64_t NowMs() { return NowUs() / 1000; }

  // What the server has in it: all keys with their values, in order.
  std::string Everything() {
    return Command({"EVAL",
                    "local all = redis.call('KEYS', '*') table.sort(all) local text = '' "
                    "for _, key in ipairs(all) do text = text .. key .. '=' .. "
                    "redis.call('DUMP', key) .. redis.call('PEXPIRETIME', key) end return "
                    "text",
                    "0"});
  }

  RedisServer& server() { return server_; }

 private:
  static Words WithGuard(const Words& names) {
    Words keys = {kGuard};
    for (const std::string& name : names) {
      keys.push_back(LockKey(name));
      keys.push_back(CounterKey(name));
    }
    return keys;
  }

  RedisServer server_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_REDIS_SCRIPT_NODE_H_
