#include "lua_values.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <lua.hpp>

namespace holdfast::core {
namespace {

void PushText(lua_State* lua, std::string_view text) {
  lua_pushlstring(lua, text.data(), text.size());
}

void PushField(lua_State* lua, const char* name, std::string_view text) {
  lua_createtable(lua, 0, 1);
  PushText(lua, text);
  lua_setfield(lua, -2, name);
}

std::string_view TextAt(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* text = lua_tolstring(lua, index, &size);
  return {text, size};
}

// As the processor converts what does not fit.
std::int64_t Truncated(double number) {
  constexpr double kLimit = 9223372036854775808.0;
  if (number >= -kLimit && number < kLimit) return static_cast<std::int64_t>(number);
  return std::numeric_limits<std::int64_t>::min();
}

// A table with the text field `name` is an answer of that type.
bool AddField(lua_State* lua, const char* name, ReplyType type, Reply& reply, std::size_t parent) {
  lua_pushstring(lua, name);
  lua_rawget(lua, -2);
  const bool found = lua_type(lua, -1) == LUA_TSTRING;
  if (found) reply.AddText(parent, type, OneLine(TextAt(lua, -1)));
  lua_pop(lua, 1);
  return found;
}

// Elements up to the first nil.
void AddElements(lua_State* lua, Reply& reply, std::size_t parent) {
  const std::size_t array = reply.AddArray(parent);
  for (int i = 1;; ++i) {
    lua_rawgeti(lua, -1, i);
    if (lua_isnil(lua, -1)) return lua_pop(lua, 1);
    PopToReply(lua, reply, array);
  }
}

void AddTable(lua_State* lua, Reply& reply, std::size_t parent) {
  luaL_checkstack(lua, 4, "a reply nested too deeply");
  if (AddField(lua, "err", ReplyType::kError, reply, parent)) return;
  if (AddField(lua, "ok", ReplyType::kStatus, reply, parent)) return;
  AddElements(lua, reply, parent);
}

}  // namespace

std::string OneLine(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  return line;
}

void PushError(lua_State* lua, std::string_view text) { PushField(lua, "err", text); }

void PushReply(lua_State* lua, ReplyView reply) {
  switch (reply.type()) {
    case ReplyType::kNil:
      return lua_pushboolean(lua, 0);
    case ReplyType::kInteger:
      return lua_pushnumber(lua, static_cast<double>(reply.integer()));
    case ReplyType::kString:
      return PushText(lua, reply.text());
    case ReplyType::kStatus:
      return PushField(lua, "ok", reply.text());
    case ReplyType::kError:
      return PushError(lua, reply.text());
    case ReplyType::kArray:
      break;
  }
  lua_createtable(lua, static_cast<int>(reply.size()), 0);
  for (std::size_t i = 0; i < reply.size(); ++i) {
    PushReply(lua, reply.at(i));
    lua_rawseti(lua, -2, static_cast<int>(i) + 1);
  }
}

void PopToReply(lua_State* lua, Reply& reply, std::size_t parent) {
  switch (lua_type(lua, -1)) {
    case LUA_TSTRING:
      reply.AddText(parent, ReplyType::kString, TextAt(lua, -1));
      break;
    case LUA_TNUMBER:
      reply.AddInteger(parent, Truncated(lua_tonumber(lua, -1)));
      break;
    case LUA_TTABLE:
      AddTable(lua, reply, parent);
      break;
    case LUA_TBOOLEAN:
      if (lua_toboolean(lua, -1) != 0) {
        reply.AddInteger(parent, 1);
        break;
      }
      [[fallthrough]];
    default:
      reply.AddNil(parent);
  }
  lua_pop(lua, 1);
}

}  // namespace holdfast::core
