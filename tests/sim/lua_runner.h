// Runs scripts as Redis 7 does: Lua 5.1, redis.call and redis.pcall, its conversions of values both
// ways, its words for errors.
#ifndef HOLDFAST_TESTS_SIM_LUA_RUNNER_H_
#define HOLDFAST_TESTS_SIM_LUA_RUNNER_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/reply.h"
#include "core/scripts.h"
#include "redis_model.h"

struct lua_State;

namespace holdfast::core {

// One serves all nodes of a test, so that each script is compiled once.
//
// Stricter than Redis: a script gets no pcall and nothing random, neither of which ours need. Less
// strict: it could change what is in the libraries' tables.
class LuaRunner {
 public:
  // Which text is run for a script: itself, unless a test has another one.
  using Edition = const Script& (*)(const Script& script);
  static const Script& AsItIs(const Script& script) { return script; }

  explicit LuaRunner(Edition edition = &AsItIs);
  LuaRunner(const LuaRunner&) = delete;
  LuaRunner& operator=(const LuaRunner&) = delete;

  void Run(const Script& script, Words keys, Words arguments, RedisModel& redis,
           std::int64_t now_us, Reply& reply);

 private:
  struct Close {
    void operator()(lua_State* lua) const;
  };

  void OpenLibraries();
  void AddRedis();
  void ForbidNewGlobals();

  bool PushFunction(const Script& script, Reply& reply);
  void SetWords(const char* name, Words words);

  static int Call(lua_State* lua);
  static int PCall(lua_State* lua);
  bool Execute(lua_State* lua);
  bool ReadArguments(lua_State* lua);

  const Edition edition_;
  std::unique_ptr<lua_State, Close> lua_;
  std::map<std::string, int, std::less<>> functions_;  // By SHA-1; references to Lua's registry.
  // Of the script that is running.
  RedisModel* redis_ = nullptr;
  std::int64_t now_us_ = 0;
  // Of its present call of Redis.
  std::vector<std::string_view> words_;
  std::vector<std::array<char, 32>> numbers_;
  Reply reply_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_LUA_RUNNER_H_
