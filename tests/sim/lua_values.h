// Values between Lua and Redis, converted by the rules of Redis 7 with RESP2.
#ifndef HOLDFAST_TESTS_SIM_LUA_VALUES_H_
#define HOLDFAST_TESTS_SIM_LUA_VALUES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "core/reply.h"

struct lua_State;

namespace holdfast::core {

// What redis.call returns for this reply.
void PushReply(lua_State* lua, ReplyView reply);
void PushError(lua_State* lua, std::string_view text);

// Takes the value on top of the stack away and adds what a script that returns it answers.
void PopToReply(lua_State* lua, Reply& reply, std::size_t parent = Reply::kNone);

// The text of an error or status as it goes over the wire: one line.
std::string OneLine(std::string_view text);

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_LUA_VALUES_H_
