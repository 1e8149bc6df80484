// A node as its clients see it: data, and the scripts that it was told.
#ifndef HOLDFAST_TESTS_SIM_LUA_NODE_H_
#define HOLDFAST_TESTS_SIM_LUA_NODE_H_

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "core/reply.h"
#include "core/scripts.h"
#include "lua_runner.h"
#include "redis_model.h"

namespace holdfast::core {

// The runner and the scripts must outlive it.
class LuaNode {
 public:
  LuaNode(LuaRunner& lua, std::uint64_t id) : lua_(lua), redis_(id) {}

  RedisModel& redis() { return redis_; }
  const RedisModel& redis() const { return redis_; }

  void Load(const Script& script);
  void ForgetScripts() { scripts_.clear(); }

  void Eval(const Script& script, Words keys, Words arguments, std::int64_t now_us, Reply& reply);
  void EvalSha(std::string_view sha1, Words keys, Words arguments, std::int64_t now_us,
               Reply& reply);

  // A server that starts knows no scripts.
  void Restart();
  void RestartEmpty();
  void RestartFrom(RedisModel::Entries saved);

 private:
  LuaRunner& lua_;
  RedisModel redis_;
  std::vector<const Script*> scripts_;  // The few that it knows.
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_LUA_NODE_H_
